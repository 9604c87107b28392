"""The routes of a request for a return, the worklist, and one return."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from chassis.database import Transaction
from chassis.identity.access import find_person, require, rights_in
from chassis.identity.auth import Actor
from chassis.identity.closed import is_closed
from chassis.web.http import Done, Page, Tx, Who, done, etag, following
from chassis.web.listing import CountedListing, CountQuery, Order, SortQuery
from chassis.web.moves import Offer
from chassis.web.named import require_named
from chassis.web.positions import position
from chassis.web.worklist import RowQuery, count_of, page_of
from contracts.events.access import RecordReadV1
from contracts.form import Form
from contracts.types import CaseId, Cell, OrganisationId
from services.returns import queries, use_cases
from services.returns.domain.assisted_return import Return
from services.returns.domain.blocks import blocks
from services.returns.domain.case import CaseKnowledge
from services.returns.domain.states import WEIGHED, Half
from services.returns.parts import Running
from services.returns.sealing import open_grounds, opened
from services.returns.store import known, returns

router = APIRouter(prefix="/v1/returns", tags=["returns"])

HalfQuery = Annotated[
    Half | None, Query(description="where she leaves or where she arrives; default: your organisation's")
]


class ReturnForm(Form):
    case_id: CaseId
    receiver: OrganisationId
    receiver_cell: Cell


@router.post("", status_code=201, summary="Ask for an assisted voluntary return")
async def request_return(body: ReturnForm, actor: Who, tx: Tx, response: Response) -> Done:
    requested = await use_cases.request_return(tx, actor, body.case_id, body.receiver, body.receiver_cell)
    location = f"/v1/returns/{requested.id}"
    return done(tx, response, requested.id, requested.version, status=201, location=location)


@router.get("", summary="Your organisation's returns on cases that you may read")
async def list_returns(
    actor: Who,
    tx: Tx,
    running: Running,
    page: Page,
    filters: Annotated[queries.ReturnFilters, Depends()],
    sort: SortQuery = Order.NEWEST,
    count: CountQuery = False,
) -> CountedListing[queries.ListedReturn]:
    require(actor, "return.read", organisation=actor.organisation)
    asked = RowQuery(filters.asked(), sort)
    items = await page_of(tx, actor, queries.WORKLIST, asked, after=position(page.after), limit=page.limit)
    await require_named(tx, actor, "return.read", asked.filters, items, page)
    request = Offer("request_return", use_cases.REQUEST, not await is_closed(tx, filters.case_id))
    return CountedListing(
        items=items,
        next=following(items, page, "sorted_at", "return_id"),
        moves=running.commands.open([request], await rights_in(tx, actor, filters.case_id)),
        count=await count_of(tx, actor, queries.WORKLIST, asked) if count else None,
    )


@router.get("/{return_id}", summary="One half of a return, and what stands in its way; the reading is logged")
async def get_return(
    return_id: UUID, actor: Who, running: Running, response: Response, half: HalfQuery = None
) -> queries.ReturnView:
    """Read in one transaction; sealed values are opened when it has ended, to compute the blocks."""
    async with running.database.transaction(actor.origin()) as tx:
        meant, case_id = await returns.half_of(tx, actor, "return.read", return_id, half)
        view = await queries.assisted_return(tx, return_id, meant)
        found, case = await returns.read(tx, return_id, meant), await known.of_case(tx, case_id)
        listed, permitted = await use_cases.is_listed(tx, found), await rights_in(tx, actor, case_id)
        person_id = await find_person(tx, case_id)
        _read(tx, case_id, return_id)
    response.headers["ETag"] = etag(view.version)
    codes = await _blocks(running, actor, found, case, person_id, listed=listed)
    view.blocks = queries.block_views(found, case, codes, running.clock())
    view.moves = queries.moves(found, actor, running.commands, permitted, codes)
    return view


async def _blocks(
    running: Running,
    actor: Actor,
    found: Return,
    case: CaseKnowledge,
    person_id: UUID | None,
    *,
    listed: bool,
) -> tuple[str, ...]:
    """The codes that would stand in the way of a clearance or departure by this actor, now."""
    if found.half is not Half.SENDING or found.state not in WEIGHED:
        return ()
    knowledge = use_cases.knowledge(case, await opened(running, found, case, person_id), listed=listed)
    country, now = running.parts.country, running.clock()
    clearer = actor.subject if found.clearer is None else found.clearer
    return blocks(found, knowledge, country.rules, country.moment(now, now, clearer))


@router.get("/{return_id}/assessment", summary="The risk assessment with its grounds; the reading is logged")
async def get_assessment(
    return_id: UUID, actor: Who, running: Running, half: HalfQuery = None
) -> queries.AssessmentView:
    """Read in one transaction; sealed grounds are opened when it has ended."""
    async with running.database.transaction(actor.origin()) as tx:
        meant, case_id = await returns.half_of(tx, actor, "return.read", return_id, half)
        view = await queries.assessment(tx, return_id, meant)
        person_id = await find_person(tx, case_id)
        _read(tx, case_id, return_id)
    grounds = await open_grounds(running, person_id, return_id, view.grounds)
    return view.model_copy(update={"grounds": grounds})


def _read(tx: Transaction, case_id: UUID, return_id: UUID) -> None:
    tx.say(RecordReadV1(case_id=case_id, resource="return", resource_id=return_id))
