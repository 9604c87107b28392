"""Route: the systems of this cell's organisations."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from chassis.identity.access import require, rights_of
from chassis.web.http import Listing, Page, Tx, Who, following
from chassis.web.positions import positioned
from contracts import machines
from contracts.types import Code, OrganisationId, Pseudonym
from services.directory.store.machines import machines_of

router = APIRouter(prefix="/v1/machines", tags=["directory"])
READ = "machine.read"
ANY = "*"
"""In the place of an organisation: whoever may read of it may read of all."""


class MachineState(StrEnum):
    """Refused is every call of a machine whose organisation is not active."""

    IN_FORCE = "in-force"
    ORGANISATION_CLOSED = "organisation-closed"


class MachineView(BaseModel):
    """A system of one organisation, by the name in its tokens. Its keys are the issuer's to know."""

    machine: Pseudonym
    organisation: OrganisationId
    roles: list[Annotated[str, Code("staff_role")]]
    state: MachineState


def _machine(part: str) -> str:
    if not machines.is_machine(part):
        raise ValueError("not a machine")
    return part


@router.get(
    "", summary="Systems that send and fetch by themselves: of your organisation, for an operator of all"
)
async def list_machines(actor: Who, tx: Tx, page: Page) -> Listing[MachineView]:
    require(actor, READ)
    (after,) = positioned(page.after, _machine) or ("",)
    organisation = None if rights_of(actor, ANY)(READ) else actor.organisation
    rows = await machines_of(tx, organisation, after, page.limit)
    items = [
        MachineView(
            machine=row.machine,
            organisation=row.organisation,
            roles=row.roles,
            state=MachineState.IN_FORCE if row.in_force else MachineState.ORGANISATION_CLOSED,
        )
        for row in rows
    ]
    return Listing(items=items, next=following(items, page, "machine"))
