"""Changes of the directory by two people: proposed by one operator and confirmed by another."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.identity.access import require, rights_of
from chassis.identity.auth import Actor
from chassis.service import Running
from chassis.web.http import Done, IfMatch, Listing, Page, SeenExactly, Tx, Who, done, etag, following
from chassis.web.moves import Offer
from chassis.web.named import require_listed
from chassis.web.positions import position
from contracts.types import KnownCode, OrganisationId
from services.directory import proposing
from services.directory.domain.proposal import Operator, Proposal, ProposalVerb
from services.directory.proposal_forms import CaretakerForm, ProposalForm, suspension
from services.directory.proposal_queries import ProposalView, newest, view_of
from services.directory.proposing import OPERATE
from services.directory.store import proposals

router = APIRouter(prefix="/v1", tags=["directory"])


@router.get("/proposals", summary="Changes by two people, the newest first, with what may be done about each")
async def list_proposals(
    actor: Who,
    tx: Tx,
    page: Page,
    running: Running,
    state: Annotated[Annotated[str, KnownCode("proposal_state")] | None, Query()] = None,
    organisation: Annotated[OrganisationId | None, Query()] = None,
) -> Listing[ProposalView]:
    require(actor, OPERATE)
    by = await proposing.operator(tx, actor)
    found = await newest(tx, state, organisation, position(page.after), page.limit)
    asked = {} if organisation is None else {"organisation": organisation}
    await require_listed(tx, actor, asked, found, page)
    items = [_view(running, actor, by, await proposals.get(tx, one)) for one in found]
    moves = running.commands.open([Offer("propose_change", OPERATE)], rights_of(actor))
    return Listing(items=items, next=following(items, page, "proposed_at", "id"), moves=moves)


@router.get("/proposals/{proposal_id}", summary="One change by two people")
async def get_proposal(
    proposal_id: UUID, actor: Who, tx: Tx, running: Running, response: Response
) -> ProposalView:
    require(actor, OPERATE)
    proposal = await proposals.get(tx, proposal_id)
    response.headers["ETag"] = etag(proposal.version)
    return _view(running, actor, await proposing.operator(tx, actor), proposal)


@router.post("/proposals", status_code=201, summary="Propose a change; a second operator confirms it")
async def propose_change(body: ProposalForm, actor: Who, tx: Tx, response: Response) -> Done:
    """Nothing is changed yet. It expires after 72 hours."""
    proposal = await proposing.propose(tx, actor, tx.new_id(), body.wish(), body.ticket)
    return _done(tx, response, proposal, made=True)


@router.post("/proposals/{proposal_id}/confirm", summary="A second person confirms it: it is made")
async def confirm_proposal(
    proposal_id: UUID, actor: Who, tx: Tx, expected: SeenExactly, response: Response
) -> Done:
    """`If-Match` says which proposal was read; `*` says of none."""
    return _done(tx, response, await proposing.confirm(tx, actor, proposal_id, expected))


@router.post(
    "/proposals/{proposal_id}/withdraw",
    summary="Withdraw it; a suspension that acts by the word of one person is lifted by this",
)
async def withdraw_proposal(
    proposal_id: UUID, actor: Who, tx: Tx, expected: IfMatch, response: Response
) -> Done:
    return _done(tx, response, await proposing.withdraw(tx, actor, proposal_id, expected))


@router.post(
    "/organisations/{organisation}/suspend",
    status_code=201,
    summary="Suspend at once, by one person; a second confirms it within 24 hours",
)
async def suspend_organisation(
    organisation: OrganisationId, body: CaretakerForm, actor: Who, tx: Tx, response: Response
) -> Done:
    """The people of it read and do nothing from now on, until a second person lifts it. Cases go to whoever is named once
    a second person has confirmed it. The answer names the proposal.
    """
    wish = suspension(organisation, body)
    proposal = await proposing.propose(tx, actor, tx.new_id(), wish, body.ticket, at_once=True)
    return _done(tx, response, proposal, made=True)


def offers(proposal: Proposal, by: Operator) -> Sequence[Offer]:
    return [Offer(f"{verb}_proposal", OPERATE, proposal.lets(verb, by)) for verb in ProposalVerb]


def _view(running: Running, actor: Actor, by: Operator, proposal: Proposal) -> ProposalView:
    moves = running.commands.open(offers(proposal, by), rights_of(actor), proposal_id=proposal.id)
    return view_of(proposal, by.at, moves)


def _done(tx: Tx, response: Response, proposal: Proposal, *, made: bool = False) -> Done:
    where = f"/v1/proposals/{proposal.id}"
    if made:
        return done(tx, response, proposal.id, proposal.version, status=201, location=where)
    return done(tx, response, proposal.id, proposal.version)
