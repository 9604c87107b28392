"""Routes that every service has: health, and the worklist of work that failed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis.database import Database
from chassis.directory import NOT_ARRIVED, has_arrived
from chassis.endings import within
from chassis.identity.access import permitted, require
from chassis.identity.auth import Actor, as_it_counts
from chassis.own_tables import WorkState
from chassis.problems import NotFound
from chassis.web.http import Done, Listing, Page, Tx, Who, done, following
from chassis.web.moves import MoveView, Offer, offered
from chassis.web.positions import positioned
from chassis.web.reasons import ReasonedCommand, log_operation
from chassis.work import retry_failed

ANSWER_SECONDS = 3.0
DATABASE, DIRECTORY = "database", "directory"
UNKNOWN_ROLES = frozenset({DATABASE, DIRECTORY})
"""The problems with which nobody's roles are known."""

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    status: str
    problems: dict[str, str] = {}
    degraded: dict[str, str] = {}


@router.get("/health/live", summary="The process answers")
async def get_liveness() -> Health:
    return Health(status="ok")


@router.get(
    "/health/ready",
    summary="The service can do its work; else 503 and, for an operator, what is wrong",
    responses={503: {"model": Health, "description": "it cannot"}},
)
async def get_readiness(request: Request, response: Response) -> Health:
    """Names of topics and partners are for readers of the worklists alone; on a developer's machine for everybody."""
    service = request.app.state.service
    problems, degraded = await service.problems(), service.degraded()
    if problems:
        response.status_code = 503
    status = "failing" if problems else "degraded" if degraded else "ok"
    if service.settings.mode == "production" and not await _is_told(request, problems):
        return Health(status=status)
    return Health(status=status, problems=dict(problems), degraded=dict(degraded))


async def _is_told(request: Request, problems: Mapping[str, str]) -> bool:
    """True for whoever may read the worklists with the roles that count now; for nobody while these cannot be looked up."""
    actor: Actor | None = getattr(request.state, "actor", None)
    if actor is None or problems.keys() & UNKNOWN_ROLES:
        return False
    return permitted(await as_it_counts(request.app.state.database, actor), "work.read")


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> dict[str, Any]:
    """The routes that people may call. Calls between services are nobody else's business."""
    document = request.app.openapi()
    paths = {path: item for path, item in document["paths"].items() if not path.startswith("/internal/")}
    return {**document, "paths": paths}


class StuckWork(BaseModel):
    id: UUID
    kind: str
    attempts: int
    last_error: str | None
    moves: list[MoveView] = []


@router.get("/v1/work", summary="Work that failed for good and waits for an operator")
async def list_failed_work(actor: Who, tx: Tx, page: Page, request: Request) -> Listing[StuckWork]:
    require(actor, "work.read")
    (after,) = positioned(page.after, UUID) or (UUID(int=0),)
    rows = (
        await tx.execute(
            text(
                "select id, kind, attempts, last_error from chassis.work"
                f" where state = '{WorkState.FAILED}' and id > cast(:after as uuid) order by id limit :limit"
            ),
            {"after": after, "limit": page.limit},
        )
    ).all()
    items = [StuckWork.model_validate(row, from_attributes=True) for row in rows]
    for item in items:
        item.moves = offered(request, actor, Offer("retry_work", "work.retry"), work_id=item.id)
    return Listing(items=items, next=following(items, page, "id"))


@router.post("/v1/work/{work_id}/retry", summary="Try failed work again from its first attempt")
async def retry_work(work_id: UUID, body: ReasonedCommand, actor: Who, tx: Tx, response: Response) -> Done:
    require(actor, "work.retry")
    if not await retry_failed(tx, work_id):
        raise NotFound
    log_operation(tx, "retry_work", body, target_id=work_id)
    return done(tx, response, work_id)


async def database_problems(database: Database) -> dict[str, str]:
    """Whatever keeps the database from its part: it does not answer, or does not hold yet who may be let in."""
    try:
        if not await within(ANSWER_SECONDS, _ask(database)):
            return {DATABASE: f"PostgreSQL does not answer within {ANSWER_SECONDS:.0f} s"}
        arrived = await has_arrived(database)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return {DATABASE: f"PostgreSQL does not answer ({type(error).__name__})"}
    return {} if arrived else {DIRECTORY: f"{NOT_ARRIVED}: nobody is let in"}


async def _ask(database: Database) -> None:
    async with database.engine.connect() as conn:
        await conn.execute(text("select 1"))
