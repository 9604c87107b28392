"""Routes: incidents without a person, shared between organisations, and their trends."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from chassis.directory import require_organisation
from chassis.identity.access import require, rights_of
from chassis.identity.auth import Actor
from chassis.problems import Invalid, WrongState
from chassis.service import Running, Service
from chassis.web.code_lists import AcceptLanguage, preferred
from chassis.web.http import Done, IfMatch, Listing, Page, Seen, Tx, Who, done, etag, following
from chassis.web.month_views import MonthName, MonthTableView, month_tables, settled_month
from chassis.web.moves import MoveView, Offer
from chassis.web.named import require_listed
from chassis.web.positions import positioned
from contracts.events.access import LogReadV1
from contracts.small_cells import K, ShownTable
from contracts.types import KnownCode, OrganisationId
from services.intake.casefile.outgoing import record_read
from services.intake.reports import incident_queries, incident_use_cases
from services.intake.reports.api.forms import (
    CorrectIncidentForm,
    IncidentForm,
    MonthOf,
    Province,
    WithdrawIncidentForm,
)
from services.intake.reports.domain.incidents import Incident, IncidentAccount, IncidentVerb
from services.intake.reports.domain.trends import NAMES, tables
from services.intake.reports.incident_queries import IncidentPosition, IncidentSummary
from services.intake.reports.sealing import open_incident, seal_incident
from services.intake.reports.store import incidents

router = APIRouter(prefix="/v1", tags=["incidents"])
INCIDENTS, INCIDENT = "/incidents", "/incidents/{incident_id}"


async def _recorded(body: IncidentForm, request: Request, actor: Who, service: Running) -> Incident:
    require(actor, incidents.WRITE, organisation=actor.organisation)
    key = request.headers.get("idempotency-key")
    incident_id = await service.own_key.identifier("incident", actor.issuer, actor.subject, key)
    return Incident(incident_id, actor.organisation, await _account(service, actor, body, incident_id, 1))


async def _account(
    service: Service, actor: Actor, body: IncidentForm, incident_id: UUID, revision: int
) -> IncidentAccount:
    """With its words sealed under a key of this revision alone, which is not made for a form that names what is not there."""
    _require_province(service, body.province, "body")
    async with service.database.transaction(actor.origin()) as tx:
        for organisation in body.shared_with:
            await require_organisation(tx, organisation, "shared_with", cell=actor.cell)
    content = None
    if body.text is not None:
        content = await seal_incident(service.vault, incident_id, revision, body.text)
    return IncidentAccount(
        body.kind,
        body.province,
        _first_of(body.month),
        body.certainty,
        body.with_all,
        tuple(dict.fromkeys(body.shared_with)),
        content,
    )


def _first_of(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _kept_for(service: Service) -> timedelta:
    return timedelta(days=service.settings.country.calls.nobodys_days)


@router.post(INCIDENTS, status_code=201, summary="Write down what happens at a place, without a person")
async def record_incident(
    actor: Who, new: Annotated[Incident, Depends(_recorded)], tx: Tx, service: Running, response: Response
) -> Done:
    incident = await incident_use_cases.record_incident(tx, actor, new, service.today(), _kept_for(service))
    where = f"/v1/incidents/{incident.id}"
    return done(tx, response, incident.id, incident.version, status=201, location=where)


def _require_province(service: Service, province: str | None, place: str) -> None:
    """Raises Invalid, with the place, for what is no province of the country."""
    if province is not None and province not in service.settings.country.provinces:
        unknown = {"loc": [place, "province"], "msg": "no province of this country", "code": "unknown-code"}
        raise Invalid(errors=[unknown])


@dataclass(frozen=True, slots=True)
class IncidentFilters:
    """The filters of a list of incidents; each that is given must hold."""

    kind: Annotated[Annotated[str, KnownCode("incident_kind")] | None, Query(description="only these")] = None
    state: Annotated[Annotated[str, KnownCode("incident_state")] | None, Query(description="only these")] = (
        None
    )
    province: Annotated[Province | None, Query(description="only those in this province")] = None
    certainty: Annotated[Annotated[str, KnownCode("certainty")] | None, Query(description="only these")] = (
        None
    )
    organisation: Annotated[OrganisationId | None, Query(description="only those that it wrote down")] = None
    since: Annotated[MonthOf | None, Query(description="only those of this month, or later")] = None
    until: Annotated[MonthOf | None, Query(description="only those of this month, or before")] = None

    def asked(self) -> dict[str, object]:
        found: dict[str, Any] = {name: value for name, value in asdict(self).items() if value is not None}
        for name in {"since", "until"} & found.keys():
            found[name] = _first_of(found[name])
        if "organisation" in found:
            found["of"] = found.pop("organisation")
        return found


@router.get(INCIDENTS, summary="Incidents that your organisation wrote down, or that are shared with it")
async def list_incidents(
    actor: Who, tx: Tx, page: Page, service: Running, filters: Annotated[IncidentFilters, Depends()]
) -> Listing[IncidentSummary]:
    require(actor, incidents.READ, organisation=actor.organisation)
    _require_province(service, filters.province, "query")
    after = cast("IncidentPosition | None", positioned(page.after, _first_of, UUID))
    items = await incident_queries.incidents(tx, actor, filters.asked(), after, page.limit)
    named = {} if filters.organisation is None else {"organisation": filters.organisation}
    await require_listed(tx, actor, named, items, page)
    moves = service.commands.open([Offer("record_incident", incidents.WRITE)], rights_of(actor))
    return Listing(items=items, next=following(items, page, "month", "id"), moves=moves)


class IncidentView(IncidentSummary):
    """An incident, with its words for whoever wrote them down."""

    text: str | None
    moves: list[MoveView] = []


@router.get(INCIDENT, summary="An incident, with its words where your organisation wrote it down")
async def get_incident(incident_id: UUID, actor: Who, service: Running, response: Response) -> IncidentView:
    async with service.database.transaction(actor.origin()) as tx:
        incident = await incidents.get(tx, actor, incident_id)
        shown = await incident_queries.incident(tx, actor, incident_id)
        tx.say(record_read(incident_id, "incident", incident_id))
    own = incident.organisation == actor.organisation
    response.headers["Cache-Control"] = "no-store"
    response.headers["ETag"] = etag(incident.version)
    return IncidentView(
        **shown.model_dump(),
        text=await open_incident(service.vault, incident) if own else None,
        moves=_offers(incident, actor, service) if own else [],
    )


def _offers(incident: Incident, actor: Actor, service: Service) -> list[MoveView]:
    offers = [Offer(f"{verb}_incident", incidents.WRITE, incident.passes(verb)) for verb in IncidentVerb]
    return service.commands.open(offers, rights_of(actor), incident_id=incident.id)


async def _corrected(incident_id: UUID, body: CorrectIncidentForm, actor: Who, service: Running) -> Incident:
    async with service.database.transaction(actor.origin()) as tx:
        incident = await incidents.get_own(tx, actor, incident_id)
    if not incident.passes(IncidentVerb.CORRECT):
        raise WrongState
    account = await _account(service, actor, body, incident_id, incident.revision + 1)
    return Incident(incident_id, incident.organisation, account, version=incident.version)


@router.put(INCIDENT, summary="Correct an incident of yours, or with whom it is shared, with the reason")
async def correct_incident(
    incident_id: UUID,
    body: CorrectIncidentForm,
    actor: Who,
    seen: Seen,
    corrected: Annotated[Incident, Depends(_corrected)],
    tx: Tx,
    service: Running,
    response: Response,
) -> Done:
    incident = await incident_use_cases.correct_incident(
        tx, actor, incident_id, seen, corrected, body.reason, service.today(), _kept_for(service)
    )
    return done(tx, response, incident_id, incident.version)


@router.post(f"{INCIDENT}/withdraw", summary="Withdraw an incident of yours, with the reason")
async def withdraw_incident(
    incident_id: UUID, body: WithdrawIncidentForm, actor: Who, seen: IfMatch, tx: Tx, response: Response
) -> Done:
    incident = await incident_use_cases.withdraw_incident(tx, actor, incident_id, seen, body.reason)
    return done(tx, response, incident_id, incident.version)


class ProvinceView(BaseModel):
    code: str
    name: Annotated[
        str,
        Field(
            description="in the language that is asked for where the country says it, else in Latin letters"
        ),
    ]


@router.get("/provinces", summary="The provinces of the country, by which incidents are told and counted")
async def list_provinces(
    actor: Who, service: Running, response: Response, accept_language: AcceptLanguage = None
) -> list[ProvinceView]:
    require(actor, "codes.read")
    response.headers["Vary"] = "Accept-Language"
    provinces = service.settings.country.provinces_in(preferred(accept_language))
    return [ProvinceView(code=code, name=name) for code, name in provinces.items()]


class IncidentTrends(BaseModel):
    """The incidents that came to be shared with all in a month, as they were counted once. `province` is a table of `GET
    /v1/provinces`, and of `unknown`.
    """

    month: str
    at_least: int
    counted_at: datetime
    tables: list[MonthTableView]


@router.get(
    f"{INCIDENTS}/trends/{{month}}",
    summary="Incidents that came to be shared with all in a month, by kind and province; small cells are hidden",
)
async def get_trends(month: MonthName, actor: Who, running: Running) -> IncidentTrends:
    require(actor, "trend.read")
    zone = running.settings.zone
    async with running.database.transaction(actor.origin()) as tx:
        wanted = settled_month(month, tx.now, zone)
        tx.say(LogReadV1(view="incidents", since=wanted.begins(zone)))

    async def count() -> Mapping[str, ShownTable]:
        async with running.database.transaction(running.database.system()) as tx:
            found = await incidents.shared(tx, wanted.begins(zone), wanted.following.begins(zone))
        return tables(found, running.settings.country.provinces)

    found = await incidents.KEPT.counted(running.database, wanted, NAMES, count)
    return IncidentTrends(month=month, at_least=K, counted_at=found[0].counted_at, tables=month_tables(found))
