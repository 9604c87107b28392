"""The states of a return, and the two tables of moves: the moves of a half itself, and those by which it follows the
other half.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """Codes of the list `return_state` that a return goes through now."""

    REQUESTED = "requested"
    COUNSELLED = "counselled"
    DECIDED = "decided"
    ASSESSED = "assessed"
    CLEARED = "cleared"
    SUSPENDED = "suspended"
    DEPARTED = "departed"
    MISSED = "missed"
    TURNED_BACK = "turned_back"
    ARRIVED = "arrived"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Half(StrEnum):
    SENDING = "sending"
    RECEIVING = "receiving"


class Verb(StrEnum):
    COUNSEL = "counsel"
    DECIDE = "decide"
    CONFIRM = "confirm"
    CHECK = "check"
    ASSESS = "assess"
    CLEAR = "clear"
    SUSPEND = "suspend"
    RESUME = "resume"
    DEPART = "depart"
    TURN_BACK = "turn_back"
    MISS = "miss"
    ARRIVE = "arrive"
    CLOSE = "close"
    WITHDRAW = "withdraw"
    HAND_OVER = "hand_over"
    """The verb without a command: her case has gone to another organisation of the country."""


@dataclass(frozen=True, slots=True)
class Move:
    """A move from `start` to `to`; None: the state stays, or the verb says where it goes on."""

    to: State | None
    start: frozenset[State]


def _from(to: State | None, *start: State) -> Move:
    return Move(to, frozenset(start))


S = State
PREPARING = (S.REQUESTED, S.COUNSELLED, S.DECIDED, S.ASSESSED)
BEFORE_DEPARTURE = frozenset({*PREPARING, S.CLEARED, S.SUSPENDED, S.TURNED_BACK})
ON_THE_WAY = frozenset({S.DEPARTED, S.MISSED})
WEIGHED = frozenset({*PREPARING, S.CLEARED, S.SUSPENDED})
"""The states in which the blocks are computed."""

ENDED = frozenset({S.CLOSED, S.WITHDRAWN})

MOVES: Mapping[Half, Mapping[Verb, Move]] = MappingProxyType(
    {
        Half.SENDING: MappingProxyType(
            {
                Verb.COUNSEL: _from(S.COUNSELLED, S.REQUESTED),
                Verb.DECIDE: _from(S.DECIDED, S.COUNSELLED),
                Verb.CONFIRM: _from(None, S.DECIDED, S.ASSESSED, S.CLEARED),
                Verb.CHECK: _from(None, *PREPARING, S.CLEARED, S.SUSPENDED),
                Verb.ASSESS: _from(S.ASSESSED, S.DECIDED, S.ASSESSED, S.CLEARED),
                Verb.CLEAR: _from(S.CLEARED, *PREPARING),
                Verb.SUSPEND: _from(S.SUSPENDED, *PREPARING, S.CLEARED),
                Verb.RESUME: _from(None, S.SUSPENDED, S.TURNED_BACK),
                Verb.DEPART: _from(S.DEPARTED, S.CLEARED),
                Verb.TURN_BACK: _from(S.TURNED_BACK, *ON_THE_WAY),
                Verb.MISS: _from(S.MISSED, S.DEPARTED),
                Verb.CLOSE: _from(S.CLOSED, S.SUSPENDED, S.TURNED_BACK, S.MISSED),
                Verb.WITHDRAW: _from(S.WITHDRAWN, *BEFORE_DEPARTURE, *ON_THE_WAY),
                Verb.HAND_OVER: _from(S.CLOSED, *BEFORE_DEPARTURE),
            }
        ),
        Half.RECEIVING: MappingProxyType(
            {
                Verb.MISS: _from(S.MISSED, S.DEPARTED),
                Verb.ARRIVE: _from(S.ARRIVED, *ON_THE_WAY),
                Verb.CLOSE: _from(S.CLOSED, S.ARRIVED),
            }
        ),
    }
)
"""A move is recorded where she is. That she is missing, either side may say: the one that waits for her, or the one
that put her on the way. Blocked is no state: it is said when a clearance or a departure is tried, and nothing
moves.
"""

FOLLOWS: Mapping[Half, Mapping[Verb, frozenset[State]]] = MappingProxyType(
    {
        Half.SENDING: MappingProxyType(
            {
                Verb.ARRIVE: frozenset(State) - {S.ARRIVED},
                Verb.MISS: frozenset({S.DEPARTED}),
                Verb.CLOSE: frozenset({S.ARRIVED, *ON_THE_WAY}),
            }
        ),
        Half.RECEIVING: MappingProxyType(
            {
                Verb.CLEAR: frozenset({S.DECIDED, S.SUSPENDED, S.TURNED_BACK}),
                Verb.SUSPEND: frozenset({S.DECIDED, S.CLEARED}),
                Verb.RESUME: frozenset({S.CLEARED, S.SUSPENDED, S.TURNED_BACK}),
                Verb.DEPART: frozenset({S.DECIDED, S.CLEARED, S.SUSPENDED, S.TURNED_BACK}),
                Verb.MISS: frozenset({S.DEPARTED}),
                Verb.TURN_BACK: ON_THE_WAY,
                Verb.CLOSE: frozenset({S.DECIDED, S.CLEARED, S.SUSPENDED, S.TURNED_BACK, *ON_THE_WAY}),
                Verb.WITHDRAW: frozenset({S.DECIDED, S.CLEARED, S.SUSPENDED, S.TURNED_BACK, *ON_THE_WAY}),
            }
        ),
    }
)
"""The states from which a half follows a move of the other half. The receiving half is opened by the clearance, or by
a later code where that was lost. An arrival is followed wherever she once departed and has not arrived: a person
who stands before the partner has arrived, whatever was recorded here meanwhile.
"""


class WrongMove(Exception):
    """The return does not stand where this verb could move it."""

    def __init__(self, verb: Verb, state: State) -> None:
        super().__init__(f"a return that is {state} cannot {verb}")
        self.verb, self.state = verb, state


class WrongHalf(Exception):
    """The verb belongs to the other side."""

    def __init__(self, verb: Verb, half: Half) -> None:
        super().__init__(f"{verb} is not for the {half} half")
        self.verb, self.half = verb, half


class WrongOutcome(Exception):
    """The outcome does not describe a return that stands where this one does."""
