"""What tests of intake make again and again."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.events.consent import DisclosureAuthorisedV1
from contracts.events.exchange import (
    CorrectionReceivedV1,
    DisclosureReceivedV1,
    RecallReceivedV1,
    ReceivedField,
)
from contracts.events.referral import ReferralAcceptedV1, ReferralCompletedV1
from contracts.grant import Grant
from tests.harness import Harness

AGENCY = "th-care-agency"
SHELTER = "th-shelter"
PERSON = {
    "cor_FullName": "สมหญิง",
    "prs_Birthdate": "1998-05~",
    "prs_Citizenship": ["KH", "XXA"],
    "prs_MobilePhone": "+66 81 234 5678",
    "vic_TypeOfExploitation": ["ForcedLabour"],
}
NOW = datetime.now(UTC).replace(microsecond=0)


def form(**changes: Any) -> dict[str, Any]:
    return {"channel": "screening-unit", "urgency": "urgent", "fields": dict(PERSON), **changes}


async def open_case(intake: Harness, headers: dict[str, str] | None = None, **changes: Any) -> UUID:
    headers = headers or intake.as_("screening_officer")
    answer = await intake.client.post("/v1/cases", json=form(**changes), headers=headers)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


def grant(disclosure_id: UUID, fields: tuple[str, ...], recipient: str = AGENCY, **changes: Any) -> Grant:
    values = {
        "disclosure_id": disclosure_id,
        "consent_revision": 1,
        "consent_sha256": "a" * 64,
        "agreement_id": "th-kh",
        "agreement_version": 1,
        "purpose": "referral-assistance",
        "recipient": recipient,
        "fields": fields,
        "back_categories": ("outcome",),
        "valid_until": NOW + timedelta(days=90),
    }
    return Grant(**{**values, **changes})


async def disclosure(
    intake: Harness, fields: dict[str, str], *, recipient: str = AGENCY, **changes: Any
) -> DisclosureReceivedV1:
    """As exchange says it: the values under the person's key of this cell, bound to field and disclosure."""
    ids = {
        name: changes.pop(name, None) or uuid4()
        for name in ("case_id", "person_id", "disclosure_id", "referral_id")
    }
    vault = intake.service.vault
    await vault.create(ids["person_id"])
    sealed = [
        ReceivedField(field=name, value=await vault.seal(ids["person_id"], name, ids["disclosure_id"], text))
        for name, text in fields.items()
    ]
    allowed = changes.pop("allowed", tuple(fields))
    terms = changes.pop("terms", {})
    values = {
        "first": True,
        "sender": "kh-reintegration-agency",
        "sender_cell": "KH",
        "recipient": recipient,
        "service": "shelter",
        "urgency": "urgent",
        "grant": grant(ids["disclosure_id"], allowed, recipient, **terms),
        "fields": tuple(sealed),
        "at": NOW,
    }
    return DisclosureReceivedV1(**{**ids, **values, **changes})


def recall_of(received: DisclosureReceivedV1) -> RecallReceivedV1:
    return RecallReceivedV1(
        case_id=received.case_id,
        disclosure_id=received.disclosure_id,
        referral_id=received.referral_id,
        sender_cell=received.sender_cell,
        at=NOW,
    )


def correction_of(received: DisclosureReceivedV1, *fields: str) -> CorrectionReceivedV1:
    return CorrectionReceivedV1(
        case_id=received.case_id,
        disclosure_id=received.disclosure_id,
        referral_id=received.referral_id,
        sender_cell=received.sender_cell,
        fields=fields,
        at=NOW,
    )


def acceptance_of(received: DisclosureReceivedV1, half: str = "incoming") -> ReferralAcceptedV1:
    return ReferralAcceptedV1(
        case_id=received.case_id,
        referral_id=received.referral_id,
        half=half,
        sender=received.sender,
        recipient=received.recipient,
        at=NOW,
    )


def completion_of(sent: DisclosureReceivedV1) -> ReferralCompletedV1:
    """The help is given, and nobody waits for it any more."""
    accepted = acceptance_of(sent).model_dump()
    return ReferralCompletedV1(**accepted, outcome="completed")


def bodies(said: list[tuple[str, dict[str, Any]]], type_: str) -> list[dict[str, Any]]:
    return [body for said_type, body in said if said_type == type_]


def authorisation(
    case_id: UUID, fields: tuple[str, ...], disclosure_id: UUID | None = None
) -> DisclosureAuthorisedV1:
    """As consent says that these fields may leave."""
    return DisclosureAuthorisedV1(
        case_id=case_id,
        disclosure_id=disclosure_id or uuid4(),
        referral_id=uuid4(),
        consent_id=uuid4(),
        revision=1,
        revision_hash="a" * 64,
        purpose="referral-assistance",
        sender=AGENCY,
        recipient="kh-reintegration-agency",
        recipient_cell="KH",
        service="shelter",
        urgency="urgent",
        agreement_id="th-kh",
        agreement_version=1,
        agreement_sha256="a" * 64,
        fields=fields,
        fields_hash="a" * 64,
        withheld=(),
        back_categories=(),
        valid_until=NOW + timedelta(days=90),
    )


MARK = {"line": 2, "key": "a" * 64, "content": "b" * 64}


SENDER = {
    "subject": "th.screening_officer",
    "organisation": AGENCY,
    "roles": ["screening_officer"],
    "purpose": "case-management",
}


def sent(*rows: Any, **changes: Any) -> dict[str, Any]:
    """What interchange asks of intake."""
    return {
        **SENDER,
        "policy": "0123456789abcdef",
        "rows": list(rows),
        **changes,
    }


def file_row(**fields: str) -> dict[str, Any]:
    return {**MARK, "fields": fields}


async def hand_over(intake: Harness, import_id: UUID, body: Any, caller: str = "interchange") -> Any:
    return await intake.client.post(
        f"/internal/v1/imports/{import_id}/rows", json=body, headers=intake.as_service(caller)
    )
