"""Referrals and events for these tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4, uuid5

from contracts.country.response_clock import Calendar, Deadlines, ResponseClock, Span
from contracts.events import consent, exchange
from contracts.events.directory import AgeLimitedService, DirectoryChangedV1
from contracts.grant import Grant
from services.referral.domain.referral import Referral
from services.referral.domain.states import Half, State
from tests.listing import directory_changed

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DEADLINES = Deadlines(NOW + timedelta(hours=12), NOW + timedelta(hours=24))
CLOCK = ResponseClock(
    Calendar(timezone(timedelta(hours=7)), frozenset({6, 7}), frozenset()),
    {"urgent": (Span(minutes=720), Span(minutes=1440))},
)
SENDER, RECIPIENT = "th-care-agency", "kh-reintegration-agency"
HASH = "a" * 64


def offering(organisation: str, *services: str, version: int = 1, **changes: Any) -> DirectoryChangedV1:
    """The directory says of an organisation which services it offers, and to whom."""
    own = {name: changes.pop(name) for name in list(changes) if name in AgeLimitedService.model_fields}
    values = {"status": "active", "capacity": "capacity", **own}
    offered = tuple(AgeLimitedService(**{"service_id": s, "service": s, **values}) for s in services)
    return directory_changed(organisation, version, services=offered, **changes)


LISTED = (
    offering(RECIPIENT, "reintegration"),
    offering("th-shelter", "shelter", capacity="waitlist"),
    directory_changed("kh-gone", role="health", status="defunct"),
)


def a_referral(state: State = State.DRAFT, half: Half = Half.OUTGOING, **changes: object) -> Referral:
    referral = Referral(
        id=uuid4(),
        half=half,
        case_id=uuid4(),
        sender=SENDER,
        sender_cell="TH",
        recipient=RECIPIENT,
        recipient_cell="KH",
        recipient_role="reintegration",
        service="reintegration",
        purpose="return-and-reintegration",
        urgency="urgent",
        asked=("cor_FullName", "cor_Needs"),
        created_at=NOW,
        state=state,
    )
    return replace(referral, **changes)


def consent_given(case_id: UUID, **changes: object) -> consent.ConsentGivenV1:
    values = {
        "case_id": case_id,
        "consent_id": uuid4(),
        "revision": 1,
        "revision_hash": HASH,
        "purposes": ("return-and-reintegration",),
        "recipients": (RECIPIENT,),
        "categories": ("identity",),
        "back_categories": ("outcome",),
        "valid_until": datetime.now(UTC) + timedelta(days=30),
    }
    return consent.ConsentGivenV1(**{**values, **changes})


def authorised(case_id: UUID, referral_id: UUID, **changes: object) -> consent.DisclosureAuthorisedV1:
    values = {
        "case_id": case_id,
        "disclosure_id": uuid5(referral_id, "disclosure"),
        "referral_id": referral_id,
        "consent_id": uuid4(),
        "revision": 1,
        "revision_hash": HASH,
        "purpose": "return-and-reintegration",
        "sender": SENDER,
        "recipient": RECIPIENT,
        "recipient_cell": "KH",
        "service": "reintegration",
        "urgency": "urgent",
        "agreement_id": "th-kh",
        "agreement_version": 1,
        "agreement_sha256": HASH,
        "fields": ("cor_FullName",),
        "fields_hash": HASH,
        "withheld": (consent.WithheldField(field="cor_Needs", reason="no_consent"),),
        "back_categories": ("outcome",),
        "valid_until": datetime.now(UTC) + timedelta(days=30),
    }
    return consent.DisclosureAuthorisedV1(**{**values, **changes})


def refused(case_id: UUID, referral_id: UUID) -> consent.DisclosureRefusedV1:
    return consent.DisclosureRefusedV1(
        case_id=case_id,
        disclosure_id=uuid5(referral_id, "disclosure"),
        referral_id=referral_id,
        reason="no_consent",
    )


def recalled(case_id: UUID, referral_id: UUID, reason: str = "withdrawn") -> consent.DisclosureRecalledV1:
    return consent.DisclosureRecalledV1(
        case_id=case_id,
        disclosure_id=uuid5(referral_id, "disclosure"),
        referral_id=referral_id,
        reason=reason,
    )


def delivered(
    case_id: UUID, referral_id: UUID, item_class: str = "disclosure"
) -> exchange.EnvelopeDeliveredV1:
    return exchange.EnvelopeDeliveredV1(
        case_id=case_id,
        item_id=uuid4(),
        item_class=item_class,
        disclosure_id=uuid5(referral_id, "disclosure"),
        referral_id=referral_id,
        recipient_cell="KH",
        at=NOW,
    )


def border_refused(
    case_id: UUID, referral_id: UUID, item_class: str = "disclosure"
) -> exchange.EnvelopeRefusedV1:
    return exchange.EnvelopeRefusedV1(
        case_id=case_id,
        item_id=uuid4(),
        item_class=item_class,
        disclosure_id=uuid5(referral_id, "disclosure"),
        referral_id=referral_id,
        recipient_cell="KH",
        code="unknown_key",
        at=NOW,
    )


def received(case_id: UUID, referral_id: UUID, **changes: object) -> exchange.DisclosureReceivedV1:
    disclosure_id = uuid5(referral_id, "disclosure")
    values = {
        "case_id": case_id,
        "person_id": uuid4(),
        "first": True,
        "disclosure_id": disclosure_id,
        "referral_id": referral_id,
        "sender": SENDER,
        "sender_cell": "TH",
        "recipient": RECIPIENT,
        "service": "reintegration",
        "urgency": "urgent",
        "grant": Grant(
            disclosure_id=disclosure_id,
            consent_revision=1,
            consent_sha256=HASH,
            agreement_id="th-kh",
            agreement_version=1,
            purpose="return-and-reintegration",
            recipient=RECIPIENT,
            fields=("cor_FullName",),
            back_categories=("outcome",),
            valid_until=NOW + timedelta(days=30),
        ),
        "fields": (exchange.ReceivedField(field="cor_FullName", value="v1.abc"),),
        "at": NOW,
    }
    return exchange.DisclosureReceivedV1(**{**values, **changes})


def process(
    case_id: UUID, referral_id: UUID, code: str, reason: str | None = None, **changes: object
) -> exchange.ProcessReceivedV1:
    values = {
        "case_id": case_id,
        "code": code,
        "subject_id": referral_id,
        "sender": RECIPIENT,
        "sender_cell": "KH",
        "recipient": SENDER,
        "reason": reason,
        "at": NOW,
    }
    return exchange.ProcessReceivedV1(**{**values, **changes})


def recall(case_id: UUID, referral_id: UUID, reason: str | None = None) -> exchange.RecallReceivedV1:
    return exchange.RecallReceivedV1(
        case_id=case_id,
        disclosure_id=uuid5(referral_id, "disclosure"),
        referral_id=referral_id,
        sender_cell="TH",
        reason=reason,
        at=NOW,
    )
