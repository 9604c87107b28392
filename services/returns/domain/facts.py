"""What happened to a return, as its verbs say it; `outgoing` maps each to an event, to due work, or to the log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Moved:
    """One half moved, or was kept from moving; `half` says which."""

    case_id: UUID
    return_id: UUID
    half: str
    sender: str
    receiver: str
    receiver_cell: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReturnRequested(Moved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnCounselled(Moved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnDecided(Moved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnConfirmed(Moved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnChecked(Moved):
    """`check` is of the list `return_check`; what was found is ciphertext under her key."""

    check: str
    standing: bool
    grounds: str | None


@dataclass(frozen=True, slots=True)
class ReturnAssessed(Moved):
    """`grounds` are ciphertext under her key."""

    result: str
    grounds: str | None


@dataclass(frozen=True, slots=True)
class ReturnBlocked(Moved):
    reason: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReturnCleared(Moved):
    result: str | None


@dataclass(frozen=True, slots=True)
class ReturnSuspended(Moved):
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnResumed(Moved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnDeparted(Moved):
    expected_at: datetime | None
    handover: str | None
    escorted: bool | None


@dataclass(frozen=True, slots=True)
class ReturnOverdue(Moved):
    expected_at: datetime


@dataclass(frozen=True, slots=True)
class ReturnMissed(Moved):
    recorded_by: str


@dataclass(frozen=True, slots=True)
class ReturnTurnedBack(Moved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnArrived(Moved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnClosed(Moved):
    outcome: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class ReturnWithdrawn(Moved):
    pass


@dataclass(frozen=True, slots=True)
class ArrivalExpected:
    """A clock runs from here: at this time somebody must have said whether she arrived."""

    return_id: UUID
    half: str
    expected_at: datetime


@dataclass(frozen=True, slots=True)
class Ignored:
    """A code was heard that does not fit where the half stands; `state` is None where there is no such half here."""

    return_id: UUID
    half: str
    heard: str
    state: str | None


Fact = Moved | ArrivalExpected | Ignored
