"""Asking the partner's auditor for the other half of a case, taking that back, and answering theirs. Every reading is logged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from chassis.database import Transaction
from chassis.identity.access import require, rights_of
from chassis.identity.references import references_of
from chassis.problems import NotFound
from chassis.service import Running
from chassis.web.http import Done, IfMatch, Listing, Page, Tx, Who, done, etag, following
from chassis.web.moves import Moves, Offer
from chassis.web.positions import position
from contracts.border.extract import MAX_ABOUT, MOST_ENTRIES
from contracts.casefile.reference import ShownReference
from contracts.events.access import LogReadV1, RecordReadV1
from contracts.form import Form
from contracts.types import Cell, Code, KnownCode
from services.audit import use_cases
from services.audit.api.trails import open_trail
from services.audit.domain.account import Direction
from services.audit.domain.extract import ExtractCase, ExtractState, Refusal
from services.audit.domain.other_half import ShownEntry
from services.audit.domain.sought import Sought
from services.audit.search_queries import require_known
from services.audit.store import extracts, matters
from services.audit.store.extracts import ExtractsSought
from services.audit.store.log import head
from services.audit.use_cases import ExtractQuestion, SeenEntries

router = APIRouter(tags=["audit"])

ASK, ANSWER = "extract.request", "extract.answer"
Reason = Annotated[str, KnownCode("extract_reason")]
Number = Annotated[int, Field(ge=1, lt=2**53)]


class ExtractView(BaseModel):
    """A request: `out`, ours; `in`, the partner's, of which no case is known until an auditor has looked."""

    id: UUID
    version: int
    direction: Direction
    partner: str
    case_id: UUID | None
    case_reference: ShownReference
    about: list[UUID]
    reason: Annotated[str, Code("extract_reason")]
    state: Annotated[ExtractState, Code("extract_state")]
    refusal: Annotated[str, Code("extract_refusal")] | None
    asked_at: datetime
    asked_by: str | None
    due_at: datetime
    overdue: bool
    answered_at: datetime | None
    answered_by: str | None
    withheld: Annotated[int, Field(description="entries about the same that were not released")]


class ReleasableEntry(BaseModel):
    """An entry as the partner's auditor sees it, or would; `case_id` is what is not told."""

    entry: int
    at: datetime
    event: str
    about: UUID
    role: Annotated[str, Code("recipient_role")] | None
    code: str | None
    hash: str
    case_id: UUID
    released: bool


class ExtractInFull(ExtractView):
    """A request, and of the partner's also what it is, or was, answered with, up to a position of the log."""

    position: int
    entries: list[ReleasableEntry]
    moves: Moves


@dataclass(frozen=True, slots=True)
class ExtractsQuery:
    """The filters of the requests; each that is given must hold."""

    direction: Annotated[Direction | None, Query(description="out: ours; in: the partner's")] = None
    state: Annotated[ExtractState | None, Query(description="only those in this state")] = None
    partner: Annotated[Cell | None, Query(description="only those with this cell")] = None
    case_id: Annotated[UUID | None, Query(description="only ours about this case")] = None
    overdue: Annotated[
        bool | None, Query(description="only those whose time to answer is over, or is not")
    ] = None

    def sought(self) -> ExtractsSought:
        return ExtractsSought(self.direction, self.state, self.partner, self.case_id, self.overdue)


@router.get(
    "/v1/extracts", summary="Requests for the other half of a case, ours and the partner's, the oldest first"
)
async def list_extracts(
    actor: Who, tx: Tx, running: Running, page: Page, query: Annotated[ExtractsQuery, Depends()]
) -> Listing[ExtractView]:
    """404 for a case of which nothing was ever logged, and for a partner that this cell never had: an empty page would say that nothing
    was asked.
    """
    require(actor, "trail.read")
    await require_known(tx, Sought(case_id=query.case_id))
    found = await extracts.oldest(tx, query.sought(), position(page.after), page.limit)
    if not found:
        await matters.require_partner(tx, actor.cell, query.partner)
    tx.say(LogReadV1(view="extracts", sought_case=query.case_id, sought_cell=query.partner))
    _say_read(tx, [query.case_id] if found else [])
    items = await _views(tx, found)
    moves = running.commands.open([Offer("request_extract", ASK)], rights_of(actor))
    return Listing(items=items, next=following(items, page, "asked_at", "id"), moves=moves)


class ExtractForm(Form):
    """The question. Without `about`, everything of the case that crossed; without `partner`, the only one there is."""

    case_id: UUID
    reason: Reason
    partner: Cell | None = None
    about: Annotated[list[UUID] | None, Field(min_length=1, max_length=MAX_ABOUT)] = None


@router.post(
    "/v1/extracts",
    summary="Ask the partner's auditor for the other half of a case; a person there releases or refuses",
    status_code=201,
)
async def request_extract(body: ExtractForm, actor: Who, tx: Tx, response: Response) -> Done:
    """404 for a matter that never crossed to or from that partner in this case, 503 for one that is on its way; 422 where no agreement allows it for this reason."""
    require(actor, ASK)
    await open_trail(tx, actor, body.case_id)
    question = ExtractQuestion(body.case_id, body.reason, body.partner, body.about)
    asked = await use_cases.request_extract(tx, actor, question)
    return done(tx, response, asked, 1, status=201, location=f"/v1/extracts/{asked}")


@router.get(
    "/v1/extracts/{request_id}",
    summary="One request; of the partner's exactly the entries that would be released, or were",
)
async def get_extract(
    request_id: UUID, actor: Who, tx: Tx, running: Running, response: Response
) -> ExtractInFull:
    require(actor, "trail.read")
    found = await extracts.get(tx, request_id)
    if found is None:
        raise NotFound
    tx.say(LogReadV1(view="extracts", sought_id=request_id))
    until, _ = await head(tx)
    shown = await use_cases.candidates(tx, found, until) if found.direction is Direction.IN else []
    _say_read(tx, [found.case_id, *sorted({UUID(one.stream) for one in shown})])
    response.headers["ETag"] = etag(found.version)
    [view] = await _views(tx, [found])
    return ExtractInFull(
        **view.model_dump(),
        position=until,
        entries=[_entry(one, found) for one in shown],
        moves=running.commands.open(_offers(found, shown), rights_of(actor), request_id=request_id),
    )


def _say_read(tx: Transaction, cases: Iterable[UUID | None]) -> None:
    """A reading of what is about a case stands on its trail."""
    for case_id in cases:
        if case_id is not None:
            tx.say(RecordReadV1(case_id=case_id, resource="trail"))


def _offers(found: ExtractCase, shown: Sequence[ShownEntry]) -> list[Offer]:
    if found.direction is Direction.OUT:
        return [Offer("withdraw_extract", ASK, found.may("withdraw"))]
    return [
        Offer("release_extract", ANSWER, found.may("release") and bool(shown)),
        Offer("refuse_extract", ANSWER, found.may("refuse")),
    ]


@router.post(
    "/v1/extracts/{request_id}/withdraw",
    summary="Take back a request of ours; the partner is told, and what it answered meanwhile is not shown among the halves",
)
async def withdraw_extract(request_id: UUID, actor: Who, tx: Tx, seen: IfMatch, response: Response) -> Done:
    require(actor, ASK)
    version = await use_cases.withdraw_extract(tx, request_id, seen)
    return done(tx, response, request_id, version)


class ReleaseForm(Form):
    """The release of what was seen: `position` of the view, so that no entry that came later goes with it."""

    position: Number
    withheld: Annotated[list[Number], Field(max_length=MOST_ENTRIES)] = []


@router.post(
    "/v1/extracts/{request_id}/release",
    summary="Release the entries that were seen, or a part of them, to the partner's auditor",
)
async def release_extract(
    request_id: UUID, body: ReleaseForm, actor: Who, tx: Tx, seen: IfMatch, response: Response
) -> Done:
    require(actor, ANSWER)
    shown = SeenEntries(body.position, body.withheld)
    version = await use_cases.release_extract(tx, actor, request_id, shown, seen)
    return done(tx, response, request_id, version)


class RefusalForm(Form):
    reason: Refusal


@router.post(
    "/v1/extracts/{request_id}/refuse",
    summary="Release nothing; the partner's auditor is told the code of the reason",
)
async def refuse_extract(
    request_id: UUID, body: RefusalForm, actor: Who, tx: Tx, seen: IfMatch, response: Response
) -> Done:
    require(actor, ANSWER)
    version = await use_cases.refuse_extract(tx, actor, request_id, body.reason, seen)
    return done(tx, response, request_id, version)


async def _views(tx: Transaction, found: Sequence[ExtractCase]) -> list[ExtractView]:
    named = await references_of(tx, [one.case_id for one in found if one.case_id is not None])
    return [
        ExtractView(
            id=one.id,
            version=one.version,
            direction=one.direction,
            partner=one.partner,
            case_id=one.case_id,
            case_reference=None if one.case_id is None else named.get(one.case_id),
            about=list(one.about),
            reason=one.reason,
            state=one.state,
            refusal=one.refusal,
            asked_at=one.asked_at,
            asked_by=one.asked_by,
            due_at=one.due_at,
            overdue=one.overdue(tx.now),
            answered_at=one.answered_at,
            answered_by=one.answered_by,
            withheld=one.withheld,
        )
        for one in found
    ]


def _entry(one: ShownEntry, asked: ExtractCase) -> ReleasableEntry:
    return ReleasableEntry(
        entry=one.entry,
        at=one.at,
        event=one.event,
        about=one.about,
        role=one.role,
        code=one.code,
        hash=one.hash,
        case_id=UUID(one.stream),
        released=one.entry in asked.chosen,
    )
