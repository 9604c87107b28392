"""Break-glass: the least of a case, for one person who has no right to it, in an emergency, for an hour, and then reviewed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from services.intake.casefile.domain.facts import GlassBroken, GlassReviewed

OPEN_FOR = timedelta(minutes=60)
REVIEW_WITHIN = timedelta(hours=72)

UPHELD, NOT_UPHELD = "upheld", "not-upheld"
"""Codes of `glass_review`."""

MEDICAL = "medical"
"""The code of `emergency` in which her health is shown too."""

SHOWN: Mapping[str, str] = MappingProxyType(
    {
        "cor_FullName": "whoever helps makes sure that it is she, and calls her by her name",
        "prs_FirstName": "the same, where the name was recorded in parts",
        "prs_MiddleName": "the same",
        "prs_SecondName": "the same",
        "prs_PrimaryLanguage": "somebody must be found who speaks it",
        "prs_SecondaryLanguage": "somebody must be found who speaks it",
    }
)
"""Field → because. Urgent flags besides. Never her whereabouts, the ways to reach her, or the harm that was done to
her: a person who looks for her to harm her is in a hurry too.
"""

SHOWN_TO_TREAT: Mapping[str, str] = MappingProxyType(
    {"cor_Health": "whoever treats her must not harm her by what they do not know"}
)


def shown(emergency: str) -> frozenset[str]:
    """The fields that this kind of emergency opens."""
    return frozenset({*SHOWN, *(SHOWN_TO_TREAT if emergency == MEDICAL else ())})


class OwnBreaking(Exception):
    """Nobody reviews their own breaking."""


@dataclass(slots=True)
class BrokenGlass:
    """One breaking. `by` and `organisation` broke it; `review` is None until somebody has reviewed it."""

    id: UUID
    case_id: UUID
    by: str
    organisation: str
    at: datetime
    review: str | None = None

    @property
    def until(self) -> datetime:
        return self.at + OPEN_FOR

    def is_of(self, by: str, organisation: str) -> bool:
        """True where this person, or this organisation, broke it."""
        return (by, organisation) == (self.by, self.organisation)

    def broken(self, holder: str) -> Sequence[GlassBroken]:
        """`holder` is the organisation that has the case; its supervisors are told."""
        return [GlassBroken(self.case_id, self.id, holder, self.until)]

    def is_open(self, now: datetime) -> bool:
        return now < self.until and self.review != NOT_UPHELD

    def suspends(self, now: datetime) -> bool:
        """True until the breaking is upheld: where nobody reviewed it in time, and where it was found to be wrong."""
        return self.review == NOT_UPHELD or (self.review is None and now >= self.at + REVIEW_WITHIN)

    def reviewed(self, by: str, organisation: str, result: str) -> Sequence[GlassReviewed]:
        """The last review counts, so that a wrong one can be corrected. Raises OwnBreaking."""
        if self.is_of(by, organisation):
            raise OwnBreaking
        self.review = result
        return [GlassReviewed(self.case_id, self.id, result == UPHELD)]


def suspended(broken: Iterable[BrokenGlass], now: datetime) -> bool:
    """True where any breaking of this one person suspends the right to another."""
    return any(glass.suspends(now) for glass in broken)


def open_on(broken: Iterable[BrokenGlass], case_id: UUID, now: datetime) -> BrokenGlass | None:
    """The breaking that stays open longest, of those that one person did on this case."""
    found = [glass for glass in broken if glass.case_id == case_id and glass.is_open(now)]
    return max(found, key=lambda glass: glass.at, default=None)
