"""The states of a referral, and the two tables of moves: the moves of a half itself, and those by which it follows
the other half.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """Codes of the list `referral_state`."""

    DRAFT = "draft"
    REQUESTED = "requested"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    EXPIRED = "expired"
    ENTERED_IN_ERROR = "entered_in_error"


class Half(StrEnum):
    OUTGOING = "outgoing"
    INCOMING = "incoming"


class Verb(StrEnum):
    SEND = "send"
    DELIVER = "deliver"
    REFUSE = "refuse"
    ACCEPT = "accept"
    REJECT = "reject"
    START = "start"
    HOLD = "hold"
    RESUME = "resume"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"
    REVOKE = "revoke"
    EXPIRE = "expire"
    CORRECT = "correct"


OFFERED = frozenset({State.REQUESTED, State.RECEIVED})
UNANSWERED = OFFERED | {State.DRAFT}
"""The states of an open offer, which lasts until it is answered; there is one for a case, a recipient and a purpose
(a unique index).
"""

HELPING = frozenset({State.ACCEPTED, State.IN_PROGRESS, State.ON_HOLD})
ENDED = frozenset(State) - UNANSWERED - HELPING


class Kind(StrEnum):
    """Codes of the list `referral_kind`. A referral is access; a transfer is custody."""

    REFERRAL = "referral"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class Move:
    """`by` is the half whose holder may make it: the sender holds the outgoing one, the receiver the incoming one."""

    to: State
    by: frozenset[Half]
    start: frozenset[State]


_SENDER, _RECEIVER = frozenset({Half.OUTGOING}), frozenset({Half.INCOMING})

MOVES: Mapping[Verb, Move] = MappingProxyType(
    {
        Verb.SEND: Move(State.REQUESTED, _SENDER, frozenset({State.DRAFT})),
        Verb.DELIVER: Move(State.RECEIVED, _SENDER, frozenset({State.REQUESTED})),
        Verb.REFUSE: Move(State.FAILED, _SENDER, frozenset({State.REQUESTED})),
        Verb.ACCEPT: Move(State.ACCEPTED, _RECEIVER, frozenset({State.RECEIVED})),
        Verb.REJECT: Move(State.REJECTED, _RECEIVER, frozenset({State.RECEIVED})),
        Verb.START: Move(State.IN_PROGRESS, _RECEIVER, frozenset({State.ACCEPTED})),
        Verb.HOLD: Move(State.ON_HOLD, _RECEIVER, frozenset({State.IN_PROGRESS})),
        Verb.RESUME: Move(State.IN_PROGRESS, _RECEIVER, frozenset({State.ON_HOLD})),
        Verb.COMPLETE: Move(State.COMPLETED, _RECEIVER, frozenset({State.IN_PROGRESS, State.ON_HOLD})),
        Verb.FAIL: Move(State.FAILED, _RECEIVER, HELPING),
        Verb.CANCEL: Move(State.CANCELLED, _SENDER, UNANSWERED | HELPING),
        Verb.REVOKE: Move(State.REVOKED, _SENDER | _RECEIVER, OFFERED),
        Verb.EXPIRE: Move(State.EXPIRED, _SENDER | _RECEIVER, OFFERED),
        Verb.CORRECT: Move(State.ENTERED_IN_ERROR, _SENDER, frozenset(State) - {State.ENTERED_IN_ERROR}),
    }
)

_CUSTODY: Mapping[Verb, frozenset[State]] = MappingProxyType(
    {
        **dict.fromkeys((Verb.START, Verb.HOLD, Verb.RESUME, Verb.COMPLETE, Verb.FAIL), frozenset[State]()),
        Verb.CANCEL: UNANSWERED,
        Verb.CORRECT: frozenset(State) - HELPING - {State.ENTERED_IN_ERROR},
    }
)
"""A transfer ends with its answer: accepted, the case is the recipient's, who tells the sender nothing more of her."""


def starts(verb: Verb, kind: Kind) -> frozenset[State]:
    """The states from which a verb may be made."""
    always = MOVES[verb].start
    return always if kind is Kind.REFERRAL else _CUSTODY.get(verb, always)


def gate(verb: Verb, half: Half, state: State, kind: Kind) -> None:
    """Let the verb through. Raises WrongHalf or WrongMove where a half that stands so does not make this verb itself."""
    if half not in MOVES[verb].by:
        raise WrongHalf(verb, half)
    if state not in starts(verb, kind):
        raise WrongMove(verb, state)


def passes(verb: Verb, half: Half, state: State, kind: Kind) -> bool:
    try:
        gate(verb, half, state, kind)
    except (WrongHalf, WrongMove):
        return False
    return True


# Where the receiver's answer crossed an end of the offer on this side (an expiry, a recall, a cancellation), the
# receiver had answered first; or it would have been told and could not have answered. So the answer stands.
_CROSSED = frozenset({State.EXPIRED, State.REVOKED})
_BEFORE_ANSWER = OFFERED | _CROSSED
_BEFORE_START = _BEFORE_ANSWER | {State.ACCEPTED}
_BEFORE_END = _BEFORE_START | HELPING | {State.CANCELLED}

FOLLOWS: Mapping[Half, Mapping[Verb, frozenset[State]]] = MappingProxyType(
    {
        Half.OUTGOING: MappingProxyType(
            {
                Verb.ACCEPT: _BEFORE_ANSWER,
                Verb.REJECT: _BEFORE_ANSWER | {State.CANCELLED},
                Verb.START: _BEFORE_START,
                Verb.HOLD: _BEFORE_START | {State.IN_PROGRESS},
                Verb.RESUME: _BEFORE_START | {State.ON_HOLD},
                Verb.COMPLETE: _BEFORE_END,
                Verb.FAIL: _BEFORE_END,
            }
        ),
        Half.INCOMING: MappingProxyType({Verb.CANCEL: OFFERED | HELPING}),
    }
)
"""The states from which a half follows a move of the other half. Tolerant of a code that was lost before: the later
one counts.
"""


_ANSWERS = frozenset({Verb.ACCEPT, Verb.REJECT, Verb.CANCEL})


def follows(half: Half, verb: Verb, kind: Kind) -> frozenset[State]:
    """The states from which a half follows the verb; of a transfer only its answer, and that it was taken back,
    concern anybody.
    """
    if kind is Kind.TRANSFER and verb not in _ANSWERS:
        return frozenset()
    return FOLLOWS[half].get(verb, frozenset())


class WrongMove(Exception):
    """The referral does not stand where this verb could move it."""

    def __init__(self, verb: Verb, state: State) -> None:
        super().__init__(f"a referral that is {state} cannot {verb}")
        self.verb, self.state = verb, state


class WrongHalf(Exception):
    """The verb belongs to the other side: only the receiver moves a referral forward, only the sender cancels it."""

    def __init__(self, verb: Verb, half: Half) -> None:
        super().__init__(f"{verb} is not for the {half} half")
        self.verb, self.half = verb, half
