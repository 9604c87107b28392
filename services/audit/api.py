"""The routes for an auditor: the trail of one case, the head of the chain, and whether the chain is whole."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, StringConstraints

from chassis.identity.access import require, rights_of
from chassis.problems import NotFound
from chassis.service import Running
from chassis.web.http import Done, Listing, Page, Tx, Who, done, following
from chassis.web.moves import Offer
from chassis.web.positions import number, position, positioned
from contracts.events.access import RecordReadV1
from contracts.types import Pseudonym
from services.audit import verifying
from services.audit.domain.verification import State
from services.audit.queries import TrailEntry, head, logged, operations, trail
from services.audit.store import verifications

router = APIRouter(tags=["audit"])


@dataclass(frozen=True, slots=True)
class TrailFilters:
    """The filters of a trail; each that is given must hold."""

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
    return Listing(items=entries, next=following(entries, page, "entry"))


@router.get("/v1/operations", summary="What operators did to the pipeline of any service, newest first")
async def list_operations(actor: Who, tx: Tx, page: Page) -> Listing[TrailEntry]:
    require(actor, "trail.read")
    (before,) = positioned(page.after, number) or (None,)
    entries = await operations(tx, before, page.limit)
    return Listing(items=entries, next=following(entries, page, "entry"))


class Head(BaseModel):
    entries: int
    head: str


@router.get("/v1/chain", summary="How long the log is, and the hash that covers all of it")
async def get_chain_head(actor: Who, tx: Tx) -> Head:
    require(actor, "trail.read")
    entries, last = await head(tx)
    return Head(entries=entries, head=last)


class ShownVerification(BaseModel):
    """A verification. `entries` of `until` are computed; `whole` and `broken` speak of the log as it was at the
    beginning.
    """

    id: UUID
    state: State
    entries: int
    until: int
    head: str
    first_broken: int | None
    actor: str
    begun_at: datetime
    ended_at: datetime | None


@router.post(
    "/v1/chain/verifications",
    summary="Recompute the chain from its leaves and compare it with the head that it has now, as work",
    status_code=201,
)
async def start_verification(actor: Who, tx: Tx, response: Response) -> Done:
    require(actor, "trail.read")
    begun = await verifying.start(tx)
    return done(tx, response, begun, status=201, location=f"/v1/chain/verifications/{begun}")


@router.get("/v1/chain/verifications", summary="Verifications of the chain, newest first")
async def list_verifications(actor: Who, tx: Tx, running: Running, page: Page) -> Listing[ShownVerification]:
    require(actor, "trail.read")
    found = await verifications.newest(tx, page.limit, position(page.after))
    items = [ShownVerification.model_validate(one, from_attributes=True) for one in found]
    moves = running.commands.open([Offer("start_verification", "trail.read")], rights_of(actor))
    return Listing(items=items, next=following(items, page, "begun_at", "id"), moves=moves)


@router.get(
    "/v1/chain/verifications/{verification_id}", summary="How far a verification is, and what it found"
)
async def get_verification(verification_id: UUID, actor: Who, tx: Tx) -> ShownVerification:
    require(actor, "trail.read")
    found = await verifications.get(tx, verification_id)
    if found is None:
        raise NotFound
    return ShownVerification.model_validate(found, from_attributes=True)
