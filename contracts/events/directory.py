"""The events of directory: an organisation as it stands, with its services, and its staff."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.envelope import Event
from contracts.types import Cell, Code, OrganisationId, Pseudonym, ServiceId


class OfferedService(BaseModel):
    """One service of an organisation: its type, whether it is offered, and whether there is room."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    service_id: ServiceId
    service: Annotated[str, Code("service")]
    status: Annotated[str, Code("directory_status")]
    capacity: Annotated[str, Code("capacity")]


class AgeLimitedService(OfferedService):
    """A service with the ages that it is for, which only its own cell knows. Ages in years, both within; null where
    there is no limit.
    """

    minimum_age: int | None = None
    maximum_age: int | None = None


class DirectoryChangedV1(Event):
    """An organisation or one of its services changed; all of the organisation as it now stands. Stream `directory`.

    `suspended`: its people read and do nothing. Its cases go to `cases_to` of `cases_to_organisation`, where two
    people have named somebody.
    """

    type: ClassVar[str] = "directory.changed.v1"
    organisation: OrganisationId
    cell: Cell
    role: Annotated[str, Code("recipient_role")]
    version: int
    status: Annotated[str, Code("directory_status")] = "active"
    org_type: Annotated[str, Code("org_Type")] | None = None
    services: tuple[AgeLimitedService, ...] = ()
    suspended: bool = False
    cases_to: Pseudonym | None = None
    cases_to_organisation: OrganisationId | None = None


class StaffMember(BaseModel):
    """Somebody who signs in for an organisation, under the pseudonym of their tokens. Without a role they may do nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    worker: Pseudonym
    roles: tuple[Annotated[str, Code("staff_role")], ...]


class StaffChangedV1(Event):
    """The whole staff of an organisation of this cell; it replaces the staff of the event before. Stream `directory`."""

    type: ClassVar[str] = "staff.changed.v1"
    organisation: OrganisationId
    staff: tuple[StaffMember, ...]


class ProposalMovedV1(Event):
    """A change of the directory by two people was proposed, acts by the word of one, was confirmed or withdrawn. The
    attribute `actor` is who did it. Stream `proposals`.
    """

    type: ClassVar[str] = "proposal.moved.v1"
    proposal_id: UUID
    organisation: OrganisationId
    change: Annotated[str, Code("directory_change")]
    state: Annotated[str, Code("proposal_state")]
    worker: Pseudonym | None = None
    staff_role: Annotated[str, Code("staff_role")] | None = None
    role: Annotated[str, Code("recipient_role")] | None = None
    org_type: Annotated[str, Code("org_Type")] | None = None
    status: Annotated[str, Code("directory_status")] | None = None
    cases_to: Pseudonym | None = None
    cases_to_organisation: OrganisationId | None = None
