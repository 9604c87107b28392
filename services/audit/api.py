"""What an auditor may ask: the trail of one case, the head of the chain, and whether the chain is whole."""

from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, StringConstraints

from chassis.identity.access import require
from chassis.problems import NotFound
from chassis.web.http import Listing, Page, Tx, Who, cursor
from chassis.web.positions import number, positioned
from contracts.events.access import RecordReadV1
from contracts.types import Pseudonym
from services.audit.domain.chain import verify
from services.audit.queries import TrailEntry, head, logged, operations, slices, trail

router = APIRouter(tags=["audit"])


@dataclass(frozen=True, slots=True)
class TrailFilters:
    """What a trail may be narrowed by; each that is given must hold."""

    type: Annotated[
        Annotated[str, StringConstraints(pattern=r"^[a-z_.]{1,60}\.v[0-9]{1,3}$")] | None,
        Query(description="only entries of this event, for example `record.read.v1`"),
    ] = None
    actor: Annotated[Pseudonym | None, Query(description="only what this actor did or read")] = None
    since: Annotated[AwareDatetime | None, Query(alias="from", description="at this instant or later")] = None
    until: Annotated[AwareDatetime | None, Query(alias="to", description="before this instant")] = None

    def asked(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@router.get(
    "/v1/trails/{case_id}", summary="Everything logged on one case, oldest first; the reading is logged too"
)
async def list_trail_entries(
    case_id: UUID, actor: Who, tx: Tx, page: Page, filters: Annotated[TrailFilters, Depends()]
) -> Listing[TrailEntry]:
    """404 where nothing was ever logged under this identifier: an empty page would look like "nothing happened"."""
    require(actor, "trail.read")
    if not await logged(tx, case_id):
        raise NotFound
    (after,) = positioned(page.after, number) or (0,)
    entries = await trail(tx, case_id, filters.asked(), after, page.limit)
    tx.say(RecordReadV1(case_id=case_id, resource="trail"))
    full = len(entries) == page.limit
    return Listing(items=entries, next=cursor(entries[-1].entry) if full else None)


@router.get("/v1/operations", summary="What operators did to the pipeline of any service, newest first")
async def list_operations(actor: Who, tx: Tx, page: Page) -> Listing[TrailEntry]:
    require(actor, "trail.read")
    (before,) = positioned(page.after, number) or (None,)
    entries = await operations(tx, before, page.limit)
    return Listing(items=entries, next=cursor(entries[-1].entry) if len(entries) == page.limit else None)


class Head(BaseModel):
    entries: int
    head: str


@router.get("/v1/chain", summary="How long the log is, and the hash that covers all of it")
async def get_chain_head(actor: Who, tx: Tx) -> Head:
    require(actor, "trail.read")
    entries, last = await head(tx)
    return Head(entries=entries, head=last)


class Verification(BaseModel):
    entries: int
    head: str
    intact: bool
    first_broken: int | None


@router.get(
    "/v1/chain/verification", summary="Recompute the chain from its leaves and compare it with the head"
)
async def verify_chain(actor: Who, tx: Tx) -> Verification:
    require(actor, "trail.read")
    count, last = await head(tx)
    verdict = verify([])
    async for part in slices(tx, count):
        verdict = verify(part, verdict)
    broken = verdict.first_broken
    if broken is None and (verdict.entries, verdict.head) != (count, last):
        broken = min(verdict.entries, count) + 1
    return Verification(
        entries=verdict.entries, head=verdict.head, intact=broken is None, first_broken=broken
    )
