"""Rows whose values are still sealed, as queries answer them and routes open them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ScreeningRow:
    id: UUID
    requested: str
    checklist_version: str
    corrects: UUID | None
    reason: str | None
    result: str
    answers: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class FormRow:
    form: str
    form_version: str
    answers: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class StatusRow:
    revision: int
    organisation: str
    deciding_organisation: str
    status: str
    reasons: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class NeedsRow:
    id: UUID
    urgency: str
    needs: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class AgeAssessmentRow:
    revision: int
    organisation: str
    age_group: str
    evidence: str
    reasons: str
    at: datetime
    by: str
