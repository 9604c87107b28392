"""The request for a disclosure, and the authority that answers it: values, which a fact carries as they were then."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.disclosure import REFERRAL


@dataclass(frozen=True, slots=True)
class Request:
    """A request to disclose: who asks to send which fields to whom, and to what end."""

    referral_id: UUID
    case_id: UUID
    purpose: str
    sender: str
    recipient: str
    recipient_cell: str
    recipient_role: str
    service: str
    urgency: str
    fields: tuple[str, ...]
    kind: str = REFERRAL


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority of a disclosure: the record's revision, the agreement, and exactly which fields."""

    consent_id: UUID
    revision: int
    revision_hash: str
    agreement_id: str
    agreement_version: int
    agreement_sha256: str
    fields: tuple[str, ...]
    fields_hash: str
    withheld: tuple[tuple[str, str], ...]
    back_categories: tuple[str, ...]
    valid_until: datetime
    basis: str | None = None
    """The basis where that is not her consent, and the law behind it."""
    law: str | None = None
