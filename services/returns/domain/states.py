"""The states of a return, and the two tables of moves: what a half does itself, and how it follows the other half."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """Codes of the list `return_state` that a return goes through now."""

    REQUESTED = "requested"
    DECIDED = "decided"
    ASSESSED = "assessed"
    CLEARED = "cleared"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Half(StrEnum):
    SENDING = "sending"
    RECEIVING = "receiving"


class Verb(StrEnum):
    DECIDE = "decide"
    ASSESS = "assess"
    CLEAR = "clear"
    DEPART = "depart"
    ARRIVE = "arrive"
    CLOSE = "close"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Move:
    """`by` is the half that makes it: where she is, there the move is recorded."""

    to: State
    by: Half
    start: frozenset[State]


BEFORE_DEPARTURE = frozenset({State.REQUESTED, State.DECIDED, State.ASSESSED, State.CLEARED})

MOVES: Mapping[Verb, Move] = MappingProxyType(
    {
        Verb.DECIDE: Move(State.DECIDED, Half.SENDING, frozenset({State.REQUESTED})),
        Verb.ASSESS: Move(State.ASSESSED, Half.SENDING, frozenset({State.DECIDED, State.ASSESSED})),
        Verb.CLEAR: Move(State.CLEARED, Half.SENDING, frozenset({State.DECIDED, State.ASSESSED})),
        Verb.DEPART: Move(State.DEPARTED, Half.SENDING, frozenset({State.CLEARED})),
        Verb.WITHDRAW: Move(State.WITHDRAWN, Half.SENDING, BEFORE_DEPARTURE),
        Verb.ARRIVE: Move(State.ARRIVED, Half.RECEIVING, frozenset({State.DEPARTED})),
        Verb.CLOSE: Move(State.CLOSED, Half.RECEIVING, frozenset({State.ARRIVED})),
    }
)
"""An assessment may be made again until she is cleared. Blocked is no state: it is said when a clearance is tried, which
may be from `decided`, where the missing assessment is named."""

FOLLOWS: Mapping[Half, Mapping[Verb, frozenset[State]]] = MappingProxyType(
    {
        Half.SENDING: MappingProxyType(
            {
                Verb.ARRIVE: frozenset({State.DEPARTED}),
                Verb.CLOSE: frozenset({State.DEPARTED, State.ARRIVED}),
            }
        ),
        Half.RECEIVING: MappingProxyType(
            {
                Verb.DEPART: frozenset({State.CLEARED}),
                Verb.WITHDRAW: frozenset({State.CLEARED}),
            }
        ),
    }
)
"""From where a half follows what the other half did. The receiving half is opened by the clearance, or by what comes
after it where that was lost."""


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
