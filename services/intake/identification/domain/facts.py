"""The assessments and decisions of persons about a case, as facts; `outgoing` makes events of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CaseScreened:
    case_id: UUID
    screening_id: UUID
    checklist: str
    checklist_version: str
    result: str
    corrects: UUID | None = None


@dataclass(frozen=True, slots=True)
class CaseIdentified:
    case_id: UUID
    revision: int
    deciding_organisation: str
    status: str


@dataclass(frozen=True, slots=True)
class NeedsAssessed:
    case_id: UUID
    assessment_id: UUID
    urgency: str
    needs: str


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    case_id: UUID
    hold_id: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class HoldLifted:
    case_id: UUID
    hold_id: UUID


Fact = CaseScreened | CaseIdentified | NeedsAssessed | HoldPlaced | HoldLifted
