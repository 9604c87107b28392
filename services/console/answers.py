"""Answers of the services, as far as the pages show them: the members that are used, and no others.

`tests/console/test_answers.py` holds each against the document of its service.
"""

from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, RootModel

from services.console.asking import Paper, Question

T = TypeVar("T")
Values = str | list[str]


class Move(BaseModel):
    """Something that its reader may do now, as the service says."""

    verb: str
    path: str
    needs: list[str] = []
    blocked_by: list[str] = []


class Count(BaseModel):
    counted: int
    more: bool


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = None
    moves: list[Move] = []


class CountedPage(Page[T], Generic[T]):
    count: Count | None = None


class ShownPerson(BaseModel):
    name: str | None
    languages: list[str]
    born: str | None


class Case(BaseModel):
    id: UUID
    reference: str | None
    organisation: str
    workers: list[str]
    covers: list[str]
    channel: str
    urgency: str
    opened_at: datetime
    updated_at: datetime
    state: str
    age_group: str
    flagged: bool
    on_hold: bool
    unattended: bool
    waiting_for: str | None
    next: str | None
    next_at: datetime | None


class ListedCase(Case):
    person: ShownPerson | None
    own_number: str | None


class OneCase(Case):
    moves: list[Move]


class ReceivedFields(BaseModel):
    disclosure_id: UUID
    sender: str
    sender_cell: str
    purpose: str
    valid_until: datetime
    closed: str | None
    fields: dict[str, Values]
    changed: list[str]


class Fields(BaseModel):
    """Fields of a case file. `flags`: recorded here; `standing_flags`: those, else the ones that came with her."""

    own_number: str | None
    fields: dict[str, Values]
    flags: list[str]
    standing_flags: list[str]
    received: list[ReceivedFields]


class NeedsRevision(BaseModel):
    urgency: str
    needs: list[str]
    note: str | None
    at: datetime
    by: str


class LinkedCase(BaseModel):
    id: UUID
    reference: str | None


class Dependant(BaseModel):
    """A link of a case with another; of whoever reads one of the two alone, nothing of who it is."""

    id: UUID
    case_id: UUID
    here: bool
    depends: bool | None
    relation: str | None
    other: LinkedCase | None
    linked_at: datetime
    linked_by: str | None
    ended_at: datetime | None
    reason: str | None
    moves: list[Move]


class Note(BaseModel):
    id: UUID
    category: str
    text: str | None
    state: str
    by: str
    at: datetime
    revision: int
    reason: str | None
    moves: list[Move]


class Recipient(BaseModel):
    organisation: str


class Terms(BaseModel):
    purposes: list[str]
    recipients: list[Recipient]


class Consent(BaseModel):
    state: str
    valid_until: datetime
    created_at: datetime
    terms: Terms


class Referral(BaseModel):
    referral_id: UUID
    case_id: UUID
    case_reference: str | None
    half: str
    kind: str
    state: str
    sender: str
    recipient: str
    service: str
    purpose: str
    urgency: str
    created_at: datetime
    respond_by: datetime | None
    late: bool
    waiting_for: str | None


class ListedReferral(Referral):
    workers: list[str]


class WithheldField(BaseModel):
    field: str
    reason: str


class OneReferral(Referral):
    moves: list[Move]
    asked: list[str]
    disclosure_id: UUID | None
    fields: list[str]
    withheld: list[WithheldField]
    reason: str | None
    outcome: str | None
    sent_at: datetime | None
    received_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None


class Preview(BaseModel):
    sent: list[str]
    withheld: list[WithheldField]
    refusal: str | None
    back_categories: list[str]
    basis: str | None
    law: str | None
    expires: datetime | None


class Task(BaseModel):
    id: UUID
    kind: str
    state: str
    worker: str | None
    due_at: datetime | None
    due_on: date | None
    overdue: bool
    step: str | None
    text: str | None


class ListedTask(Task):
    case_id: UUID | None
    case_reference: str | None
    cancel_offered: bool


class OneTask(ListedTask):
    moves: list[Move]
    remind_at: datetime | None
    raised_at: datetime
    raised_by: str
    ended_at: datetime | None
    ended_by: str | None


class Hold(BaseModel):
    id: UUID
    until: datetime
    placed_at: datetime
    lifted_at: datetime | None
    in_force: bool
    moves: list[Move]


class Holds(RootModel[list[Hold]]):
    pass


class ClosingReason(BaseModel):
    reason: str | None
    note: str | None
    by: str
    at: datetime


class CaseEnd(BaseModel):
    closed: ClosingReason | None
    resumed: ClosingReason | None
    blocked_by: list[str]
    moves: list[Move]


class TimelineEntry(BaseModel):
    at: datetime
    label: str
    elsewhere: bool
    organisation: str
    by: str | None


class Load(BaseModel):
    worker: str | None
    open_cases: int
    unopened_cases: int
    open_tasks: int
    overdue_tasks: int
    unanswered_referrals: int
    unanswered_recalls: int


class Organisation(BaseModel):
    id: str
    name: str
    cell: str
    services: list[str]


class ServiceDetails(BaseModel):
    """Of what a directory has of a service, what is shown before somebody is referred to it."""

    languages: list[str] = []
    minimum_age: int | None = None
    maximum_age: int | None = None
    interpretation_services: str | None = None
    eligibility_description: str | None = None
    wait_time: str | None = None
    alert: str | None = None
    schedules: list[dict[str, Any]] = []


class OfferedService(BaseModel):
    service: str
    name: str
    status: str
    capacity: str
    details: ServiceDetails


class OneOrganisation(BaseModel):
    id: str
    name: str
    cell: str
    role: str
    status: str
    suspended: bool
    services: list[OfferedService]


class Notice(BaseModel):
    case_id: UUID | None
    case_reference: str | None
    template: str
    priority: str
    created_at: datetime


CASES = Question("intake", "list_cases", "/v1/cases", CountedPage[ListedCase])
CASE = Question("intake", "get_case", "/v1/cases/{case_id}", OneCase)
FIELDS = Question("intake", "get_fields", "/v1/cases/{case_id}/fields", Fields)
NEEDS = Question("intake", "list_needs", "/v1/cases/{case_id}/needs", Page[NeedsRevision])
NOTES = Question("intake", "list_notes", "/v1/cases/{case_id}/notes", Page[Note])
DEPENDANTS = Question("intake", "list_dependants", "/v1/cases/{case_id}/dependants", Page[Dependant])
TASKS = Question("intake", "list_tasks", "/v1/tasks", Page[ListedTask])
NOTE = Question("intake", "get_note", "/v1/cases/{case_id}/notes/{note_id}", Note)
TASK = Question("intake", "get_task", "/v1/tasks/{task_id}", OneTask)
HOLDS = Question("intake", "list_holds", "/v1/cases/{case_id}/holds", Holds)
HOLD_PAPER = Paper("intake", "get_hold_paper", "/v1/cases/{case_id}/holds/{hold_id}/paper")
CLOSING = Question("intake", "get_closing", "/v1/cases/{case_id}/closing", CaseEnd)
TEAM = Question("intake", "list_team", "/v1/team", Page[Load])
CONSENTS = Question("consent", "list_consents", "/v1/cases/{case_id}/consents", Page[Consent])
REFERRALS = Question("referral", "list_referrals", "/v1/referrals", CountedPage[ListedReferral])
REFERRAL = Question("referral", "get_referral", "/v1/referrals/{referral_id}", OneReferral)
PREVIEW = Question("referral", "preview_referral", "/v1/referrals/{referral_id}/preview", Preview)
TIMELINE = Question("audit", "list_timeline_entries", "/v1/cases/{case_id}/timeline", Page[TimelineEntry])
ORGANISATIONS = Question("directory", "list_organisations", "/v1/organisations", Page[Organisation])
ORGANISATION = Question("directory", "get_organisation", "/v1/organisations/{organisation}", OneOrganisation)
INBOX = Question("notify", "list_notices", "/v1/inbox", Page[Notice])
