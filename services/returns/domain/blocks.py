"""The blocks of a return: everything that stands in its way now. One pure function, which the page, the clearance and
the departure ask alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from services.returns.domain.assisted_return import Return
from services.returns.domain.check import BEST_INTERESTS, DOCUMENTS, ESCORT, FAMILY, GUARDIAN, LINKED
from services.returns.domain.fitness import Fitness, FitnessRules, fitness_blocks

ADULT = "adult"
UNACCOMPANIED = frozenset({"unaccompanied_child", "separated_child"})
UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of the country that she leaves."""

    confirmation: timedelta
    longest_journey: timedelta
    fitness: FitnessRules


@dataclass(frozen=True, slots=True)
class CaseOutlook:
    """Her case besides the return, as this cell knows it. Unheard is unknown, and unknown protects: she counts as a
    child, and nobody has accepted her.
    """

    age_group: str | None = None
    flags: frozenset[str] = frozenset()
    holds: frozenset[datetime] = frozenset()
    accepted_by: frozenset[str] = frozenset()
    listed: bool = False
    fitness: Fitness | None = None
    linked_at: datetime | None = None

    @property
    def child(self) -> bool:
        return self.age_group != ADULT or bool(self.flags & UNACCOMPANIED)


@dataclass(frozen=True, slots=True)
class Moment:
    """The time at which she would leave and arrive, the same as days of the place, and the person who would clear her."""

    leaves_at: datetime
    leaves: date
    arrives: date
    clearer: str | None = None


def blocks(found: Return, known: CaseOutlook, rules: Rules, moment: Moment) -> tuple[str, ...]:
    """Every code of the list `return_block` that holds now, in the order in which they are said. None: she may go."""
    return tuple(
        code
        for code, holds in (
            ("hold-on-removal", any(moment.leaves_at < until for until in known.holds)),
            *_decision(found, rules, moment),
            *_reception(found, known),
            *_risk(found, moment),
            *((code, True) for code in _fitness(known, rules, moment)),
            *_child(found, known, moment),
            ("linked-unsettled", _leaves_somebody(found, known, moment)),
            ("escort-missing", _needs_escort(known) and not _has(found, ESCORT, moment)),
            ("documents-missing", not any(_has(found, kind, moment) for kind in DOCUMENTS)),
        )
        if holds
    )


def _decision(found: Return, rules: Rules, moment: Moment) -> list[tuple[str, bool]]:
    """The blocks of her own decision, confirmed again shortly before she leaves."""
    confirmed = found.confirmed_at
    fresh = confirmed is not None and moment.leaves_at - confirmed <= rules.confirmation
    return [("decision-missing", found.decided_at is None), ("decision-not-confirmed", not fresh)]


def _reception(found: Return, known: CaseOutlook) -> list[tuple[str, bool]]:
    return [
        ("receiver-not-listed", not known.listed),
        ("reception-not-agreed", found.receiver not in known.accepted_by),
    ]


def _risk(found: Return, moment: Moment) -> list[tuple[str, bool]]:
    return [
        ("risk-assessment-missing", found.result is None),
        ("risk-unsafe", found.result == UNSAFE),
        ("risk-grounds-missing", found.result is not None and found.grounds is None),
        ("same-person", found.result is not None and found.assessor == moment.clearer),
    ]


def _fitness(known: CaseOutlook, rules: Rules, moment: Moment) -> list[str]:
    return fitness_blocks(known.fitness, known.flags, rules.fitness, moment.leaves, moment.arrives)


def _child(found: Return, known: CaseOutlook, moment: Moment) -> list[tuple[str, bool]]:
    return [
        ("best-interests-missing", known.child and not _has(found, BEST_INTERESTS, moment)),
        ("guardian-missing", known.child and not _has(found, GUARDIAN, moment)),
        ("family-not-assessed", known.child and not all(_has(found, kind, moment) for kind in FAMILY)),
    ]


def _leaves_somebody(found: Return, known: CaseOutlook, moment: Moment) -> bool:
    """True until it was settled, since the last one was linked, who goes along and who stays with whom."""
    if known.linked_at is None:
        return False
    check = found.checks.get(LINKED)
    return check is None or check.at < known.linked_at or not check.holds(moment.arrives)


def _needs_escort(known: CaseOutlook) -> bool:
    return known.child or (known.fitness is not None and known.fitness.escort)


def _has(found: Return, kind: str, moment: Moment) -> bool:
    check = found.checks.get(kind)
    return check is not None and check.holds(moment.arrives)


@dataclass(frozen=True, slots=True)
class Supplier:
    """The supplier of a missing thing, at the sender or (`receiver`) at the receiver, and the route of which service
    to supply it by.
    """

    who: str
    service: str
    route: str
    receiver: bool = False


WORKER, OTHER = (
    "a case worker or supervisor",
    "a case worker or supervisor other than the one who assessed the risk",
)


def _here(verb: str, who: str = WORKER) -> Supplier:
    return Supplier(who, "returns", f"POST /v1/returns/{{return_id}}/{verb}")


SUPPLIERS: Mapping[str, Supplier] = MappingProxyType(
    {
        "hold-on-removal": Supplier(WORKER, "intake", "DELETE /v1/cases/{case_id}/holds/{hold_id}"),
        "decision-missing": _here("decide"),
        "decision-not-confirmed": _here("confirm"),
        "receiver-not-listed": Supplier(
            "a supervisor", "directory", "PUT /v1/organisations/{receiver}", receiver=True
        ),
        "reception-not-agreed": Supplier(
            WORKER, "referral", "POST /v1/referrals/{referral_id}/accept", receiver=True
        ),
        "risk-assessment-missing": _here("assess"),
        "risk-unsafe": _here("assess"),
        "risk-grounds-missing": _here("assess"),
        "same-person": _here("clear", OTHER),
        "not-fit-to-travel": _here("fitness"),
        "certificate-expired": _here("fitness"),
        "best-interests-missing": _here("checks"),
        "guardian-missing": _here("checks"),
        "family-not-assessed": _here("checks"),
        "linked-unsettled": _here("checks"),
        "escort-missing": _here("checks"),
        "documents-missing": _here("checks"),
    }
)
