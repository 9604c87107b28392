"""Fitness to travel: a pure comparison of a clinician's findings with the thresholds of the country."""

from dataclasses import dataclass
from datetime import date, timedelta

URGENT = frozenset({"late_pregnancy", "recent_birth", "medical_emergency"})
"""Flags that nobody may set aside but the clinician who assessed her after they were raised."""

NOT_FIT, CERTIFICATE_EXPIRED = "not-fit-to-travel", "certificate-expired"


@dataclass(frozen=True, slots=True)
class FitnessRules:
    """The thresholds of one country, as data (`returns` of its `law.json`). Weeks are completed weeks of pregnancy."""

    certificate_from_week: int
    last_week: int
    last_week_multiple: int
    mother_days: int
    newborn_days: int
    certificate_after_birth_days: int
    certificate_days: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """A medical certificate: it counts from its day until its own end, and no longer than the rules let any count."""

    issued_on: date
    valid_until: date

    def covers(self, leaves: date, arrives: date, rules: FitnessRules) -> bool:
        longest = timedelta(days=rules.certificate_days)
        return (
            self.issued_on <= leaves and arrives <= self.valid_until and arrives - self.issued_on <= longest
        )


@dataclass(frozen=True, slots=True)
class Fitness:
    """A clinician's findings on a day. `weeks` of pregnancy on that day; `birth_on` is the last birth; `newborn`: a
    newborn travels with her. `flags` are the urgent flags that were in force and known to the clinician.
    """

    fit: bool
    assessed_on: date
    weeks: int | None = None
    multiple: bool = False
    birth_on: date | None = None
    newborn: bool = False
    escort: bool = False
    certificate: Certificate | None = None
    flags: frozenset[str] = frozenset()

    def weeks_on(self, day: date) -> int | None:
        """The weeks of pregnancy on a day: it goes on while papers are prepared."""
        return None if self.weeks is None else self.weeks + (day - self.assessed_on).days // 7

    def days_since_birth(self, day: date) -> int | None:
        return None if self.birth_on is None else (day - self.birth_on).days


def fitness_blocks(
    found: Fitness | None, flags: frozenset[str], rules: FitnessRules, leaves: date, arrives: date
) -> list[str]:
    """The blocks that keep her from travelling from one day to another; nobody is fit whom nobody has assessed."""
    if found is None or not found.fit or (flags & URGENT) - found.flags:
        return [NOT_FIT]
    blocks: list[str] = []
    if (
        _too_late(found, rules, arrives)
        or _too_soon(found, rules, leaves)
        or (found.certificate is None and _needs_certificate(found, rules, arrives))
    ):
        blocks.append(NOT_FIT)
    if found.certificate is not None and not found.certificate.covers(leaves, arrives, rules):
        blocks.append(CERTIFICATE_EXPIRED)
    return blocks


def _too_late(found: Fitness, rules: FitnessRules, day: date) -> bool:
    weeks = found.weeks_on(day)
    last = rules.last_week_multiple if found.multiple else rules.last_week
    return weeks is not None and weeks >= last


def _too_soon(found: Fitness, rules: FitnessRules, day: date) -> bool:
    days = found.days_since_birth(day)
    least = max(rules.mother_days, rules.newborn_days if found.newborn else 0)
    return days is not None and days < least


def _needs_certificate(found: Fitness, rules: FitnessRules, day: date) -> bool:
    weeks, days = found.weeks_on(day), found.days_since_birth(day)
    pregnant = weeks is not None and weeks >= rules.certificate_from_week
    return pregnant or (days is not None and days < rules.certificate_after_birth_days)
