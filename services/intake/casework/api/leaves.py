"""Routes: a leave, from a day to a day, and who covers; and which cases the cover does not see."""

from datetime import date, datetime, time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from chassis.clock import day_of
from chassis.identity.access import permitted, require, rights_of
from chassis.identity.auth import Actor
from chassis.problems import Invalid
from chassis.service import Running, Service
from chassis.web.http import Done, IfMatch, Listing, Page, Tx, Who, done, following
from chassis.web.moves import MoveView, Offer
from chassis.web.positions import position
from contracts.form import Form
from contracts.types import Code, KnownCode, Pseudonym
from services.intake.casework import leave_use_cases, queries
from services.intake.casework.api.tasks import MOMENT, end_of
from services.intake.casework.domain.leave import MOVES, Absence, LeaveVerb
from services.intake.casework.leave_use_cases import PLAN, SUPERVISE

router = APIRouter(prefix="/v1/leaves", tags=["leaves"])
LEAVE = "/{leave_id}"
ROUTES = {
    LeaveVerb.END: "end_leave",
    LeaveVerb.LEAVE_OUT: "exclude_case",
    LeaveVerb.PUT_BACK: "include_case",
}


class LeaveForm(Form):
    """Days of the place, the first and the last of them included. Two who cover are two leaves."""

    worker: Annotated[Pseudonym | None, Field(description="who is away; you, where nobody is named")] = None
    cover: Annotated[Pseudonym, Field(description="who has their cases and tasks meanwhile")]
    first_day: date
    last_day: date

    def absence(self, actor: Actor, service: Service) -> Absence:
        zone = service.settings.zone
        try:
            starts_at = datetime.combine(self.first_day, time.min, zone)
        except (OverflowError, ValueError):
            errors = [{"loc": ["body", "first_day"], "msg": "beyond the calendar", "code": "too-far"}]
            raise Invalid(errors=errors) from None
        return Absence(
            self.worker or actor.subject, self.cover, starts_at, end_of(self.last_day, service, "last_day")
        )


class CoveredCaseForm(Form):
    case_id: UUID


class LeaveView(BaseModel):
    """`left_out`: the cases that the cover does not see, of whichever leave, and with each whoever is linked with it as a
    dependant, and those that are merged with it; a supervisor who does not cover is shown them.
    """

    id: UUID
    worker: str
    cover: str
    first_day: date
    last_day: date
    state: Annotated[str, Code("leave_state")]
    ended_at: datetime | None
    left_out: list[UUID]
    version: int
    moves: list[MoveView]


@router.post("", status_code=201, summary="Say from when to when somebody is away, and who covers for them")
async def plan_leave(
    body: LeaveForm, request: Request, actor: Who, tx: Tx, service: Running, response: Response
) -> Done:
    key = request.headers.get("idempotency-key")
    leave_id = await service.own_key.identifier("leave", actor.issuer, actor.subject, key)
    leave = await leave_use_cases.plan_leave(tx, actor, leave_id, body.absence(actor, service))
    return done(tx, response, leave.id, leave.version, status=201, location="/v1/leaves")


@router.get("", summary="Leaves that are yours or that you cover; for a supervisor those of everybody")
async def list_leaves(
    actor: Who,
    tx: Tx,
    service: Running,
    page: Page,
    response: Response,
    state: Annotated[
        Annotated[str, KnownCode("leave_state")] | None,
        Query(description="only these"),
    ] = None,
) -> Listing[LeaveView]:
    require(actor, PLAN, organisation=actor.organisation)
    supervises = permitted(actor, SUPERVISE)
    rows = await queries.leaves(tx, actor, state, position(page.after), page.limit, everybody=supervises)
    response.headers["Cache-Control"] = "no-store"
    moves = service.commands.open([Offer("plan_leave", PLAN)], rights_of(actor))
    items = [_view(row, actor, service, supervises=supervises) for row in rows]
    return Listing(items=items, next=following(rows, page, "starts_at", "id"), moves=moves)


def _view(row: queries.LeaveRow, actor: Actor, service: Service, *, supervises: bool) -> LeaveView:
    zone = service.settings.zone
    own, covers = row.worker == actor.subject, row.cover == actor.subject
    verbs = MOVES[row.state] & {LeaveVerb.END} if covers else MOVES[row.state]
    offers = [
        Offer(ROUTES[verb], PLAN if own and verb is LeaveVerb.END else SUPERVISE, verb in verbs)
        for verb in LeaveVerb
    ]
    return LeaveView(
        id=row.id,
        worker=row.worker,
        cover=row.cover,
        first_day=day_of(row.starts_at, zone),
        last_day=day_of(row.ends_at - MOMENT, zone),
        state=row.state,
        ended_at=row.ended_at,
        left_out=list(row.left_out) if supervises and not covers else [],
        version=row.version,
        moves=service.commands.open(offers, rights_of(actor), leave_id=row.id),
    )


@router.post(LEAVE + "/end", summary="End a leave now: whoever covered sees the cases no longer")
async def end_leave(leave_id: UUID, actor: Who, tx: Tx, seen: IfMatch, response: Response) -> Done:
    leave = await leave_use_cases.end_leave(tx, actor, leave_id, seen)
    return done(tx, response, leave_id, leave.version)


@router.post(LEAVE + "/exclude", summary="Leave a case out: whoever covers does not see it")
async def exclude_case(leave_id: UUID, body: CoveredCaseForm, actor: Who, tx: Tx, response: Response) -> Done:
    leave = await leave_use_cases.decide_cover(tx, actor, leave_id, body.case_id, left_out=True)
    return done(tx, response, leave_id, leave.version)


@router.post(LEAVE + "/include", summary="Put a case back that was left out")
async def include_case(
    leave_id: UUID, body: CoveredCaseForm, actor: Who, tx: Tx, seen: IfMatch, response: Response
) -> Done:
    leave = await leave_use_cases.decide_cover(tx, actor, leave_id, body.case_id, left_out=False, seen=seen)
    return done(tx, response, leave_id, leave.version)
