"""The facts of a return, as its verbs return them; `outgoing` maps each to an event, to due work, or to the log."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class HalfMoved:
    """One half moved, or was kept from moving; `half` says which."""

    case_id: UUID
    return_id: UUID
    half: str
    sender: str
    receiver: str
    receiver_cell: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReturnRequested(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnCounselled(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnDecided(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnConfirmed(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnChecked(HalfMoved):
    """A check was recorded: `check` is of the list `return_check`; the finding is ciphertext under her key."""

    check: str
    standing: bool
    grounds: str | None


@dataclass(frozen=True, slots=True)
class ReturnAssessed(HalfMoved):
    """A risk assessment was recorded; its `grounds` are ciphertext under her key."""

    result: str
    grounds: str | None


@dataclass(frozen=True, slots=True)
class ReturnBlocked(HalfMoved):
    reason: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReturnCleared(HalfMoved):
    result: str | None


@dataclass(frozen=True, slots=True)
class ReturnSuspended(HalfMoved):
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnResumed(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnDeparted(HalfMoved):
    expected_at: datetime | None
    handover: str | None
    escorted: bool | None


@dataclass(frozen=True, slots=True)
class ReturnOverdue(HalfMoved):
    expected_at: datetime


@dataclass(frozen=True, slots=True)
class ReturnMissed(HalfMoved):
    recorded_by: str


@dataclass(frozen=True, slots=True)
class ReturnTurnedBack(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnArrived(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnClosed(HalfMoved):
    outcome: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class ReturnWithdrawn(HalfMoved):
    pass


@dataclass(frozen=True, slots=True)
class ArrivalExpected:
    """A clock runs from here: at this time somebody must have said whether she arrived."""

    return_id: UUID
    half: str
    expected_at: datetime


@dataclass(frozen=True, slots=True)
class CodeIgnored:
    """A code was heard that does not fit where the half stands; `state` is None where there is no such half here."""

    return_id: UUID
    half: str
    heard: str
    state: str | None


Fact = HalfMoved | ArrivalExpected | CodeIgnored
