"""Answers of the service consent, as far as its pages show them.

`tests/console/test_answers.py` holds each against the document of its service.
"""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.console.answers import CountedPage, Move, Page, Preview
from services.console.asking import Order, Paper, Question


class NamedRecipient(BaseModel):
    organisation: str
    country: str


class AgreedTerms(BaseModel):
    purposes: list[str]
    recipients: list[NamedRecipient]
    categories: list[str]
    back_categories: list[str]
    notice_version: str | None
    language: str | None
    notice_language: str | None
    method: str | None
    capacity: str
    assent: str
    interpreted: bool
    decided_by: str | None
    confirmed_by: str | None
    legal_basis: str
    valid_until: datetime


class ListedConsent(BaseModel):
    id: UUID
    case_id: UUID
    case_reference: str | None
    state: str
    revision: int
    valid_until: datetime
    created_at: datetime
    terms: AgreedTerms


class ConsentRevision(BaseModel):
    number: int
    state: str
    at: datetime
    by: str
    organisation: str
    terms: AgreedTerms


class WaitingRecall(BaseModel):
    recipient: str
    recipient_cell: str


class OneConsent(ListedConsent):
    moves: list[Move]
    complete: bool
    waiting_for: list[WaitingRecall]
    intact: bool
    revisions: list[ConsentRevision]


class Guardian(BaseModel):
    name: str | None
    relationship: str | None


class LedgerEntry(BaseModel):
    at: datetime
    disclosure_id: UUID
    consent_id: UUID | None
    step: str
    recipient: str
    recipient_cell: str
    fields: list[str]
    code: str | None
    expires: datetime | None
    answer_due: datetime | None
    overdue: bool


class Grant(BaseModel):
    """A right of this organisation to read what another's consent, or a law, lets it. Of one that is closed little may be known."""

    disclosure_id: UUID
    granted: bool
    closed: bool
    closed_for: str | None
    sender: str | None
    sender_cell: str | None
    purpose: str | None
    fields: list[str]
    back_categories: list[str]
    valid_until: datetime | None
    basis: str | None
    law: str | None
    moves: list[Move]


class ListedProtection(BaseModel):
    consent_id: UUID
    case_id: UUID
    case_reference: str | None
    state: str
    awaits: str | None
    law: str
    recipients: list[str]
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    review_due: datetime | None
    overdue: bool
    valid_until: datetime
    moves: list[Move]


class OneProtection(ListedProtection):
    reasons: str | None
    decline_reasons: str | None
    reviewed_by: str | None
    upheld: bool | None
    declined_before: int
    protected_before: int
    not_upheld_before: int
    may_approve: list[str]
    disclosed: Preview


class ListedNotice(BaseModel):
    id: UUID
    version: str
    language: str
    reviewed: bool


class ReadNotice(ListedNotice):
    title: str
    paragraphs: list[str]


class ListedRecipient(BaseModel):
    id: str
    cell: str
    role: str
    name: str
    status: str
    suspended: bool
    services: list[str]


CONSENTS_OF_CASE = Question("consent", "list_consents", "/v1/cases/{case_id}/consents", Page[ListedConsent])
CONSENT = Question("consent", "get_consent", "/v1/consents/{consent_id}", OneConsent)
GUARDIAN = Question("consent", "get_guardian", "/v1/consents/{consent_id}/guardian", Guardian)
GRANTS = Question("consent", "list_grants", "/v1/cases/{case_id}/grants", Page[Grant])
PROTECTIONS = Question("consent", "list_protections", "/v1/protections", Page[ListedProtection])
PROTECTION = Question("consent", "get_protection", "/v1/protections/{consent_id}", OneProtection)
LEDGER = Question("consent", "list_ledger_entries", "/v1/cases/{case_id}/ledger", Page[LedgerEntry])
NOTICES = Question("consent", "list_notices", "/v1/notices", CountedPage[ListedNotice])
WORDS_OF_NOTICE = Question("consent", "get_notice", "/v1/notices/{notice_id}", ReadNotice)
RECIPIENTS = Question("directory", "list_organisations", "/v1/organisations", Page[ListedRecipient])
RECORD = Order("consent", "record_consent", "POST", "/v1/cases/{case_id}/consents")
HAND_OVER = Order("consent", "hand_over_case", "POST", "/v1/cases/{case_id}/hand-overs")
PREVIEW_HAND_OVER = Order("consent", "preview_hand_over", "POST", "/v1/cases/{case_id}/hand-overs/preview")
RENEW = Order("consent", "renew_consent", "POST", "/v1/consents/{consent_id}/renew")
RECEIPT = Paper("consent", "get_receipt_paper", "/v1/consents/{consent_id}/receipt/paper")
