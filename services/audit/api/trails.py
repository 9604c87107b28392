"""The trail of one case, and what operators did."""

from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from chassis.database import Transaction
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.problems import NotFound
from chassis.web.http import Listing, Page, Tx, Who, following
from chassis.web.positions import number, positioned
from contracts.events.access import LogReadV1, RecordReadV1
from contracts.types import EventType, GivenInstant, Pseudonym
from services.audit.domain.sought import Sought
from services.audit.queries import TrailEntry, logged, operations, trail
from services.audit.search_queries import require_known

router = APIRouter(tags=["audit"])


async def open_trail(tx: Transaction, actor: Actor, case_id: UUID) -> None:
    """Whoever may reads what is logged on this case, in whichever form, and that is logged. Raises NotFound."""
    require(actor, "trail.read")
    if not await logged(tx, case_id):
        raise NotFound
    tx.say(RecordReadV1(case_id=case_id, resource="trail"))


@dataclass(frozen=True, slots=True)
class TrailFilters:
    """The filters of a trail; each that is given must hold."""

    type: Annotated[
        EventType | None, Query(description="only entries of this event, for example `record.read.v1`")
    ] = None
    actor: Annotated[Pseudonym | None, Query(description="only what this actor did or read")] = None
    since: Annotated[GivenInstant | None, Query(alias="from", description="at this instant or later")] = None
    until: Annotated[GivenInstant | None, Query(alias="to", description="before this instant")] = None

    def asked(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@router.get(
    "/v1/trails/{case_id}", summary="Everything logged on one case, oldest first; the reading is logged too"
)
async def list_trail_entries(
    case_id: UUID, actor: Who, tx: Tx, page: Page, filters: Annotated[TrailFilters, Depends()]
) -> Listing[TrailEntry]:
    """404 where nothing was ever logged of this case, actor or event: an empty page would look like "nothing happened"."""
    await open_trail(tx, actor, case_id)
    await require_known(tx, Sought(actor=filters.actor, type=filters.type))
    (after,) = positioned(page.after, number) or (0,)
    entries = await trail(tx, case_id, filters.asked(), after, page.limit)
    return Listing(items=entries, next=following(entries, page, "entry"))


@router.get("/v1/operations", summary="What operators did to the pipeline of any service, newest first")
async def list_operations(actor: Who, tx: Tx, page: Page) -> Listing[TrailEntry]:
    require(actor, "trail.read")
    (before,) = positioned(page.after, number) or (None,)
    entries = await operations(tx, before, page.limit)
    tx.say(LogReadV1(view="operations"))
    return Listing(items=entries, next=following(entries, page, "entry"))
