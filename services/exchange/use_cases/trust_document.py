"""The use cases of trust documents: one operator puts in what governance signed, another confirms it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.database import Transaction
from chassis.directory import refused
from chassis.identity.auth import Actor
from chassis.problems import AlreadyThere, NotSecondPerson, ProposerLeft, WrongState
from contracts.border.check import Agreement
from contracts.border.signed_file import NotTrusted
from services.exchange.domain.trust_document import (
    ProposerGone,
    SameProposer,
    TrustDocument,
    TrustDocumentName,
    WrongTrustDocumentState,
)
from services.exchange.store import trust_documents
from services.exchange.trust import Trust
from services.exchange.use_cases.distrust import operators, require_operator

TRUST = "border.trust"


async def propose(
    tx: Transaction, actor: Actor, trust: Trust, document_id: UUID, signed: Mapping[str, Any], ticket: str
) -> TrustDocument:
    """Put in a document that governance signed; nothing counts yet. Raises Invalid, which says why it is none, AlreadyThere, Forbidden."""
    await require_operator(tx, actor, TRUST)
    at = await tx.clock()
    made, facts = TrustDocument.propose(document_id, _judged(trust, signed), ticket, actor.subject, at)
    if not await trust_documents.add(tx, made, signed, facts):
        raise AlreadyThere
    return made


async def confirm(tx: Transaction, actor: Actor, trust: Trust, document_id: UUID, seen: int) -> TrustDocument:
    """Confirm what was seen: every process reads it within seconds. It is judged again, by what counts by now. Raises Invalid, WrongState,
    NotSecondPerson, ProposerLeft, Forbidden.
    """
    await require_operator(tx, actor, TRUST)
    found = await trust_documents.get(tx, document_id, lock=True, expected=seen)
    try:
        facts = found.confirm(actor.subject, await tx.clock(), await operators(tx))
    except SameProposer:
        raise NotSecondPerson from None
    except ProposerGone:
        raise ProposerLeft from None
    except WrongTrustDocumentState:
        raise WrongState from None
    _judged(trust, await trust_documents.content(tx, document_id))
    await trust_documents.save(tx, found, facts)
    return found


async def withdraw(tx: Transaction, actor: Actor, document_id: UUID, seen: int | None) -> TrustDocument:
    """Withdraw what waits. Raises WrongState, Forbidden."""
    await require_operator(tx, actor, TRUST)
    found = await trust_documents.get(tx, document_id, lock=True, expected=seen)
    try:
        facts = found.withdraw(actor.subject, await tx.clock())
    except WrongTrustDocumentState:
        raise WrongState from None
    await trust_documents.save(tx, found, facts)
    return found


def _judged(trust: Trust, signed: Mapping[str, Any]) -> TrustDocumentName:
    """Raises Invalid."""
    try:
        found = trust.judge(signed)
    except NotTrusted as error:
        raise refused("document", str(error), "not-trusted") from None
    if isinstance(found, Agreement):
        terms = found.terms
        return TrustDocumentName(terms.id, terms.version, terms.sha256, terms.valid_from)
    return TrustDocumentName("", found.version, found.sha256, found.issued)
