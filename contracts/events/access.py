"""The access record: which person read which records, and looked for some. It travels on a topic of its own, unsequenced, so that a read
locks nothing.
"""

from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import Event
from contracts.types import Action, CaseId, Cell, Code, EventType, Instant, OrganisationId, Pseudonym


class AttemptRefusedV1(Event):
    """Somebody tried to open or move a case that is there and not theirs. `count`: so many attempts of one minute."""

    type: ClassVar[str] = "attempt.refused.v1"
    case_id: CaseId
    action: Action
    count: int = 1


class CaseSearchedV1(Event):
    """Somebody looked for a person among the cases that they may read: who and when, never whom. `found`: how many were alike.

    What was shown of each of them is a record of its own.
    """

    type: ClassVar[str] = "case.searched.v1"
    found: int


class RecordReadV1(Event):
    type: ClassVar[str] = "record.read.v1"
    case_id: CaseId
    resource: Annotated[str, Code("resource")]
    resource_id: UUID | None = None
    fields: tuple[Annotated[str, Code("field")], ...] = ()
    allowed: bool = True


class LogReadV1(Event):
    """Somebody looked through what is not one case's: the log by a search, or a list across cases. Whatever was named stands
    here, and a period; not that a list was narrowed by a state, a direction or a clock. Of an export, `position` is the
    last entry that it could contain.
    """

    type: ClassVar[str] = "log.read.v1"
    view: Annotated[str, Code("log_view")]
    sought_case: UUID | None = None
    sought_actor: Pseudonym | None = None
    sought_organisation: OrganisationId | None = None
    sought_cell: Cell | None = None
    sought_purpose: Annotated[str, Code("purpose")] | None = None
    sought_type: EventType | None = None
    sought_id: UUID | None = None
    since: Instant | None = None
    until: Instant | None = None
    position: int | None = None
