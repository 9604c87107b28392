"""Process codes: which half of a referral or return tells the other, and what of an outcome may travel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from uuid import UUID, uuid5

from services.exchange.domain.check import cell_of
from services.exchange.domain.facts import Fact, ItemRefused, ProcessDue
from services.exchange.domain.items import ItemClass, Journey

OUTCOME = "outcome"
"""The data category that a grant must name among what may be disclosed back, or the outcome stays here."""

EITHER = "either"
"""A move that both halves can make: the event says which of them recorded it."""

REFERRAL_TELLS: Mapping[str, str] = MappingProxyType(
    {
        "referral.accepted": "incoming",
        "referral.rejected": "incoming",
        "referral.started": "incoming",
        "referral.held": "incoming",
        "referral.resumed": "incoming",
        "referral.completed": "incoming",
        "referral.failed": "incoming",
        "referral.cancelled": "outgoing",
    }
)
RETURN_TELLS: Mapping[str, str] = MappingProxyType(
    {
        "return.cleared": "sending",
        "return.suspended": "sending",
        "return.resumed": "sending",
        "return.departed": "sending",
        "return.turned_back": "sending",
        "return.withdrawn": "sending",
        "return.arrived": "receiving",
        "return.missed": EITHER,
        "return.closed": EITHER,
    }
)
"""The half that makes the move tells it; the other half hears it and tells it to nobody."""

EXPECTED = frozenset({"return.cleared", "return.departed"})
"""Codes after which somebody must expect her at the other side. What else stays untold, nobody there waits for."""

NOT_REFERRED = "not_referred"


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """One case of this cell as two organisations know it: `own` works on it, `other` is told."""

    case_id: UUID
    own: str
    other: str


def speaker(
    code: str, half: str, *, sender: str, recipient: str, recorded_by: str | None = None
) -> tuple[str, str] | None:
    """(own, other) if this half of the referral or return tells the other, else None."""
    tells = REFERRAL_TELLS.get(code) or RETURN_TELLS.get(code)
    if (recorded_by if tells == EITHER else tells) != half:
        return None
    return (sender, recipient) if half in {"outgoing", "sending"} else (recipient, sender)


@dataclass(frozen=True, slots=True)
class ProcessItem:
    """A code that waits to be sealed, in the order in which it came; `journey` with a departure."""

    item_id: UUID
    code: str
    subject_id: UUID
    reason: str | None
    at: datetime
    journey: Journey | None = None


@dataclass(slots=True)
class Relation:
    """What two organisations share about a case: the pairwise reference, and what may be told back.

    Without a reference nothing was ever referred between the two, so the other cannot be told.
    """

    pair: Pair
    reference: UUID | None = None
    back_categories: frozenset[str] = frozenset()
    waiting: list[ProcessItem] = field(default_factory=list)

    def tell(
        self,
        code: str,
        subject_id: UUID,
        at: datetime,
        *,
        reason: str | None = None,
        outcome: str | None = None,
        abroad: str | None = None,
        journey: Journey | None = None,
    ) -> list[Fact]:
        """An outcome travels only where her consent says so; the code goes without it. `abroad` is the other's cell."""
        item_id = uuid5(subject_id, f"{self.pair.own}|{code}|{at.isoformat()}")
        if self.reference is None:
            return untold(self.pair, item_id, code, abroad, at)
        told = outcome if OUTCOME in self.back_categories else None
        self.waiting.append(ProcessItem(item_id, code, subject_id, reason or told, at, journey))
        return [ProcessDue(item_id, cell_of(self.pair.other))]


def untold(pair: Pair, item_id: UUID, code: str, abroad: str | None, at: datetime) -> list[Fact]:
    """The worker is told that the other side of a return will not hear of her."""
    if code not in EXPECTED or abroad is None:
        return []
    return [
        ItemRefused(
            case_id=pair.case_id,
            item_id=item_id,
            item_class=ItemClass.PROCESS,
            disclosure_id=None,
            referral_id=None,
            recipient_cell=abroad,
            at=at,
            code=NOT_REFERRED,
        )
    ]
