"""The systems of this cell's organisations: a list of them, and which roles one has at this moment."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import require, rights_of
from chassis.web.http import Listing, Page, Tx, Who, following
from chassis.web.positions import positioned
from contracts import machines
from contracts.organisations import ACTIVE
from contracts.types import Code, OrganisationId, Pseudonym

router = APIRouter(prefix="/v1/machines", tags=["directory"])
READ = "machine.read"
ANY = "*"
"""In the place of an organisation: whoever may read of it may read of all."""

_OF = f"""
    from directory.staff as s left join directory.organisations as o on o.id = s.organisation
    where starts_with(s.worker, '{machines.PREFIX}')
"""
_IN_FORCE = f"coalesce(o.status, '{ACTIVE}') = '{ACTIVE}'"
_LIST = text(
    f"select s.worker as machine, s.organisation, s.roles, {_IN_FORCE} as in_force {_OF}"
    " and (cast(:organisation as text) is null or s.organisation = :organisation) and s.worker > :after"
    " order by s.worker limit :limit"
)
_ROLES = text(
    f"select s.roles {_OF} and s.organisation = :organisation and s.worker = :machine and {_IN_FORCE}"
)


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


@router.get(
    "", summary="Systems that send and fetch by themselves: of your organisation, for an operator of all"
)
async def list_machines(actor: Who, tx: Tx, page: Page) -> Listing[MachineView]:
    require(actor, READ)
    (after,) = positioned(page.after, str) or ("",)
    organisation = None if rights_of(actor, ANY)(READ) else actor.organisation
    parameters = {"organisation": organisation, "after": after, "limit": page.limit}
    rows = (await tx.execute(_LIST, parameters)).all()
    states = {True: MachineState.IN_FORCE, False: MachineState.ORGANISATION_CLOSED}
    items = [
        MachineView(
            machine=row.machine, organisation=row.organisation, roles=row.roles, state=states[row.in_force]
        )
        for row in rows
    ]
    return Listing(items=items, next=following(items, page, "machine"))


async def roles_of_machine(tx: Transaction, organisation_id: str, machine: str) -> frozenset[str]:
    """The same as `chassis.directory.roles_of_machine`, in the service that keeps the directory."""
    roles = (await tx.execute(_ROLES, {"organisation": organisation_id, "machine": machine})).scalar()
    return frozenset(roles or ())
