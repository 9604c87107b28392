"""Keys of the trust list, and what counts no more in this cell: declared by one operator, confirmed or lifted by another."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from chassis.identity.access import require, rights_of
from chassis.identity.auth import Actor
from chassis.service import Running
from chassis.web.http import Done, IfMatch, Listing, Page, SeenExactly, Tx, Who, done, etag, following
from chassis.web.moves import Offer
from chassis.web.positions import identifier, instant, position, positioned
from contracts.events.access import LogReadV1
from contracts.form import Form
from contracts.types import Instant, KnownCode, Thumbprint, TicketId
from services.exchange import distrust_queries
from services.exchange.api import BEGINNING, AgreementId
from services.exchange.distrust_queries import DistrustView, KeyView, view_of
from services.exchange.domain.distrust import Distrust, DistrustVerb
from services.exchange.queries import EnvelopeView
from services.exchange.store import distrusts
from services.exchange.use_cases import distrust
from services.exchange.use_cases.distrust import DISTRUST

router = APIRouter(prefix="/v1", tags=["exchange"])
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
"""No key is older."""
Kid = Annotated[Thumbprint, Path(description="its thumbprint")]


class DistrustForm(Form):
    """The words about it stand in the operators' own system."""

    ticket: Annotated[TicketId, Field(description="of the operators' own system, for example OPS-1042")]


class LostKeyForm(DistrustForm):
    since: Annotated[
        Instant, Field(ge=EARLIEST, description="when it was lost: what was signed with it since is listed")
    ]


@router.get("/keys", summary="The keys of the trust list, whose they are, until when, and which were lost")
async def list_keys(actor: Who, tx: Tx, page: Page, running: Running) -> Listing[KeyView]:
    require(actor, "agreement.read")
    (after,) = positioned(page.after, identifier) or ("",)
    items = await distrust_queries.keys(tx, after, page.limit)
    for item in items:
        offer = Offer("distrust_key", DISTRUST, item.lost_since is None)
        item.moves = running.commands.open([offer], rights_of(actor), kid=item.kid)
    return Listing(items=items, next=following(items, page, "kid"))


@router.post(
    "/keys/{kid}/distrust",
    status_code=201,
    summary="A key was lost: from now on nothing is sealed to it and nothing that it signs counts",
)
async def distrust_key(kid: Kid, body: LostKeyForm, actor: Who, tx: Tx, response: Response) -> Done:
    """By the word of one operator; a second confirms or lifts it within 24 hours. What is to be sealed for its organisation waits for
    another key on the trust list. The answer names the distrust.
    """
    made = await distrust.distrust_key(tx, actor, tx.new_id(), kid, body.since, body.ticket)
    return _done(tx, response, made, made=True)


@router.post(
    "/agreements/{agreement_id}/suspend",
    status_code=201,
    summary="Suspend an agreement here: nothing is sealed or taken in under it",
)
async def suspend_agreement(
    agreement_id: AgreementId, body: DistrustForm, actor: Who, tx: Tx, response: Response
) -> Done:
    """The present version is suspended by the word of one operator; a second confirms or lifts it. What was disclosed is not taken back."""
    made = await distrust.suspend_agreement(tx, actor, tx.new_id(), agreement_id, body.ticket)
    return _done(tx, response, made, made=True)


@router.get("/distrusts", summary="The keys and agreements that count no more here, the newest first")
async def list_distrusts(
    actor: Who,
    tx: Tx,
    page: Page,
    running: Running,
    state: Annotated[Annotated[str, KnownCode("proposal_state")] | None, Query()] = None,
) -> Listing[DistrustView]:
    require(actor, DISTRUST)
    found = await distrust_queries.newest(tx, state, position(page.after), page.limit)
    now = await tx.clock()
    items = [_view(running, actor, now, await distrusts.get(tx, one)) for one in found]
    return Listing(items=items, next=following(items, page, "declared_at", "id"))


@router.get("/distrusts/{distrust_id}", summary="One key or agreement that counts no more here")
async def get_distrust(
    distrust_id: UUID, actor: Who, tx: Tx, running: Running, response: Response
) -> DistrustView:
    require(actor, DISTRUST)
    found = await distrusts.get(tx, distrust_id)
    response.headers["ETag"] = etag(found.version)
    return _view(running, actor, await tx.clock(), found)


@router.get(
    "/distrusts/{distrust_id}/envelopes",
    summary="What was sealed to a lost key or signed with it, and what came signed with it since, oldest first; metadata only",
)
async def list_touched_envelopes(distrust_id: UUID, actor: Who, tx: Tx, page: Page) -> Listing[EnvelopeView]:
    require(actor, DISTRUST)
    after = positioned(page.after, instant, UUID, UUID) or BEGINNING
    async with tx.of_everybody():  # an operator sees those of the whole cell
        items = await distrust_queries.touched(tx, await distrusts.get(tx, distrust_id), after, page.limit)
    tx.say(LogReadV1(view="envelopes", sought_id=distrust_id))
    return Listing(items=items, next=following(items, page, "at", "envelope_id", "item_id"))


@router.post(
    "/distrusts/{distrust_id}/confirm", summary="A second operator confirms it: nobody lifts it any more"
)
async def confirm_distrust(
    distrust_id: UUID, actor: Who, tx: Tx, expected: SeenExactly, response: Response
) -> Done:
    """A key is then replaced on the trust list, an agreement followed by its next version."""
    return _done(tx, response, await distrust.confirm(tx, actor, distrust_id, expected))


@router.post("/distrusts/{distrust_id}/withdraw", summary="A second operator lifts it: it was a mistake")
async def withdraw_distrust(
    distrust_id: UUID, actor: Who, tx: Tx, expected: IfMatch, response: Response
) -> Done:
    return _done(tx, response, await distrust.withdraw(tx, actor, distrust_id, expected))


def _view(running: Running, actor: Actor, now: datetime, found: Distrust) -> DistrustView:
    offers = [
        Offer(f"{verb}_distrust", DISTRUST, found.lets(verb, actor.subject, now)) for verb in DistrustVerb
    ]
    return view_of(found, now, running.commands.open(offers, rights_of(actor), distrust_id=found.id))


def _done(tx: Tx, response: Response, decided: Distrust, *, made: bool = False) -> Done:
    if made:
        where = f"/v1/distrusts/{decided.id}"
        return done(tx, response, decided.id, decided.version, status=201, location=where)
    return done(tx, response, decided.id, decided.version)
