"""From a fact of the border to the event that says it, or to the work that it makes due."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.outbox import DueWork
from chassis.work import PRIORITIES
from contracts.border.check import Agreement
from contracts.border.extract import Extract, ExtractRefusal, ExtractRequest
from contracts.border.items import Answer, ControlContent, Listing, Recall, Resend, Void
from contracts.border.wire import control_to_json
from contracts.envelope import Event
from contracts.events.exchange import (
    AgreementChangedV1,
    DistrustMovedV1,
    EnvelopeDeliveredV1,
    EnvelopeRefusedV1,
    EnvelopeSealedV1,
    RecallAnsweredV1,
    TrustDocumentMovedV1,
)
from services.exchange.domain.distrust import DistrustMoved
from services.exchange.domain.facts import (
    ControlDue,
    Fact,
    ItemDelivered,
    ItemOutcome,
    ItemRefused,
    ItemSealed,
    ProcessDue,
    RecallAnswered,
    SealDue,
)
from services.exchange.domain.trust_document import TrustDocumentMoved

SEAL, PROCESS, CONTROL = "seal", "process", "control"
"""The kinds of work."""

RECALLS, RECEIPTS, SEALS, RESENDS = PRIORITIES
"""The order of work for one partner: a recall waits for nothing, and an item that was sealed before waits for all else."""

_CONTROL_PRIORITY: Mapping[type[ControlContent], int] = {
    Recall: RECALLS,
    Answer: RECALLS,
    Resend: RESENDS,
    Void: RESENDS,
    Listing: RESENDS,
    ExtractRequest: RESENDS,
    ExtractRefusal: RESENDS,
    Extract: RESENDS,
}


def outgoing(fact: Fact) -> Event | DueWork:
    match fact:
        case SealDue():
            payload = {"disclosure_id": str(fact.disclosure_id), "replaces": fact.replaces}
            return _seal(SEAL, fact.disclosure_id, fact, payload)
        case ProcessDue():
            payload = {"item_id": str(fact.item_id), "replaces": fact.replaces}
            return _seal(PROCESS, fact.item_id, fact, payload)
        case ControlDue():
            return _control(fact)
        case ItemSealed() | ItemDelivered() | ItemRefused():
            return _outcome(fact)
        case RecallAnswered():
            answer = fact.answer
            return RecallAnsweredV1(
                case_id=fact.case_id,
                disclosure_id=fact.disclosure_id,
                answer=answer.answer,
                law=answer.law,
                at=fact.at,
            )


def _control(fact: ControlDue) -> DueWork:
    payload = {
        "item_id": str(fact.item_id),
        "cell": fact.cell,
        "reference": None if fact.reference is None else str(fact.reference),
        "content": control_to_json(fact.content),
        "replaces": fact.replaces,
    }
    first = _CONTROL_PRIORITY.get(type(fact.content), RECEIPTS)
    priority = RESENDS if fact.attempt and first != RECALLS else first
    return DueWork(CONTROL, f"{fact.item_id}:{fact.attempt}", payload, lane=fact.cell, priority=priority)


def _seal(kind: str, about: UUID, fact: SealDue | ProcessDue, payload: dict[str, Any]) -> DueWork:
    priority = RESENDS if fact.attempt else SEALS
    return DueWork(
        kind, f"{about}:{fact.attempt}", payload, lane=fact.cell, priority=priority, due_at=fact.due
    )


def _outcome(fact: ItemSealed | ItemDelivered | ItemRefused) -> Event:
    match fact:
        case ItemSealed():
            return EnvelopeSealedV1(
                **_named(fact),
                envelope_id=fact.envelope_id,
                envelope_seq=fact.envelope_seq,
                sealed_at=fact.at,
            )
        case ItemDelivered():
            return EnvelopeDeliveredV1(**_named(fact), at=fact.at)
        case ItemRefused():
            return EnvelopeRefusedV1(**_named(fact), code=fact.code, at=fact.at)


def _named(fact: ItemOutcome) -> dict[str, object]:
    names = ("case_id", "item_id", "disclosure_id", "referral_id", "recipient_cell")
    return {**{name: getattr(fact, name) for name in names}, "item_class": fact.item_class.value}


def agreement_changed(agreement: Agreement) -> AgreementChangedV1:
    terms = agreement.terms
    return AgreementChangedV1(
        agreement_id=terms.id,
        version=terms.version,
        sha256=terms.sha256,
        cells=terms.cells,
        purposes=terms.purposes,
        fields=terms.fields,
        process_codes=agreement.process_codes,
        extract_reasons=agreement.extract_reasons,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        retention_days=terms.retention_days,
    )


def distrust_moved(fact: DistrustMoved) -> DistrustMovedV1:
    what = fact.what
    of_key = what.organisation is not None
    return DistrustMovedV1(
        distrust_id=fact.distrust_id,
        kind=what.kind,
        state=fact.state,
        key=what.name if of_key else None,
        organisation=what.organisation,
        agreement_id=None if of_key else what.name,
        agreement_version=None if of_key else what.agreement_version,
        since=what.since,
    )


def trust_document_moved(fact: TrustDocumentMoved) -> TrustDocumentMovedV1:
    name = fact.name
    return TrustDocumentMovedV1(
        document_id=fact.document_id,
        state=fact.state,
        agreement_id=name.agreement_id or None,
        number=name.number,
        sha256=name.sha256,
    )
