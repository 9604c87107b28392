"""The facts of a referral, as its verbs return them; `outgoing` maps each to an event, to due work, or to the log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class HalfMoved:
    """One half moved; `half` says which."""

    case_id: UUID
    referral_id: UUID
    half: str
    sender: str
    recipient: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReferralSent:
    case_id: UUID
    referral_id: UUID
    sender: str
    recipient: str
    recipient_cell: str
    recipient_role: str
    purpose: str
    service: str
    urgency: str
    fields: tuple[str, ...]
    at: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class TransferMoved:
    """The sender's half of a transfer: it decides who has the case."""

    case_id: UUID
    referral_id: UUID
    recipient: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReferralReceived(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReferralAccepted(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReferralRejected(HalfMoved):
    reason: str


@dataclass(frozen=True, slots=True)
class ReferralStarted(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReferralHeld(HalfMoved):
    reason: str


@dataclass(frozen=True, slots=True)
class ReferralResumed(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReferralCompleted(HalfMoved):
    outcome: str


@dataclass(frozen=True, slots=True)
class ReferralFailed(HalfMoved):
    reason: str


@dataclass(frozen=True, slots=True)
class ReferralCancelled(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReferralCorrected(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReferralRevoked(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReferralReminded(HalfMoved):
    """Half of the time has gone and nobody has answered."""


@dataclass(frozen=True, slots=True)
class ReferralExpired(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReminderDue:
    referral_id: UUID
    half: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ExpiryDue:
    referral_id: UUID
    half: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CodeIgnored:
    """A code of the other half does not fit where this half stands; `state` is None where there is no such half here."""

    referral_id: UUID
    half: str
    heard: str
    state: str | None


Fact = HalfMoved | ReferralSent | TransferMoved | ReminderDue | ExpiryDue | CodeIgnored
