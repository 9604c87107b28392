"""The reads: organisations and one of them, straight to the answers of the API."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.web.moves import MoveView
from contracts.types import Cell, Code, OrganisationId


class OrganisationSummary(BaseModel):
    id: OrganisationId
    cell: Cell
    role: Annotated[str, Code("recipient_role")]
    name: str
    status: str
    suspended: bool
    version: int
    services: list[Annotated[str, Code("service")]]


class ServiceView(BaseModel):
    """HSDS 3.0 fields; `capacity` is a Gravity capacity code."""

    id: str
    service: Annotated[str, Code("service")]
    name: str
    status: str
    capacity: str
    details: dict[str, Any]
    moves: list[MoveView]


class OrganisationView(BaseModel):
    id: OrganisationId
    cell: Cell
    role: Annotated[str, Code("recipient_role")]
    name: str
    status: str
    suspended: Annotated[
        bool, Field(description="its people read and do nothing; nobody names it in anything new")
    ]
    version: int
    details: dict[str, Any]
    services: list[ServiceView]
    moves: list[MoveView]


_ORGANISATIONS = text(
    """
    select o.id, o.cell, o.role, o.name, o.status, o.suspended, o.version,
           array(select distinct s.service from directory.services as s
                 where s.organisation = o.id and s.status = 'active' order by 1) as services
    from directory.organisations as o
    where o.id > :after and (cast(:cell as text) is null or o.cell = :cell)
      and (cast(:role as text) is null or o.role = :role)
      and (cast(:name as text) is null or position(lower(:name) in lower(o.name)) > 0)
      and ((cast(:service as text) is null and cast(:capacity as text) is null) or exists (
          select from directory.services as s
          where s.organisation = o.id and s.status = 'active'
            and (cast(:service as text) is null or s.service = :service)
            and (cast(:capacity as text) is null or s.capacity = :capacity)))
    order by o.id limit :limit
    """
)


@dataclass(frozen=True, slots=True)
class OrganisationFilter:
    """The filters of a list of organisations; a service and a capacity must be of one active service."""

    cell: str | None = None
    role: str | None = None
    service: str | None = None
    capacity: str | None = None
    name: str | None = None


async def organisations(
    tx: Transaction, only: OrganisationFilter, *, after: str, limit: int
) -> list[OrganisationSummary]:
    rows = await tx.execute(_ORGANISATIONS, {**asdict(only), "after": after, "limit": limit})
    return [OrganisationSummary.model_validate(row, from_attributes=True) for row in rows]
