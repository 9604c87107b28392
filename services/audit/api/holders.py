"""Routes for whoever holds a case: its timeline, and who has seen her data."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from chassis.identity.access import require_case
from chassis.service import Running
from chassis.web.code_lists import AcceptLanguage, preferred
from chassis.web.http import Listing, Page, Tx, Who, following
from chassis.web.positions import instant, number, positioned
from contracts.codes import codes, labels
from contracts.events.access import RecordReadV1
from contracts.types import Code, Pseudonym
from services.audit.domain.sought import Sought
from services.audit.domain.timeline import TIMELINE, Detail, TimelineEntry, merge
from services.audit.queries import happened, readings
from services.audit.search_queries import require_known

router = APIRouter(tags=["rights"])


class DetailView(BaseModel):
    """A code that goes with it: `label` in the language that was asked for, as far as the list has the code."""

    name: str
    code_list: str
    code: str
    label: str


class TimelineEntryView(BaseModel):
    """One thing that happened. `elsewhere`: the other half, or whoever received something, told it to this cell; `service` is the
    one that wrote it down here, `cell` the country where it happened.
    """

    entry: int
    at: datetime
    code: Annotated[str, Code("timeline")]
    label: str
    elsewhere: bool
    service: str
    cell: str
    organisation: str
    by: Annotated[
        str | None,
        Field(description="null where it would tell who works on a case that is linked with this one"),
    ]
    subject_id: str | None
    details: list[DetailView]


@router.get(
    "/v1/cases/{case_id}/timeline",
    summary="What happened in a case, both halves by time, and from where it is known; the reading is logged",
)
async def list_timeline_entries(
    case_id: UUID,
    actor: Who,
    tx: Tx,
    page: Page,
    running: Running,
    response: Response,
    accept_language: AcceptLanguage = None,
) -> Listing[TimelineEntryView]:
    await require_case(tx, actor, "timeline.read", case_id)
    language = preferred(accept_language)
    whole = merge(await happened(tx, case_id), running.settings.cell)
    after = positioned(page.after, instant, number)
    rest = whole if after is None else [one for one in whole if (one.at, one.entry) > after]
    shown = [_view(one, language) for one in rest[: page.limit]]
    tx.say(RecordReadV1(case_id=case_id, resource="timeline"))
    response.headers.update({"Content-Language": language, "Vary": "Accept-Language"})
    return Listing(items=shown, next=following(shown, page, "at", "entry"))


def _view(one: TimelineEntry, language: str) -> TimelineEntryView:
    return TimelineEntryView(
        entry=one.entry,
        at=one.at,
        code=one.code,
        label=_label(TIMELINE, one.code, language),
        elsewhere=one.elsewhere,
        service=one.service,
        cell=one.cell,
        organisation=one.organisation,
        by=one.by,
        subject_id=one.subject_id,
        details=[_detail(detail, language) for detail in one.details],
    )


def _detail(one: Detail, language: str) -> DetailView:
    label = _label(one.code_list, one.code, language)
    return DetailView(name=one.name, code_list=one.code_list, code=one.code, label=label)


def _label(name: str, code: str, language: str) -> str:
    """A code that this version does not know is shown as it is."""
    return labels(name, language)[code] if code in codes(name) else code


class ReadingView(BaseModel):
    """One reading, or with `allowed: false` an attempt that was refused; `count` of a flood of attempts. `actor` is a member of
    staff or, as `service:…` and `system:…`, a part of this program that did something on somebody's behalf.
    """

    entry: int
    time: datetime
    actor: str
    organisation: str
    purpose: str
    service: str
    allowed: bool
    resource: Annotated[str, Code("resource")] | None
    fields: list[str]
    action: str | None
    count: int


@router.get(
    "/v1/cases/{case_id}/readings",
    summary="Who has read about her, when, what and to what end, and who tried and was refused; newest first",
)
async def list_readings(
    case_id: UUID,
    actor: Who,
    tx: Tx,
    page: Page,
    by: Annotated[Pseudonym | None, Query(alias="actor", description="only of this person")] = None,
    allowed: Annotated[bool | None, Query(description="only readings, or only refused attempts")] = None,
) -> Listing[ReadingView]:
    """404 for somebody of whom nothing was ever logged: an empty page would say that they have not looked."""
    await require_case(tx, actor, "seen.read", case_id)
    await require_known(tx, Sought(actor=by))
    (before,) = positioned(page.after, number) or (None,)
    rows = await readings(tx, case_id, by=by, allowed=allowed, before=before, limit=page.limit)
    tx.say(RecordReadV1(case_id=case_id, resource="readings"))
    items = [
        ReadingView(
            entry=row.entry,
            time=row.time,
            actor=row.actor,
            organisation=row.organisation,
            purpose=row.purpose,
            service=row.source.rpartition("/")[2],
            allowed=row.allowed,
            resource=row.details.get("resource"),
            fields=row.details.get("fields", []),
            action=row.details.get("action"),
            count=row.details.get("count", 1),
        )
        for row in rows
    ]
    return Listing(items=items, next=following(items, page, "entry"))
