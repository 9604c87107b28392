"""The head of the chain, and whether the chain is whole."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from chassis.database import Transaction
from chassis.identity.access import require, rights_of
from chassis.identity.auth import Actor
from chassis.problems import NotFound
from chassis.service import Running
from chassis.web.http import Done, Listing, Page, Tx, Who, done, following
from chassis.web.moves import Offer
from chassis.web.positions import position
from contracts.events.access import LogReadV1
from services.audit import verifying
from services.audit.domain.verification import State
from services.audit.store import verifications
from services.audit.store.log import head

router = APIRouter(tags=["audit"])


def _open_chain(tx: Transaction, actor: Actor, verification_id: UUID | None = None) -> None:
    """Whoever may looks at the chain, or at a verification of it, and that is logged."""
    require(actor, "trail.read")
    tx.say(LogReadV1(view="chain", sought_id=verification_id))


class Head(BaseModel):
    entries: int
    head: str


@router.get("/v1/chain", summary="How long the log is, and the hash that covers all of it")
async def get_chain_head(actor: Who, tx: Tx) -> Head:
    _open_chain(tx, actor)
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
    _open_chain(tx, actor)
    begun = await verifying.start(tx)
    return done(tx, response, begun, status=201, location=f"/v1/chain/verifications/{begun}")


@router.get("/v1/chain/verifications", summary="Verifications of the chain, newest first")
async def list_verifications(actor: Who, tx: Tx, running: Running, page: Page) -> Listing[ShownVerification]:
    _open_chain(tx, actor)
    found = await verifications.newest(tx, page.limit, position(page.after))
    items = [ShownVerification.model_validate(one, from_attributes=True) for one in found]
    moves = running.commands.open([Offer("start_verification", "trail.read")], rights_of(actor))
    return Listing(items=items, next=following(items, page, "begun_at", "id"), moves=moves)


@router.get(
    "/v1/chain/verifications/{verification_id}", summary="How far a verification is, and what it found"
)
async def get_verification(verification_id: UUID, actor: Who, tx: Tx) -> ShownVerification:
    _open_chain(tx, actor, verification_id)
    found = await verifications.get(tx, verification_id)
    if found is None:
        raise NotFound
    return ShownVerification.model_validate(found, from_attributes=True)
