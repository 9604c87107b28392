"""Trust lists and versions of agreements that governance signed: put in by one operator, confirmed by another."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from chassis.identity.access import require, rights_of
from chassis.identity.auth import Actor
from chassis.web.http import Done, IfMatch, Listing, Page, SeenExactly, Tx, Who, done, etag, following
from chassis.web.moves import MoveView, Offer
from chassis.web.positions import position
from contracts.form import Form
from contracts.types import KnownCode, TicketId
from services.exchange import trust_document_queries
from services.exchange.domain.trust_document import TrustDocument, TrustDocumentState, TrustDocumentVerb
from services.exchange.parts import Running
from services.exchange.store import trust_documents
from services.exchange.trust_document_queries import TrustDocumentView, WholeTrustDocumentView
from services.exchange.use_cases import trust_document
from services.exchange.use_cases.distrust import operators
from services.exchange.use_cases.trust_document import TRUST

router = APIRouter(prefix="/v1", tags=["exchange"])


class SignatureForm(Form):
    kid: Annotated[str, Field(max_length=100, description="of a governance key")]
    signature: Annotated[str, Field(max_length=200)]


class TrustDocumentForm(Form):
    """The content of a file that two holders of governance keys signed, and a ticket."""

    document: Annotated[dict[str, Any], Field(description="as it was signed")]
    signatures: Annotated[list[SignatureForm], Field(max_length=10)]
    ticket: Annotated[TicketId, Field(description="of the operators' own system, for example OPS-1042")]

    def signed(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude={"ticket"})


@router.get("/trust-documents", summary="What governance signed and operators put in, the newest first")
async def list_trust_documents(
    actor: Who,
    tx: Tx,
    page: Page,
    running: Running,
    state: Annotated[Annotated[str, KnownCode("proposal_state")] | None, Query()] = None,
) -> Listing[TrustDocumentView]:
    require(actor, TRUST)
    found = await trust_document_queries.newest(tx, state, position(page.after), page.limit)
    documents = [await trust_documents.get(tx, one) for one in found]
    at = await tx.clock()
    there = await operators(tx)
    items = [trust_document_queries.view_of(one, _moves(running, actor, at, there, one)) for one in documents]
    moves = running.commands.open([Offer("propose_trust_document", TRUST)], rights_of(actor))
    return Listing(items=items, next=following(items, page, "proposed_at", "id"), moves=moves)


@router.get(
    "/trust-documents/{document_id}", summary="One of them, whole, with what it changes of what is in force"
)
async def get_trust_document(
    document_id: UUID, actor: Who, tx: Tx, running: Running, response: Response
) -> WholeTrustDocumentView:
    require(actor, TRUST)
    found = await trust_documents.get(tx, document_id)
    signed = await trust_documents.content(tx, document_id)
    waits = found.state is TrustDocumentState.PROPOSED
    differences = running.parts.trust.differences(signed["document"]) if waits else []
    response.headers["ETag"] = etag(found.version)
    moves = _moves(running, actor, await tx.clock(), await operators(tx), found)
    return trust_document_queries.whole_view_of(found, moves, signed, differences)


@router.post(
    "/trust-documents",
    status_code=201,
    summary="Put in a trust list or a version of an agreement that governance signed",
)
async def propose_trust_document(
    body: TrustDocumentForm, actor: Who, tx: Tx, running: Running, response: Response
) -> Done:
    """Nothing counts of it before a second operator confirms it. 422 says why it is refused: not signed by two, malformed, older than what is
    in force, of other cells.
    """
    made = await trust_document.propose(
        tx, actor, running.parts.trust, tx.new_id(), body.signed(), body.ticket
    )
    where = f"/v1/trust-documents/{made.id}"
    return done(tx, response, made.id, made.version, status=201, location=where)


@router.post(
    "/trust-documents/{document_id}/confirm",
    summary="A second operator confirms it: it is read within seconds, and counts from its beginning",
)
async def confirm_trust_document(
    document_id: UUID, actor: Who, tx: Tx, running: Running, expected: SeenExactly, response: Response
) -> Done:
    """Judged again, by what is in force by now. A disclosure that the agreement allows no more is taken back."""
    decided = await trust_document.confirm(tx, actor, running.parts.trust, document_id, expected)
    return done(tx, response, decided.id, decided.version)


@router.post("/trust-documents/{document_id}/withdraw", summary="Withdraw what waits; nothing of it counted")
async def withdraw_trust_document(
    document_id: UUID, actor: Who, tx: Tx, expected: IfMatch, response: Response
) -> Done:
    decided = await trust_document.withdraw(tx, actor, document_id, expected)
    return done(tx, response, decided.id, decided.version)


def _moves(
    running: Running, actor: Actor, now: datetime, there: Collection[str], found: TrustDocument
) -> list[MoveView]:
    offers: Sequence[Offer] = [
        Offer(f"{verb}_trust_document", TRUST, found.lets(verb, actor.subject, now, there))
        for verb in TrustDocumentVerb
    ]
    return running.commands.open(offers, rights_of(actor), document_id=found.id)
