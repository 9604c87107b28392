"""Answers of the log that an auditor is shown, in the way of `answers`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.console.answers import Move, Page
from services.console.asking import Question


class Head(BaseModel):
    entries: int
    head: str


class Verification(BaseModel):
    state: str
    entries: int
    until: int
    first_broken: int | None
    actor: str
    begun_at: datetime
    ended_at: datetime | None


class OpenRecall(BaseModel):
    recalled_at: datetime
    direction: str
    case_id: UUID
    case_reference: str | None
    partner: str | None
    recipient: str | None
    reason: str | None
    answer_due: datetime
    overdue: bool


class Entry(BaseModel):
    entry: int
    time: datetime
    type: str
    stream: str
    actor: str
    organisation: str
    purpose: str
    details: dict[str, Any]


class ConsentStep(BaseModel):
    at: datetime
    consent_id: UUID
    step: str
    revision: int | None
    revision_hash: str | None
    purposes: list[str]
    recipients: list[str]
    categories: list[str]
    valid_until: datetime | None
    law: str | None
    actor: str
    organisation: str


class Recall(BaseModel):
    at: datetime
    reason: str | None
    answer_due: datetime
    overdue: bool


class RecallAnswer(BaseModel):
    at: datetime
    answer: str | None


class Disclosure(BaseModel):
    at: datetime
    direction: str
    consent_id: UUID | None
    revision: int | None
    revision_hash: str | None
    purpose: str | None
    service: str | None
    sender: str | None
    recipient: str | None
    partner: str | None
    agreement_id: str | None
    agreement_version: int | None
    fields: list[str]
    basis: str | None
    refused: str | None
    sealed_at: datetime | None
    delivered_at: datetime | None
    undelivered: str | None
    corrected_at: list[datetime]
    recall: Recall | None
    answer: RecallAnswer | None


class ReaderTally(BaseModel):
    actor: str
    organisation: str
    purpose: str
    resource: str | None
    times: int
    first_at: datetime
    last_at: datetime


class AttemptTally(ReaderTally):
    action: str | None


class HalfEntry(BaseModel):
    at: datetime
    cell: str
    event: str
    role: str | None
    code: str | None


class Extract(BaseModel):
    """A question to the partner's auditor for the other half of a case, or the partner's to ours."""

    id: UUID
    direction: str
    partner: str
    case_id: UUID | None
    case_reference: str | None
    reason: str
    state: str
    refusal: str | None
    asked_at: datetime
    asked_by: str | None
    due_at: datetime
    overdue: bool
    answered_at: datetime | None
    withheld: int


class ReleasableEntry(BaseModel):
    entry: int
    at: datetime
    event: str
    role: str | None
    code: str | None
    case_id: UUID
    released: bool


class OneExtract(Extract):
    position: int
    entries: list[ReleasableEntry]
    moves: list[Move]


class Account(BaseModel):
    case_id: UUID
    consents: Page[ConsentStep]
    disclosures: Page[Disclosure]
    readings: Page[ReaderTally]
    attempts: Page[AttemptTally]
    halves: Page[HalfEntry]


class File(BaseModel):
    """Something of which no member is shown: its bytes are."""


HEAD = Question("audit", "get_chain_head", "/v1/chain", Head)
VERIFICATIONS = Question("audit", "list_verifications", "/v1/chain/verifications", Page[Verification])
RECALLS = Question("audit", "list_open_recalls", "/v1/recalls", Page[OpenRecall])
EXTRACTS = Question("audit", "list_extracts", "/v1/extracts", Page[Extract])
EXTRACT = Question("audit", "get_extract", "/v1/extracts/{request_id}", OneExtract)
ENTRIES = Question("audit", "list_entries", "/v1/entries", Page[Entry])
EXPORT = Question("audit", "export_entries", "/v1/exports/entries", File)
ACCOUNT = Question("audit", "get_account", "/v1/trails/{case_id}/account", Account)
ACCOUNT_PARTS: Mapping[str, Question[Any]] = {
    "consents": Question("audit", "list_logged_consents", "/v1/trails/{case_id}/consents", Page[ConsentStep]),
    "disclosures": Question(
        "audit", "list_logged_disclosures", "/v1/trails/{case_id}/disclosures", Page[Disclosure]
    ),
    "readings": Question("audit", "list_logged_readings", "/v1/trails/{case_id}/readings", Page[ReaderTally]),
    "attempts": Question(
        "audit", "list_logged_attempts", "/v1/trails/{case_id}/attempts", Page[AttemptTally]
    ),
    "halves": Question("audit", "list_logged_halves", "/v1/trails/{case_id}/halves", Page[HalfEntry]),
}
"""By the member of the account that has its first page."""
