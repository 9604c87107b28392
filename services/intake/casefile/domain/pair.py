"""A pair of cases that may be of one person, as somebody decided. Nothing is moved from one to the other: the pair is all that changes.

One of a merged pair leads. A case that is led leads none, and has one that leads it, so that whoever opens it is one step from all of hers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.intake.casefile.domain.facts import PairDecided


class PairState(StrEnum):
    """A code of the list `pair_decision`."""

    UNDECIDED = "undecided"
    SAME_PERSON = "same-person"
    DIFFERENT_PERSONS = "different-persons"


class OneCase(ValueError):
    """A case makes no pair with itself, or with one of another organisation."""


class LedAlready(Exception):
    """One of the two is merged with a third in such a way that this one cannot lead: that is undone first."""


@dataclass(slots=True)
class Pair:
    """`first_id` is the lesser. `version` is the one that was loaded; 0: nobody has decided anything yet."""

    first_id: UUID
    second_id: UUID
    organisation: str
    decision: PairState = PairState.UNDECIDED
    reason: str = ""
    lead_id: UUID | None = None
    version: int = 0

    @classmethod
    def ids(cls, one: UUID, other: UUID) -> tuple[UUID, UUID]:
        """The identifiers of a pair in their order. Raises OneCase."""
        if one == other:
            raise OneCase
        return (one, other) if one < other else (other, one)

    def decide(
        self, decision: PairState, reason: str, lead: UUID, others: Iterable["Pair"] = ()
    ) -> list[PairDecided]:
        """Decide, or decide otherwise: a decision about two records is never final. `lead` leads where both are one person;
        `others` are the merged pairs of either. The same again says nothing. Raises LedAlready.
        """
        merged = decision is PairState.SAME_PERSON
        led = self.first_id if lead == self.second_id else self.second_id
        decided = (decision, reason, lead if merged else None)
        if decided == (self.decision, self.reason, self.lead_id):
            return []
        if merged and any(_led_by(pair) == lead or led in (pair.first_id, pair.second_id) for pair in others):
            raise LedAlready
        self.decision, self.reason, self.lead_id = decided
        return [
            PairDecided(one, other, decision, reason, leads=merged and one == lead)
            for one, other in ((lead, led), (led, lead))
        ]


def _led_by(pair: Pair) -> UUID:
    """The case of a merged pair that does not lead."""
    return pair.first_id if pair.lead_id == pair.second_id else pair.second_id
