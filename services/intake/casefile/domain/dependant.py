"""A link between the case of a person and that of somebody who depends on her. Each stays a case of its own; the link is all that ties them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from services.intake.casefile.domain.case import Case, CaseVerb, WrongMove
from services.intake.casefile.domain.pair import OneCase
from services.intake.casefile.domain.received import RECEIVED_CHANNEL


class DependantChange(StrEnum):
    """A code of the list `dependant_change`: the news for one of two linked cases."""

    LINKED = "linked"
    UNLINKED = "unlinked"
    LEFT = "left"
    """The other one's case was closed, handed over or erased."""
    BACK = "back"


BESIDE_RECEIVED = "agency"


def channel_beside(channel: str) -> str:
    """The channel of whoever depends on a person who came by this one: the same, but nobody is received whom no exchange sent."""
    return BESIDE_RECEIVED if channel == RECEIVED_CHANNEL else channel


@dataclass(frozen=True, slots=True)
class NewLink:
    """The identifier and the relation, sealed under the key of the person on whom the other one depends."""

    id: UUID
    relation: str


@dataclass(slots=True)
class DependantLink:
    """`dependant_id` depends on the person of `case_id`. `relation` and `reason` are sealed under her key."""

    id: UUID
    case_id: UUID
    dependant_id: UUID
    organisation: str
    relation: str
    linked_at: datetime
    linked_by: str
    reason: str | None = None
    ended_at: datetime | None = None
    ended_by: str | None = None

    @classmethod
    def link(cls, new: NewLink, her: Case, other: Case, *, by: str, at: datetime) -> Self:
        """Raises OneCase, and WrongMove where one of the two is not worked on."""
        if her.id == other.id or her.organisation != other.organisation:
            raise OneCase
        for case in (her, other):
            case.require(CaseVerb.LINK_DEPENDANT)
        return cls(new.id, her.id, other.id, her.organisation, new.relation, at, by)

    def end(self, case: Case, reason: str, *, by: str, at: datetime) -> None:
        """End the link from the side of `case`, be it hers or the dependant's: who is in danger from the other waits for nobody."""
        case.require(CaseVerb.UNLINK_DEPENDANT)
        if self.ended_at is not None:
            raise WrongMove
        self.reason, self.ended_by, self.ended_at = reason, by, at
