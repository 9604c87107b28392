"""The forms of changes by two people: each kind has the members that it needs, and no other."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.casefile.text import Line
from contracts.form import Form
from contracts.types import KnownCode, OrganisationId, Pseudonym, TicketId
from services.directory.domain.proposal import Change, Wish
from services.directory.forms import OrganisationType, Status

Role = Annotated[str, KnownCode("recipient_role")]
StaffRole = Annotated[str, KnownCode("staff_role")]


class TicketForm(Form):
    """The words about it stand in the operators' own system: what is written here is kept for ever."""

    ticket: Annotated[TicketId, Field(description="of the operators' own system, for example OPS-1042")]


class CaretakerForm(TicketForm):
    cases_to: Annotated[Pseudonym, Field(description="the supervisor to whose board its cases come")]
    cases_to_organisation: Annotated[OrganisationId, Field(description="the organisation of that supervisor")]


class AddForm(TicketForm):
    change: Literal["add-organisation"]
    organisation: OrganisationId
    name: Line
    role: Role
    type: OrganisationType

    def wish(self) -> Wish:
        return Wish(Change.ADD, self.organisation, self.name, self.role, self.type, "active")


class AlterForm(TicketForm):
    """The role, type and status as they are to be from then on."""

    change: Literal["change-organisation"]
    organisation: OrganisationId
    role: Role
    type: OrganisationType
    status: Status

    def wish(self) -> Wish:
        return Wish(Change.ALTER, self.organisation, None, self.role, self.type, self.status)


class SuspendForm(CaretakerForm):
    change: Literal["suspend-organisation"]
    organisation: OrganisationId

    def wish(self) -> Wish:
        return suspension(self.organisation, self)


class RestoreForm(TicketForm):
    change: Literal["restore-organisation"]
    organisation: OrganisationId

    def wish(self) -> Wish:
        return Wish(Change.RESTORE, self.organisation)


class RoleForm(TicketForm):
    change: Literal["give-role", "take-role"]
    organisation: OrganisationId
    worker: Annotated[Pseudonym, Field(description="the subject of their tokens")]
    staff_role: StaffRole

    def wish(self) -> Wish:
        return Wish(Change(self.change), self.organisation, worker=self.worker, staff_role=self.staff_role)


def suspension(organisation: str, form: CaretakerForm) -> Wish:
    return Wish(
        Change.SUSPEND,
        organisation,
        cases_to=form.cases_to,
        cases_to_organisation=form.cases_to_organisation,
    )


ProposalForm = Annotated[
    AddForm | AlterForm | SuspendForm | RestoreForm | RoleForm, Field(discriminator="change")
]
