"""Rows whose values are still sealed, as queries answer them and routes open them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.casefile.domain.received import ReceivedState


@dataclass(frozen=True, slots=True)
class SealedRevision:
    """One revision of a person's fields: field → ciphertext, None where it was removed."""

    revision: int
    values: Mapping[str, str | None]
    reason: str | None
    organisation: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SealedReceived:
    """One disclosure with its grant, and the ciphertexts of its fields."""

    id: UUID
    state: ReceivedState
    closed_for: str | None
    sender: str
    sender_cell: str
    organisation: str
    purpose: str
    fields: tuple[str, ...]
    valid_until: datetime
    corrected: tuple[str, ...]
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SealedCustody:
    """The fields of one transfer that was accepted here."""

    id: UUID
    fields: tuple[str, ...]
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BrokenGlassRow:
    """One breaking and its review; `reason` is sealed under the key of `person_id`."""

    id: UUID
    case_id: UUID
    case_reference: str | None
    by: str
    organisation: str
    at: datetime
    review: str | None
    reason: str
    reviewed_at: datetime | None
    reviewed_by: str | None
    person_id: UUID
