"""What happened to a return, as its verbs say it; `outgoing` maps each to an event or to the log."""

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
class ReturnDecided(Moved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnAssessed(Moved):
    """`grounds` are ciphertext under her key."""

    result: str
    grounds: str | None


@dataclass(frozen=True, slots=True)
class ReturnBlocked(Moved):
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnCleared(Moved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnDeparted(Moved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnArrived(Moved):
    pass


@dataclass(frozen=True, slots=True)
class ReturnClosed(Moved):
    outcome: str


@dataclass(frozen=True, slots=True)
class ReturnWithdrawn(Moved):
    pass


@dataclass(frozen=True, slots=True)
class Ignored:
    """A code was heard that does not fit where the half stands; `state` is None where there is no such half here."""

    return_id: UUID
    half: str
    heard: str
    state: str | None


Fact = Moved | Ignored
