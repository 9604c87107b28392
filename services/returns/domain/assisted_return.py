"""One half of an assisted voluntary return. The decision is hers; assistance where she stays never depends on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from services.returns.domain import facts
from services.returns.domain.facts import Fact, Ignored, Moved
from services.returns.domain.states import FOLLOWS, MOVES, Half, State, Verb, WrongHalf, WrongMove

UNSAFE = "unsafe"
NOT_DISCLOSED = "not-disclosed"
"""Said by a half that followed where the other side told that it closed, and not how: her consent decides what is told."""

ASSESSMENT_MISSING, RISK_UNSAFE = "risk-assessment-missing", "risk-unsafe"
"""What blocks a clearance; codes of the list `return_block`."""

_SAYS: Mapping[Verb, type[Any]] = MappingProxyType(
    {
        Verb.DECIDE: facts.ReturnDecided,
        Verb.ASSESS: facts.ReturnAssessed,
        Verb.CLEAR: facts.ReturnCleared,
        Verb.DEPART: facts.ReturnDeparted,
        Verb.ARRIVE: facts.ReturnArrived,
        Verb.CLOSE: facts.ReturnClosed,
        Verb.WITHDRAW: facts.ReturnWithdrawn,
    }
)


@dataclass(slots=True)
class Return:
    """`result` is of the list `risk_result`; `grounds` is ciphertext, and only in the sending half. `assessor` is who
    assessed, by pseudonym. `stored` is the version that the database has; 0 when new.
    """

    id: UUID
    half: Half
    case_id: UUID
    sender: str
    receiver: str
    receiver_cell: str
    requested_at: datetime
    state: State = State.REQUESTED
    result: str | None = None
    grounds: str | None = None
    assessor: str | None = None
    outcome: str | None = None
    decided_at: datetime | None = None
    assessed_at: datetime | None = None
    cleared_at: datetime | None = None
    departed_at: datetime | None = None
    arrived_at: datetime | None = None
    closed_at: datetime | None = None
    withdrawn_at: datetime | None = None
    version: int = 1
    stored: int = 0

    @property
    def organisation(self) -> str:
        """Whose half it is."""
        return self.sender if self.half is Half.SENDING else self.receiver

    @property
    def changed(self) -> bool:
        return self.version != self.stored

    def request(self, now: datetime) -> list[Fact]:
        """What a new one says of itself."""
        return [self._fact(facts.ReturnRequested, now)]

    def opened(self, now: datetime) -> list[Fact]:
        """What a receiving half says of itself: it begins cleared."""
        return [self._fact(facts.ReturnCleared, now)]

    def decide(self, now: datetime) -> list[Fact]:
        """Her own decision, informed, recorded by a worker."""
        return self._move(Verb.DECIDE, now)

    def assess(self, result: str, grounds: str | None, assessor: str, now: datetime) -> list[Fact]:
        """A later assessment replaces the one before."""
        self._gate(Verb.ASSESS)
        self.result, self.grounds, self.assessor = result, grounds, assessor
        return self._take(Verb.ASSESS, now, result=result, grounds=grounds)

    def clear(self, now: datetime) -> list[Fact]:
        """Cleared, or blocked for a reason that is said while the state stays as it is."""
        self._gate(Verb.CLEAR)
        if self.result is None:
            return [self._fact(facts.ReturnBlocked, now, reason=ASSESSMENT_MISSING)]
        if self.result == UNSAFE:
            return [self._fact(facts.ReturnBlocked, now, reason=RISK_UNSAFE)]
        return self._take(Verb.CLEAR, now)

    def depart(self, now: datetime) -> list[Fact]:
        return self._move(Verb.DEPART, now)

    def arrive(self, now: datetime) -> list[Fact]:
        """Confirmed where she arrives, never assumed from a departure."""
        return self._move(Verb.ARRIVE, now)

    def close(self, outcome: str, now: datetime) -> list[Fact]:
        self._gate(Verb.CLOSE)
        return self._end(outcome, now)

    def withdraw(self, now: datetime) -> list[Fact]:
        """By her, at any time before departure; no reason is asked. Said again it is the same, and said to nobody."""
        if self.half is Half.SENDING and self.state is State.WITHDRAWN:
            return []
        return self._move(Verb.WITHDRAW, now)

    def follow(self, verb: Verb, now: datetime, outcome: str | None = None) -> list[Fact]:
        """Do what the other half did, if that fits where this one stands; else only note that it was heard."""
        if self.state not in FOLLOWS[self.half].get(verb, frozenset()):
            return [Ignored(self.id, self.half, verb, self.state)]
        return self._end(outcome, now) if verb is Verb.CLOSE else self._take(verb, now)

    def _end(self, outcome: str | None, now: datetime) -> list[Fact]:
        self.outcome = outcome
        return self._take(Verb.CLOSE, now, outcome=outcome or NOT_DISCLOSED)

    def _move(self, verb: Verb, now: datetime) -> list[Fact]:
        self._gate(verb)
        return self._take(verb, now)

    def _gate(self, verb: Verb) -> None:
        move = MOVES[verb]
        if self.half is not move.by:
            raise WrongHalf(verb, self.half)
        if self.state not in move.start:
            raise WrongMove(verb, self.state)

    def _take(self, verb: Verb, now: datetime, **carried: str | None) -> list[Fact]:
        """The one place where a state changes."""
        self.state, self.version = MOVES[verb].to, self.version + 1
        setattr(self, f"{self.state}_at", now)
        return [self._fact(_SAYS[verb], now, **carried)]

    def _fact(self, kind: type[Any], now: datetime, **carried: str | None) -> Moved:
        fact: Moved = kind(
            case_id=self.case_id,
            return_id=self.id,
            half=str(self.half),
            sender=self.sender,
            receiver=self.receiver,
            receiver_cell=self.receiver_cell,
            at=now,
            **carried,
        )
        return fact
