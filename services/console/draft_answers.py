"""Answers of intake about what was begun, the questions of a checklist, and one's own submissions, as far as pages show them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, RootModel

from services.console.answers import Move, Page, Values
from services.console.asking import Order, Question


class Draft(BaseModel):
    id: UUID
    kind: str
    case_id: UUID
    case_reference: str | None
    worker: str
    state: str
    urgency: str
    flagged: bool
    checklist: str | None
    checklist_version: str | None
    result_id: UUID | None
    started_at: datetime
    updated_at: datetime
    updated_by: str


class OneDraft(Draft):
    channel: str | None
    fields: dict[str, Values]
    languages: list[str]
    flags: list[str]
    answers: dict[str, str]
    form: str | None
    form_version: str | None
    form_answers: dict[str, Values]
    moves: list[Move]


class AskedQuestion(BaseModel):
    indicator: str
    ask: str
    why: str | None


class Section(BaseModel):
    dimension: str
    title: str
    why: str | None
    questions: list[AskedQuestion]


class Checklist(BaseModel):
    title: str
    reviewed: bool
    sections: list[Section]


class Choice(BaseModel):
    code: str
    label: str


class FormQuestion(BaseModel):
    question: str
    ask: str
    why: str | None
    kind: str
    choices: list[Choice]
    field: str | None


class FormSection(BaseModel):
    title: str
    why: str | None
    questions: list[FormQuestion]


class IntakeForm(BaseModel):
    form: str
    version: str
    sections: list[FormSection]


class IntakeForms(RootModel[list[IntakeForm]]):
    pass


class ListedScreening(BaseModel):
    id: UUID
    corrects: UUID | None
    requested: str
    at: datetime
    by: str


class Dimension(BaseModel):
    name: str
    positive: bool


class ScreeningResult(BaseModel):
    """A screening with its answers. `reason`: why it took the place of another."""

    id: UUID
    corrected: bool
    corrects: UUID | None
    reason: str | None
    requested: str
    version: str
    outcome: str
    dimensions: list[Dimension]
    answers: dict[str, str]
    at: datetime
    by: str
    moves: list[Move]


class Submission(BaseModel):
    id: UUID
    reference: str | None
    submitted_at: datetime
    state: str
    to: str | None
    at: datetime


DRAFTS = Question("intake", "list_drafts", "/v1/drafts", Page[Draft])
DRAFT = Question("intake", "get_draft", "/v1/drafts/{draft_id}", OneDraft)
CHECKLIST = Question("intake", "get_checklist", "/v1/checklists/{checklist}/versions/{version}", Checklist)
FORMS = Question("intake", "list_forms", "/v1/forms", IntakeForms)
FORM = Question("intake", "get_form", "/v1/forms/{form}/versions/{version}", IntakeForm)
SCREENINGS = Question("intake", "list_screenings", "/v1/cases/{case_id}/screenings", Page[ListedScreening])
SCREENING = Question(
    "intake", "get_screening", "/v1/cases/{case_id}/screenings/{screening_id}", ScreeningResult
)
CORRECT_SCREENING = Order(
    "intake", "correct_screening", "POST", "/v1/cases/{case_id}/screenings/{screening_id}/correct"
)
SUBMISSIONS = Question("intake", "list_submissions", "/v1/submissions", Page[Submission])
SUBMISSION = Question("intake", "get_submission", "/v1/submissions/{case_id}", Submission)
