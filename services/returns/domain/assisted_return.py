"""One half of an assisted voluntary return. The decision is hers; assistance where she stays never depends on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from services.returns.domain import facts
from services.returns.domain.check import ESCORT, Check
from services.returns.domain.facts import ArrivalExpected, CodeIgnored, Fact, HalfMoved
from services.returns.domain.journey import FollowedMove, Journey, bounded
from services.returns.domain.outcomes import NOT_DISCLOSED, NOT_RETURNED, ONGOING, OUTCOMES
from services.returns.domain.states import (
    ENDED,
    FOLLOWS,
    MOVES,
    Half,
    State,
    Verb,
    WrongHalf,
    WrongMove,
    WrongOutcome,
)

_SAYS: Mapping[Verb, type[Any]] = MappingProxyType(
    {
        Verb.COUNSEL: facts.ReturnCounselled,
        Verb.DECIDE: facts.ReturnDecided,
        Verb.CONFIRM: facts.ReturnConfirmed,
        Verb.CHECK: facts.ReturnChecked,
        Verb.ASSESS: facts.ReturnAssessed,
        Verb.CLEAR: facts.ReturnCleared,
        Verb.SUSPEND: facts.ReturnSuspended,
        Verb.RESUME: facts.ReturnResumed,
        Verb.DEPART: facts.ReturnDeparted,
        Verb.TURN_BACK: facts.ReturnTurnedBack,
        Verb.MISS: facts.ReturnMissed,
        Verb.ARRIVE: facts.ReturnArrived,
        Verb.CLOSE: facts.ReturnClosed,
        Verb.WITHDRAW: facts.ReturnWithdrawn,
        Verb.HAND_OVER: facts.ReturnClosed,
    }
)


@dataclass(slots=True)
class Return:
    """One half of a return. `result` is of the list `risk_result`; `grounds` is ciphertext, and only in the sending
    half. `assessor` and `clearer` are the pseudonyms of those who did it. `stored` is the version that the
    database has; 0 when new.
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
    clearer: str | None = None
    reason: str | None = None
    outcome: str | None = None
    checks: dict[str, Check] = field(default_factory=dict)
    expected_at: datetime | None = None
    handover: str | None = None
    escorted: bool | None = None
    counselled_at: datetime | None = None
    decided_at: datetime | None = None
    confirmed_at: datetime | None = None
    assessed_at: datetime | None = None
    cleared_at: datetime | None = None
    suspended_at: datetime | None = None
    departed_at: datetime | None = None
    overdue_at: datetime | None = None
    missed_at: datetime | None = None
    turned_back_at: datetime | None = None
    arrived_at: datetime | None = None
    closed_at: datetime | None = None
    withdrawn_at: datetime | None = None
    version: int = 1
    stored: int = 0

    @property
    def organisation(self) -> str:
        """The organisation that has this half when it is made."""
        return self.sender if self.half is Half.SENDING else self.receiver

    @property
    def changed(self) -> bool:
        return self.version != self.stored

    @property
    def _withdrawn(self) -> bool:
        return self.half is Half.SENDING and self.state is State.WITHDRAWN

    def request(self, now: datetime) -> list[Fact]:
        """The facts of a new return."""
        return [self._fact(facts.ReturnRequested, now)]

    def opened(self, now: datetime) -> list[Fact]:
        """The facts of a new receiving half, which begins cleared."""
        return [self._fact(facts.ReturnCleared, now, result=self.result)]

    def counsel(self, now: datetime) -> list[Fact]:
        """She was told what awaits her, what stays open to her here, and that she may change her mind."""
        return self._move(Verb.COUNSEL, now)

    def decide(self, now: datetime) -> list[Fact]:
        """Her own decision, informed, recorded by a worker."""
        return self._move(Verb.DECIDE, now)

    def confirm(self, now: datetime) -> list[Fact]:
        """She was asked again, and stands by her decision. Only shortly before she leaves does that count."""
        self._gate(Verb.CONFIRM)
        self.confirmed_at = now
        return self._take(Verb.CONFIRM, now)

    def check(self, kind: str, check: Check) -> list[Fact]:
        """Record a check that the departure needs; a later one of the same kind replaces it, and may take it back."""
        self._gate(Verb.CHECK)
        self.checks = {**self.checks, kind: check}
        return self._take(Verb.CHECK, check.at, check=kind, standing=check.standing, grounds=check.grounds)

    def assess(self, result: str, grounds: str | None, assessor: str, now: datetime) -> list[Fact]:
        """Record a risk assessment; it replaces the one before, and a return that was cleared must be cleared again."""
        self._gate(Verb.ASSESS)
        reopened = [self._fact(facts.ReturnResumed, now)] if self.state is State.CLEARED else []
        self._unclear()
        self.result, self.grounds, self.assessor = result, grounds, assessor
        return [*reopened, *self._take(Verb.ASSESS, now, result=result, grounds=grounds)]

    def clear(self, clearer: str, blocked: tuple[str, ...], now: datetime) -> list[Fact]:
        """Clear, or be blocked for reasons that are said while the state stays as it is."""
        self._gate(Verb.CLEAR)
        if blocked:
            return self._blocked(blocked, now)
        self.clearer = clearer
        return self._take(Verb.CLEAR, now, result=self.result)

    def depart(
        self, expected_at: datetime, handover: str, blocked: tuple[str, ...], now: datetime
    ) -> list[Fact]:
        """Depart, if nothing known by now stands in the way."""
        self._gate(Verb.DEPART)
        if blocked:
            return self._blocked(blocked, now)
        escort = self.checks.get(ESCORT)
        return self._set_out(Journey(expected_at, handover, escort is not None and escort.standing), now)

    def suspend(self, reason: str, now: datetime) -> list[Fact]:
        self._gate(Verb.SUSPEND)
        self._unclear()
        self.reason = reason
        return self._take(Verb.SUSPEND, now, reason=reason)

    def resume(self, now: datetime) -> list[Fact]:
        """Prepare again: she confirms again, and the return is cleared again; after a turning back it is assessed anew."""
        self._gate(Verb.RESUME)
        return self._resumed(now)

    def miss(self, now: datetime) -> list[Fact]:
        """She did not arrive. Said by either side, whichever knows first."""
        self._gate(Verb.MISS)
        return self._take(Verb.MISS, now, recorded_by=str(self.half))

    def turn_back(self, now: datetime) -> list[Fact]:
        """She was turned back on the way and is where she left."""
        return self._move(Verb.TURN_BACK, now)

    def overdue(self, now: datetime) -> list[Fact]:
        """The clock has run out. Said once for a departure, and only while nobody has said whether she arrived."""
        late = self.expected_at is not None and self.expected_at <= now and self.overdue_at is None
        if self.state is not State.DEPARTED or not late:
            return []
        self.overdue_at, self.version = now, self.version + 1
        return [self._fact(facts.ReturnOverdue, now, expected_at=self.expected_at)]

    def arrive(self, now: datetime) -> list[Fact]:
        """Confirmed where she arrives, never assumed from a departure."""
        return self._move(Verb.ARRIVE, now)

    def close(self, outcome: str, now: datetime, *, ongoing: bool = False) -> list[Fact]:
        """Close. `ongoing`: this organisation goes on helping her. Raises WrongOutcome for an outcome that cannot
        follow from where the return stands.
        """
        self._gate(Verb.CLOSE)
        if outcome not in OUTCOMES[self.state] or (outcome == ONGOING and not ongoing):
            raise WrongOutcome
        return self._end(outcome, now, self.half)

    def withdraw(self, now: datetime) -> list[Fact]:
        """Withdraw, by her, at any time before she has arrived; no reason is asked. A second time is the same, and
        said to nobody.
        """
        if self._withdrawn:
            return []
        return self._move(Verb.WITHDRAW, now)

    def passes(self, verb: Verb) -> bool:
        """True where the verb would be let through now, apart from the blocks of a clearance and a departure."""
        try:
            self._gate(verb)
        except (WrongHalf, WrongMove):
            return verb is Verb.WITHDRAW and self._withdrawn
        return True

    def hand_over(self, now: datetime) -> list[Fact]:
        """Her case went to another organisation before she has left: the new holder begins anew, and asks her."""
        if self.half is not Half.SENDING or self.state not in MOVES[self.half][Verb.HAND_OVER].start:
            return []
        self._unclear()
        self.outcome = NOT_RETURNED
        return self._take(Verb.HAND_OVER, now, outcome=NOT_RETURNED, recorded_by=str(self.half))

    def follow(self, verb: Verb, told: FollowedMove, now: datetime) -> list[Fact]:
        """Follow the move of the other half, if it fits where this one stands; else only note that the code was heard."""
        if not self._fits(verb, told):
            return [CodeIgnored(self.id, self.half, verb, self.state)]
        if verb is Verb.CLOSE:
            return self._end(told.reason, now, self._other)
        if verb is Verb.RESUME:
            return self._resumed(now)
        if verb is Verb.DEPART:
            return self._set_out(bounded(told.journey, now), now)
        return self._take(verb, now, **self._heard(verb, told))

    @property
    def _other(self) -> Half:
        return Half.RECEIVING if self.half is Half.SENDING else Half.SENDING

    def _heard(self, verb: Verb, told: FollowedMove) -> dict[str, Any]:
        """The values to keep and to say out of what the other half told with its verb."""
        if verb is Verb.MISS:
            return {"recorded_by": str(self._other)}
        if verb is Verb.SUSPEND:
            self.reason = told.reason
            return {"reason": told.reason or NOT_DISCLOSED}
        if verb is Verb.CLEAR:
            self.result = told.reason
            return {"result": told.reason}
        return {}

    def _fits(self, verb: Verb, told: FollowedMove) -> bool:
        if self.state not in FOLLOWS[self.half].get(verb, frozenset()):
            return False
        if self.half is Half.RECEIVING:
            return True
        left = self.departed_at
        if verb is Verb.ARRIVE:
            return left is not None and self.arrived_at is None
        return verb is not Verb.MISS or (left is not None and told.at >= left)

    def _set_out(self, journey: Journey, now: datetime) -> list[Fact]:
        self.expected_at, self.handover = journey.expected_at, journey.handover
        self.escorted, self.overdue_at = journey.escorted, None
        departed = self._take(
            Verb.DEPART,
            now,
            expected_at=journey.expected_at,
            handover=journey.handover,
            escorted=journey.escorted,
        )
        return [*departed, ArrivalExpected(self.id, self.half, journey.expected_at)]

    def _resumed(self, now: datetime) -> list[Fact]:
        again = self.state is State.TURNED_BACK or self.half is Half.RECEIVING
        if again:
            self.result = self.grounds = self.assessor = self.assessed_at = None
        self._unclear()
        self.reason = self.confirmed_at = None
        if self.assessed_at is not None:
            self.state = State.ASSESSED
        elif again or self.decided_at is not None:
            self.state = State.DECIDED
        else:
            self.state = State.REQUESTED if self.counselled_at is None else State.COUNSELLED
        self.version += 1
        return [self._fact(facts.ReturnResumed, now)]

    def _unclear(self) -> None:
        self.clearer = self.cleared_at = None

    def _end(self, outcome: str | None, now: datetime, by: Half) -> list[Fact]:
        self.outcome = outcome
        return self._take(Verb.CLOSE, now, outcome=outcome or NOT_DISCLOSED, recorded_by=str(by))

    def _blocked(self, reasons: tuple[str, ...], now: datetime) -> list[Fact]:
        return [self._fact(facts.ReturnBlocked, now, reason=reasons[0], reasons=reasons)]

    def _move(self, verb: Verb, now: datetime) -> list[Fact]:
        self._gate(verb)
        return self._take(verb, now)

    def _gate(self, verb: Verb) -> None:
        move = MOVES[self.half].get(verb)
        if move is None:
            raise WrongHalf(verb, self.half)
        if self.state not in move.start:
            raise WrongMove(verb, self.state)

    def _take(self, verb: Verb, now: datetime, **carried: Any) -> list[Fact]:
        """The one place where a state changes; an end that an arrival contradicts is taken back."""
        to = _TO[verb]
        if to is not None:
            if self.state in ENDED:
                self.outcome = self.closed_at = None
            self.state = to
            setattr(self, f"{to}_at", now)
        self.version += 1
        return [self._fact(_SAYS[verb], now, **carried)]

    def _fact(self, kind: type[Any], now: datetime, **carried: Any) -> HalfMoved:
        fact: HalfMoved = kind(
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


_TO: Mapping[Verb, State | None] = MappingProxyType(
    {verb: move.to for moves in MOVES.values() for verb, move in moves.items()}
)
