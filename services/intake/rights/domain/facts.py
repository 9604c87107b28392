"""The facts of erasures."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ErasureRequested:
    case_id: UUID
    erasure_id: UUID


@dataclass(frozen=True, slots=True)
class ErasureCancelled:
    case_id: UUID
    erasure_id: UUID


@dataclass(frozen=True, slots=True)
class ErasureRefused:
    case_id: UUID
    erasure_id: UUID
    law: str


@dataclass(frozen=True, slots=True)
class ErasureConfirmed:
    case_id: UUID
    erasure_id: UUID


@dataclass(frozen=True, slots=True)
class ErasureDue:
    """The key is to be destroyed, as soon as nothing is kept under it."""

    erasure_id: UUID
    case_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True)
class CaseErased:
    case_id: UUID
    at: datetime
    epoch: str


ErasureFact = (
    ErasureRequested | ErasureCancelled | ErasureRefused | ErasureConfirmed | ErasureDue | CaseErased
)
