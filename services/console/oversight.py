"""Answers of the services that a supervisor, an auditor and an operator are shown, in the way of `answers`."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, RootModel

from services.console.answers import Move, Page
from services.console.asking import Question


class LateReferral(BaseModel):
    case_id: UUID
    case_reference: str | None
    workers: list[str]
    sender: str
    recipient: str
    respond_by: datetime | None
    waiting_for: str | None


class LateReturn(BaseModel):
    case_id: UUID
    case_reference: str | None
    workers: list[str]
    sender: str
    receiver: str
    state: str
    waiting_for: str | None


class Leave(BaseModel):
    id: UUID
    worker: str
    cover: str
    first_day: date
    last_day: date
    state: str
    left_out: list[UUID]
    version: int
    moves: list[Move]


class LoggedRead(BaseModel):
    time: datetime
    actor: str
    organisation: str
    purpose: str
    allowed: bool
    resource: str | None
    fields: list[str]
    action: str | None
    count: int


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


class Account(BaseModel):
    case_id: UUID
    consents: Page[ConsentStep]
    disclosures: Page[Disclosure]
    readings: Page[ReaderTally]
    attempts: Page[AttemptTally]
    halves: Page[HalfEntry]


class File(BaseModel):
    """Something of which no member is shown: its bytes are."""


class Health(BaseModel):
    status: str
    problems: dict[str, str] = {}
    degraded: dict[str, str] = {}


class StuckWork(BaseModel):
    id: UUID
    kind: str
    attempts: int
    last_error: str | None
    moves: list[Move]


class Cause(BaseModel):
    id: str
    reason: str
    place: str
    streams: int
    events: int
    since: datetime
    moves: list[Move]


class Causes(RootModel[list[Cause]]):
    """A list that is no page of a longer one."""


class Replay(BaseModel):
    state: str
    reason: str
    streams: int
    freed: int
    still_parked: int
    begun_at: datetime


class Partner(BaseModel):
    cell: str
    present: bool
    present_at: datetime | None
    window: int
    waiting: int
    trust_list_issued: datetime | None
    trust_list_stale: bool
    broker_trouble: str | None
    gaps: int
    chain_breaks: int
    quarantined: int
    closed: str | None


class Agreement(BaseModel):
    id: str
    version: int
    cells: list[str]
    purposes: list[str]
    valid_from: datetime
    valid_until: datetime
    suspended: bool


class Key(BaseModel):
    kid: str
    organisation: str
    use: str
    not_before: datetime | None
    not_after: datetime | None
    listed: bool
    lost_since: datetime | None


class Proposal(BaseModel):
    id: UUID
    change: str
    state: str
    expired: bool
    overdue: bool
    organisation: str
    name: str | None
    role: str | None
    type: str | None
    status: str | None
    worker: str | None
    staff_role: str | None
    cases_to: str | None
    cases_to_organisation: str | None
    ticket: str
    proposed_by: str
    proposed_at: datetime
    due_at: datetime
    moves: list[Move]


LATE_REFERRALS = Question("referral", "list_referrals", "/v1/referrals", Page[LateReferral])
LATE_RETURNS = Question("returns", "list_returns", "/v1/returns", Page[LateReturn])
LEAVES = Question("intake", "list_leaves", "/v1/leaves", Page[Leave])
READINGS = Question("audit", "list_readings", "/v1/cases/{case_id}/readings", Page[LoggedRead])
HEAD = Question("audit", "get_chain_head", "/v1/chain", Head)
VERIFICATIONS = Question("audit", "list_verifications", "/v1/chain/verifications", Page[Verification])
RECALLS = Question("audit", "list_open_recalls", "/v1/recalls", Page[OpenRecall])
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
FAILED_WORK = Question("{service}", "list_failed_work", "/v1/work", Page[StuckWork])
OWN_WORK = Question("intake", "list_failed_work", "/v1/work", Page[StuckWork])
"""Of one service; whoever is shown it is shown that of each."""
CAUSES = Question("{service}", "list_parked_causes", "/v1/parked/causes", Causes)
REPLAYS = Question("{service}", "list_replays", "/v1/replays", Page[Replay])
READINESS = Question("{service}", "get_readiness", "/health/ready", Health)
PARTNERS = Question("exchange", "list_partners", "/v1/partners", Page[Partner])
AGREEMENTS = Question("exchange", "list_agreements", "/v1/agreements", Page[Agreement])
KEYS = Question("exchange", "list_keys", "/v1/keys", Page[Key])
PROPOSALS = Question("directory", "list_proposals", "/v1/proposals", Page[Proposal])
PROPOSAL = Question("directory", "get_proposal", "/v1/proposals/{proposal_id}", Proposal)
