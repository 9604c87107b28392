"""The directory of organisations and services of both countries."""

from typing import Annotated
from uuid import NAMESPACE_URL, UUID, uuid5

from fastapi import APIRouter, Query, Response

from chassis.identity.access import require, rights_of
from chassis.problems import NotFound
from chassis.service import Running
from chassis.web.http import Done, Listing, Page, Seen, Tx, Who, done, etag, following
from chassis.web.moves import MoveView, Offer
from chassis.web.positions import identifier, positioned
from contracts.casefile.text import Line
from contracts.types import Cell, KnownCode, OrganisationId, ServiceId
from services.directory import queries, use_cases
from services.directory.forms import OrganisationForm, ServiceForm
from services.directory.proposing import OPERATE, suspendable
from services.directory.store import organisations

router = APIRouter(prefix="/v1/organisations", tags=["directory"])


def _identifier(organisation: str) -> UUID:
    """The UUID that commands answer with; an organisation's is derived from its identifier."""
    return uuid5(NAMESPACE_URL, f"urn:corridor:organisation:{organisation}")


@router.get("", summary="Organisations in the order of their identifiers")
async def list_organisations(
    actor: Who,
    tx: Tx,
    page: Page,
    cell: Annotated[Cell | None, Query()] = None,
    role: Annotated[Annotated[str, KnownCode("recipient_role")] | None, Query()] = None,
    service: Annotated[Annotated[str, KnownCode("service")] | None, Query()] = None,
    capacity: Annotated[Annotated[str, KnownCode("capacity")] | None, Query()] = None,
    name: Annotated[Line | None, Query(description="a part of its name, in capitals or not")] = None,
) -> Listing[queries.OrganisationSummary]:
    require(actor, "directory.read")
    (after,) = positioned(page.after, identifier) or ("",)
    only = queries.OrganisationFilter(cell, role, service, capacity, name)
    items = await queries.organisations(tx, only, after=after, limit=page.limit)
    if cell is not None and not items:
        anybody = queries.OrganisationFilter(cell)
        if not await queries.organisations(tx, anybody, after="", limit=1):
            raise NotFound("no organisation of this `cell` is listed here")
    return Listing(items=items, next=following(items, page, "id"))


@router.get("/{organisation}", summary="One organisation with its services")
async def get_organisation(
    organisation: OrganisationId, actor: Who, tx: Tx, running: Running, response: Response
) -> queries.OrganisationView:
    require(actor, "directory.read")
    found = await organisations.get_organisation(tx, organisation)
    permitted = rights_of(actor, organisation)

    def moves(*routes: str, **service: str) -> list[MoveView]:
        offers = [Offer(route, "directory.write") for route in routes]
        return running.commands.open(offers, permitted, organisation=organisation, **service)

    response.headers["ETag"] = etag(found.version)
    profile = found.profile
    operating = Offer("suspend_organisation", OPERATE, await suspendable(tx, found, actor))
    return queries.OrganisationView(
        id=found.id,
        cell=profile.cell,
        role=profile.role,
        name=profile.name,
        status=profile.status,
        version=found.version,
        details=dict(profile.details),
        services=[
            queries.ServiceView(
                id=s.id,
                service=s.code,
                name=s.name,
                status=s.status,
                capacity=s.capacity,
                details=dict(s.details),
                moves=moves("describe_service", service=s.id),
            )
            for s in found.services.values()
        ],
        suspended=found.suspended,
        moves=[
            *moves("describe_organisation", "describe_service"),
            *running.commands.open([operating], rights_of(actor), organisation=organisation),
        ],
    )


@router.put("/{organisation}", summary="Describe your own organisation")
async def describe_organisation(
    organisation: OrganisationId,
    body: OrganisationForm,
    actor: Who,
    tx: Tx,
    response: Response,
    seen: Seen,
) -> Done:
    found = await use_cases.put_organisation(tx, actor, organisation, body.profile(organisation), seen)
    return done(tx, response, _identifier(organisation), found.version)


@router.put("/{organisation}/services/{service}", summary="Describe a service of your own organisation")
async def describe_service(
    organisation: OrganisationId,
    service: ServiceId,
    body: ServiceForm,
    actor: Who,
    tx: Tx,
    response: Response,
    seen: Seen,
) -> Done:
    found = await use_cases.put_service(tx, actor, organisation, body.offered(service), seen)
    return done(tx, response, _identifier(organisation), found.version)
