"""Process codes on their way out: which half of a referral or return tells the other, and how much of an outcome may
travel.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from contracts.border.items import ItemClass, Journey
from contracts.crossing import BY_CODE, BY_EVENT, OUTCOME, Crossing
from contracts.organisations import cell_of
from services.exchange.domain.facts import Fact, ItemRefused, ProcessDue

NOT_REFERRED = "not_referred"


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """One case of this cell as two organisations know it: `own` works on it, `other` is told."""

    case_id: UUID
    own: str
    other: str


def pair_of(event: Any) -> Pair | None:
    """The two organisations of an event that crosses, if the half that says it tells the other; else None."""
    crossing = BY_EVENT[type(event)]
    return Pair(event.case_id, *crossing.ends(event)) if crossing.told_by(event) else None


@dataclass(frozen=True, slots=True)
class WaitingCode:
    """A code that waits to be sealed, in the order in which it came; `journey` with a departure."""

    item_id: UUID
    code: str
    subject_id: UUID
    reason: str | None
    at: datetime
    journey: Journey | None = None


@dataclass(slots=True)
class Relation:
    """A case as two organisations share it: the pairwise reference, and the categories that may be told back.

    Without a reference nothing was ever referred between the two, so the other cannot be told.
    """

    pair: Pair
    reference: UUID | None = None
    back_categories: frozenset[str] = frozenset()
    waiting: list[WaitingCode] = field(default_factory=list)

    def tell(
        self,
        crossing: Crossing,
        subject_id: UUID,
        at: datetime,
        carried: str | None = None,
        journey: Journey | None = None,
    ) -> list[Fact]:
        """Tell the other half. The reason travels only where her consent says so; the code goes without it."""
        item_id = uuid5(subject_id, f"{self.pair.own}|{crossing.code}|{at.isoformat()}")
        if self.reference is None:
            return untold(self.pair, item_id, crossing.code, at)
        told = carried if not crossing.by_consent or OUTCOME in self.back_categories else None
        self.waiting.append(WaitingCode(item_id, crossing.code, subject_id, told, at, journey))
        return [ProcessDue(item_id, cell_of(self.pair.other))]


def untold(pair: Pair, item_id: UUID, code: str, at: datetime) -> list[Fact]:
    """The other side must expect her and will not hear of her, so her worker is told."""
    if not BY_CODE[code].opens:
        return []
    return [
        ItemRefused(
            case_id=pair.case_id,
            item_id=item_id,
            item_class=ItemClass.PROCESS,
            disclosure_id=None,
            referral_id=None,
            recipient_cell=cell_of(pair.other),
            at=at,
            code=NOT_REFERRED,
        )
    ]
