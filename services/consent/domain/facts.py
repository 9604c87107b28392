"""The facts that the verbs of this domain return; `outgoing` maps each to an event or to work that is due."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.consent.domain.request import Authority, Request
from services.consent.domain.terms import Terms


@dataclass(frozen=True, slots=True)
class TermsSet:
    """A revision of a record set terms. They are those of that revision, whatever is done to the record afterwards."""

    case_id: UUID
    consent_id: UUID
    revision: int
    revision_hash: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class ConsentGiven(TermsSet):
    """A consent was given or renewed."""


@dataclass(frozen=True, slots=True)
class ConsentRequested:
    """A record permits nothing until somebody has acted: `awaits` is a code of `disclosure_refusal`."""

    case_id: UUID
    consent_id: UUID
    revision: int
    awaits: str


@dataclass(frozen=True, slots=True)
class ConsentNarrowed(TermsSet):
    """A part was taken back; the terms are those that are left."""


@dataclass(frozen=True, slots=True)
class ConsentRefused:
    case_id: UUID
    consent_id: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class ConsentWithdrawn:
    case_id: UUID
    consent_id: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class ConsentExpired:
    case_id: UUID
    consent_id: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class ConsentEnding:
    """A consent ends soon: `reason` is a code of `consent_ending`."""

    case_id: UUID
    consent_id: UUID
    revision: int
    reason: str


@dataclass(frozen=True, slots=True)
class ConsentRevoked:
    case_id: UUID
    consent_id: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class ProtectionRequested(TermsSet):
    """An immediate protection was asked for. It permits nothing before one of `approvers` has approved it."""

    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProtectionDeclined:
    """Declined: by another than `asked_by`, who waits for it, or taken back, and then nobody waits."""

    case_id: UUID
    consent_id: UUID
    revision: int
    asked_by: str | None


@dataclass(frozen=True, slots=True)
class ProtectionLapsed:
    case_id: UUID
    consent_id: UUID
    revision: int
    asked_by: str | None


@dataclass(frozen=True, slots=True)
class ProtectionRecorded(TermsSet):
    """An immediate protection is in force in place of a consent: a second person approved it."""


@dataclass(frozen=True, slots=True)
class ProtectionReviewed:
    case_id: UUID
    consent_id: UUID
    revision: int
    upheld: bool


@dataclass(frozen=True, slots=True)
class ProtectionUnreviewed:
    case_id: UUID
    consent_id: UUID
    organisation: str


@dataclass(frozen=True, slots=True)
class ReviewDue:
    """The time by which a third person of the organisation has looked at the reasons, or its supervisors are alarmed."""

    consent_id: UUID
    organisation: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ExpiryDue:
    """A validity ends then. One for each revision that sets a validity, so that a renewal is not bound by the date
    before it.
    """

    consent_id: UUID
    revision: int
    at: datetime


@dataclass(frozen=True, slots=True)
class HandOverAsked:
    """She agreed to be handed over: the transfer is to be sent."""

    request: Request
    at: datetime


@dataclass(frozen=True, slots=True)
class DisclosureAuthorised:
    disclosure_id: UUID
    request: Request
    authority: Authority


@dataclass(frozen=True, slots=True)
class DisclosureRefused:
    case_id: UUID
    disclosure_id: UUID
    referral_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class DisclosureRecalled:
    case_id: UUID
    disclosure_id: UUID
    referral_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class DisclosureCorrected:
    """The recipient was given fields that have other values by now, and no newer value follows. Names, never a value."""

    case_id: UUID
    disclosure_id: UUID
    referral_id: UUID
    revision: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FenceDue:
    """A recalled disclosure may have a token that is under way: exchange is asked until it has fenced it."""

    disclosure_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class ReadingEndDue:
    """The referral has ended, and the agreement leaves its recipient some time: then the disclosure is recalled for
    this reason.
    """

    disclosure_id: UUID
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LengthenDue:
    """A disclosure under this record ends a day later, although she has agreed to longer by now."""

    consent_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class LookDue:
    """The disclosures under this agreement are then compared with the agreement as it stands at that time."""

    agreement_id: str
    version: int
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NoticeChanged:
    """A notice was written, proposed, put in force, superseded or withdrawn, or somebody asked that it is withdrawn. `version` is
    its name, `revision` its own.
    """

    version: str
    language: str
    state: str
    revision: int
    sha256: str
    withdrawal_asked: bool = False


Fact = (
    ConsentGiven
    | ConsentRequested
    | ConsentNarrowed
    | ConsentRefused
    | ConsentWithdrawn
    | ConsentExpired
    | ConsentEnding
    | ConsentRevoked
    | ProtectionRequested
    | ProtectionDeclined
    | ProtectionLapsed
    | ProtectionRecorded
    | ProtectionReviewed
    | ProtectionUnreviewed
    | ReviewDue
    | ExpiryDue
    | HandOverAsked
    | DisclosureAuthorised
    | DisclosureRefused
    | DisclosureCorrected
    | DisclosureRecalled
    | FenceDue
    | ReadingEndDue
    | LengthenDue
    | LookDue
    | NoticeChanged
)
