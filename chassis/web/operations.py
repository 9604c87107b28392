"""Routes that every service has: health, and the worklist of what stands still."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis.database import Database
from chassis.endings import within
from chassis.events.consumer import list_parked, replay_stream
from chassis.identity.access import permitted, require, rights_of
from chassis.identity.auth import Actor
from chassis.problems import NotFound
from chassis.web.http import Done, Listing, Page, Tx, Who, cursor, done
from chassis.web.moves import Commands, MoveView, Offer
from chassis.web.positions import instant, number, positioned
from chassis.work import retry_failed

ANSWER_SECONDS = 3.0

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    status: str
    problems: dict[str, str] = {}
    degraded: dict[str, str] = {}


@router.get("/health/live", summary="The process answers")
async def get_liveness() -> Health:
    return Health(status="ok")


@router.get(
    "/health/ready", summary="The service can do its work; else 503 and, for an operator, what is wrong"
)
async def get_readiness(request: Request, response: Response) -> Health:
    """Names of topics and partners are for whoever may read the worklists; on a developer's machine for everybody."""
    service = request.app.state.service
    problems, degraded = await service.problems(), service.degraded()
    if problems:
        response.status_code = 503
    status = "failing" if problems else "degraded" if degraded else "ok"
    actor: Actor | None = getattr(request.state, "actor", None)
    if service.settings.mode == "production" and (actor is None or not permitted(actor, "work.read")):
        return Health(status=status)
    return Health(status=status, problems=dict(problems), degraded=dict(degraded))


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> dict[str, Any]:
    """What people may call. Calls between services are nobody else's business."""
    document = request.app.openapi()
    paths = {path: item for path, item in document["paths"].items() if not path.startswith("/internal/")}
    return {**document, "paths": paths}


class ParkedEvent(BaseModel):
    source: str
    stream: str
    sequence: int
    topic: str
    reason: str
    state: str
    moves: list[MoveView] = []


@router.get("/v1/parked", summary="Events that wait for an operator, oldest first")
async def list_parked_events(actor: Who, tx: Tx, page: Page, request: Request) -> Listing[ParkedEvent]:
    require(actor, "parked.read")
    positioned(page.after, instant, str, str, number)
    rows, position = await list_parked(tx, page.limit, page.after)
    items = [ParkedEvent.model_validate(row, from_attributes=True) for row in rows]
    replay = Offer("replay_parked_stream", "parked.replay")
    for item in items:
        item.moves = _commands(request).open([replay], rights_of(actor))
    return Listing(items=items, next=cursor(*position) if position else None)


def _commands(request: Request) -> Commands:
    commands: Commands = request.app.state.service.commands
    return commands


class Replay(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: Annotated[str, Field(max_length=80)]
    stream: Annotated[str, Field(max_length=120)]
    over_gap: Annotated[bool, Field(description="accept that events before a gap will never come")] = False


class Replayed(BaseModel):
    replayed: int
    still_parked: int


@router.post(
    "/v1/parked/replay", summary="Try a parked stream again, in order; it stays parked if it fails again"
)
async def replay_parked_stream(body: Replay, request: Request, actor: Who) -> Replayed:
    require(actor, "parked.replay")
    handled, left = await replay_stream(
        request.app.state.service, body.source, body.stream, over_gap=body.over_gap
    )
    return Replayed(replayed=handled, still_parked=left)


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
                " where state = 'failed' and id > cast(:after as uuid) order by id limit :limit"
            ),
            {"after": after, "limit": page.limit},
        )
    ).all()
    items = [StuckWork.model_validate(row, from_attributes=True) for row in rows]
    retry = Offer("retry_work", "work.retry")
    for item in items:
        item.moves = _commands(request).open([retry], rights_of(actor), work_id=item.id)
    return Listing(items=items, next=cursor(rows[-1].id) if len(rows) == page.limit else None)


@router.post("/v1/work/{work_id}/retry", summary="Try failed work again from its first attempt")
async def retry_work(work_id: UUID, actor: Who, tx: Tx, response: Response) -> Done:
    require(actor, "work.retry")
    if not await retry_failed(tx, work_id):
        raise NotFound
    return done(tx, response, work_id)


async def database_problem(database: Database) -> str | None:
    try:
        answered = await within(ANSWER_SECONDS, _ask(database))
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        return f"PostgreSQL does not answer ({type(error).__name__})"
    return None if answered else f"PostgreSQL does not answer within {ANSWER_SECONDS:.0f} s"


async def _ask(database: Database) -> None:
    async with database.engine.connect() as conn:
        await conn.execute(text("select 1"))
