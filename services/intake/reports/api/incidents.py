"""Routes: incidents without a person, shared between organisations, and their trends."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from chassis.identity.access import require, rights_of
from chassis.identity.auth import Actor
from chassis.problems import Forbidden, Invalid
from chassis.service import Running, Service
from chassis.web.http import Done, IfMatch, Listing, Page, Seen, Tx, Who, done, etag, following
from chassis.web.month_views import MonthName, MonthTableView, month_tables, settled_month
from chassis.web.moves import MoveView, Offer
from chassis.web.positions import position
from contracts.casefile.text import Paragraph
from contracts.events.access import LogReadV1
from contracts.form import Form
from contracts.small_cells import K, ShownTable
from contracts.types import KnownCode, OrganisationId
from services.intake.reports import incident_queries, incident_use_cases
from services.intake.reports.domain.incidents import (
    Incident,
    IncidentAccount,
    IncidentVerb,
    PlaceLevel,
    incident_key,
)
from services.intake.reports.domain.trends import NAMES, tables
from services.intake.reports.incident_queries import CorrectionView, IncidentSummary, LinkedCase
from services.intake.reports.sealing import open_incident, seal_incident
from services.intake.reports.store import incidents

router = APIRouter(prefix="/v1/incidents", tags=["incidents"])
INCIDENT = "/{incident_id}"
Province = Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")]
NO_PERSON = "No person: no name, no telephone number, nothing by which somebody is known. Whom it is about becomes a case, or a call."


class IncidentForm(Form):
    __doc__ = f"""Something that happens at a place. {NO_PERSON}"""

    kind: Annotated[str, KnownCode("incident_kind")]
    level: Annotated[
        PlaceLevel, KnownCode("place_level"), Field(description="how exactly the place is known")
    ]
    province: Annotated[
        Province | None, Field(description="a code of the country's provinces, ISO 3166-2")
    ] = None
    district: Annotated[
        str | None,
        Field(pattern=r"^[0-9]{2,5}$", description="its number with the country's statistics office"),
    ] = None
    first_on: date
    last_on: Annotated[date | None, Field(description="of several days, the last")] = None
    source: Annotated[str, KnownCode("incident_source")]
    certainty: Annotated[str, KnownCode("certainty")]
    with_all: Annotated[bool, Field(description="shared with every organisation of the country")] = False
    shared_with: Annotated[list[OrganisationId], Field(max_length=50)] = []
    text: Annotated[
        Paragraph | None,
        Field(description=f"what happens, and where exactly; sealed, for those who share it. {NO_PERSON}"),
    ] = None


class CorrectIncidentForm(IncidentForm):
    """The whole incident as it shall be; it replaces what stands, with those whom it is shared with."""

    reason: Annotated[str, KnownCode("incident_correction")]


class MergeForm(Form):
    into: Annotated[UUID, Field(description="the incident that stands for both")]


class LinkForm(Form):
    case_id: UUID


async def _reported(body: IncidentForm, request: Request, actor: Who, service: Running) -> Incident:
    require(actor, incidents.WRITE, organisation=actor.organisation)
    key = request.headers.get("idempotency-key")
    incident_id = await service.own_key.identifier("incident", actor.issuer, actor.subject, key)
    return await _incident(service, body, incident_id, actor.organisation, 1)


async def _incident(
    service: Service, body: IncidentForm, incident_id: UUID, organisation: str, revision: int
) -> Incident:
    """With its words sealed under a key of this revision alone."""
    _require_province(service, body.province)
    owner = incident_key(incident_id, revision)
    content = None
    if body.text is not None:
        await service.vault.create(owner)
        content = await seal_incident(service.vault, incident_id, owner, revision, body.text)
    account = IncidentAccount(
        body.kind,
        body.level,
        body.province,
        body.district,
        body.first_on,
        body.last_on or body.first_on,
        body.source,
        body.certainty,
        body.with_all,
        tuple(dict.fromkeys(body.shared_with)),
        content,
    )
    return Incident(incident_id, organisation, owner, account, revision=revision)


def _require_province(service: Service, province: str | None) -> None:
    if province is not None and province not in service.settings.country.provinces:
        place = {"loc": ["body", "province"], "msg": "no province of this country", "code": "unknown-code"}
        raise Invalid(errors=[place])


@router.post("", status_code=201, summary="Tell of something that happens at a place; no person's data")
async def report_incident(
    actor: Who, new: Annotated[Incident, Depends(_reported)], tx: Tx, service: Running, response: Response
) -> Done:
    incident = await incident_use_cases.report_incident(tx, actor, new, service.today())
    where = f"/v1/incidents/{incident.id}"
    return done(tx, response, incident.id, incident.version, status=201, location=where)


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
    own: Annotated[bool | None, Query(description="only those of your organisation, or of others")] = None
    since: Annotated[date | None, Query(description="only those that went on on this day, or later")] = None
    until: Annotated[date | None, Query(description="only those that began on this day, or before")] = None


@router.get("", summary="Incidents that your organisation told, or that are shared with it")
async def list_incidents(
    actor: Who, tx: Tx, page: Page, service: Running, filters: Annotated[IncidentFilters, Depends()]
) -> Listing[IncidentSummary]:
    require(actor, incidents.READ, organisation=actor.organisation)
    asked = {name: value for name, value in asdict(filters).items() if value is not None}
    items = await incident_queries.incidents(tx, actor, asked, position(page.after), page.limit)
    moves = service.commands.open([Offer("report_incident", incidents.WRITE)], rights_of(actor))
    return Listing(items=items, next=following(items, page, "reported_at", "id"), moves=moves)


class IncidentView(IncidentSummary):
    """An incident with what was told. `cases` are those of yours that it has to do with; nobody else sees them."""

    text: str | None
    corrections: list[CorrectionView]
    cases: list[LinkedCase]
    moves: list[MoveView] = []


@router.get(INCIDENT, summary="An incident with what was told, and the cases of yours that it has to do with")
async def get_incident(incident_id: UUID, actor: Who, service: Running, response: Response) -> IncidentView:
    async with service.database.transaction(actor.origin()) as tx:
        incident = await incidents.get(tx, actor, incidents.READ, incident_id)
        shown = await incident_queries.incident(tx, incident_id)
        corrections = await incident_queries.corrections(tx, actor, incident_id)
        linked = await incident_queries.linked_cases(tx, actor, incident_id)
        tx.say(LogReadV1(view="incidents", sought_id=incident_id))
    response.headers["Cache-Control"] = "no-store"
    response.headers["ETag"] = etag(incident.version)
    return IncidentView(
        **shown.model_dump(),
        text=await open_incident(service.vault, incident),
        corrections=corrections,
        cases=linked,
        moves=_offers(incident, actor, service, linked=bool(linked)),
    )


def _offers(incident: Incident, actor: Actor, service: Service, *, linked: bool) -> list[MoveView]:
    own = incident.organisation == actor.organisation
    offers = [
        Offer(f"{verb}_incident", incidents.WRITE, own and incident.passes(verb))
        for verb in (IncidentVerb.CORRECT, IncidentVerb.MERGE, IncidentVerb.SEPARATE)
    ]
    offers.append(Offer("link_incident", incidents.WRITE, incident.passes(IncidentVerb.LINK)))
    offers.append(Offer("unlink_incident", incidents.WRITE, linked))
    return service.commands.open(offers, rights_of(actor), incident_id=incident.id)


async def _corrected(
    incident_id: UUID, body: CorrectIncidentForm, actor: Who, service: Running
) -> Incident | None:
    async with service.database.transaction(actor.origin()) as tx:
        incident = await incidents.get_own(tx, actor, incident_id)
    if not incident.passes(IncidentVerb.CORRECT):
        return None
    made = await _incident(service, body, incident_id, incident.organisation, incident.revision + 1)
    made.version = incident.version
    return made


@router.put(INCIDENT, summary="Correct an incident, or with whom it is shared, with the reason")
async def correct_incident(
    incident_id: UUID,
    body: CorrectIncidentForm,
    actor: Who,
    seen: Seen,
    corrected: Annotated[Incident | None, Depends(_corrected)],
    tx: Tx,
    service: Running,
    response: Response,
) -> Done:
    incident = await incident_use_cases.correct_incident(
        tx, actor, incident_id, seen, corrected, body.reason, service.today()
    )
    return done(tx, response, incident_id, incident.version)


@router.post(f"{INCIDENT}/merge", summary="Say that an incident of yours is the same as another")
async def merge_incident(
    incident_id: UUID, body: MergeForm, actor: Who, seen: IfMatch, tx: Tx, response: Response
) -> Done:
    incident = await incident_use_cases.merge_incident(tx, actor, incident_id, seen, body.into)
    return done(tx, response, incident_id, incident.version)


@router.post(f"{INCIDENT}/separate", summary="Take back that an incident is the same as another")
async def separate_incident(incident_id: UUID, actor: Who, seen: IfMatch, tx: Tx, response: Response) -> Done:
    incident = await incident_use_cases.separate_incident(tx, actor, incident_id, seen)
    return done(tx, response, incident_id, incident.version)


@router.post(
    f"{INCIDENT}/cases", status_code=201, summary="Link an incident to a case of yours; nobody else sees it"
)
async def link_incident(incident_id: UUID, body: LinkForm, actor: Who, tx: Tx, response: Response) -> Done:
    incident = await incident_use_cases.link_incident(tx, actor, incident_id, body.case_id)
    where = f"/v1/incidents/{incident_id}"
    return done(tx, response, incident_id, incident.version, status=201, location=where)


@router.delete(f"{INCIDENT}/cases/{{case_id}}", summary="Take back that an incident has to do with a case")
async def unlink_incident(incident_id: UUID, case_id: UUID, actor: Who, tx: Tx, response: Response) -> Done:
    incident = await incident_use_cases.unlink_incident(tx, actor, incident_id, case_id)
    return done(tx, response, incident_id, incident.version)


class IncidentTrends(BaseModel):
    """The incidents of a month that are shared with all, as they were counted once."""

    month: str
    at_least: int
    counted_at: datetime
    tables: list[MonthTableView]


@router.get(
    "/trends/{month}",
    summary="Shared incidents of a month by kind and province, for who shares; small cells are hidden",
)
async def get_trends(month: MonthName, actor: Who, running: Running) -> IncidentTrends:
    require(actor, incidents.READ, organisation=actor.organisation)
    zone = running.settings.zone
    async with running.database.transaction(actor.origin()) as tx:
        if not await incidents.shares(tx, actor.organisation):
            raise Forbidden("trends are for organisations that share what they know")
        wanted = settled_month(month, tx.now, zone)
        tx.say(LogReadV1(view="incidents", since=wanted.begins(zone)))

    async def count() -> Mapping[str, ShownTable]:
        async with running.database.transaction(running.database.system()) as tx:
            found = await incidents.counted(tx, wanted.first, wanted.following.first)
        return tables(found, running.settings.country.provinces)

    found = await incidents.KEPT.counted(running.database, wanted, NAMES, count)
    return IncidentTrends(month=month, at_least=K, counted_at=found[0].counted_at, tables=month_tables(found))
