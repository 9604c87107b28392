"""The states of a consent record (DPV 2) and the one table of moves between them."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """DPV consent status. `deferred` and `invalidated` may stand in a record that was brought in; no verb leads there."""

    REQUESTED = "requested"
    DEFERRED = "deferred"
    REFUSED = "refused"
    GIVEN = "given"
    RENEWED = "renewed"
    EXPIRED = "expired"
    INVALIDATED = "invalidated"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"
    PROTECTED = "protected"
    """No consent: she could not be asked, and a law allows her immediate protection."""


PERMITTING = frozenset({State.GIVEN, State.RENEWED})
"""The states in which her consent lets anything be disclosed."""

SAID_NO = frozenset({State.REFUSED, State.WITHDRAWN})

NARROWABLE = PERMITTING | {State.EXPIRED, State.REQUESTED}
"""The states in which a part may be taken back: also a record that could be renewed, or that she is asked about. The
state stays.
"""

_IN_FORCE = frozenset({State.REQUESTED, State.RENEWED, State.EXPIRED, State.REVOKED, State.WITHDRAWN})

MOVES: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.REQUESTED: _IN_FORCE | {State.GIVEN, State.REFUSED, State.PROTECTED},
        State.DEFERRED: frozenset({State.GIVEN, State.REFUSED}),
        State.REFUSED: frozenset(),
        State.GIVEN: _IN_FORCE,
        State.RENEWED: _IN_FORCE,
        State.EXPIRED: frozenset({State.REQUESTED, State.RENEWED, State.WITHDRAWN}),
        State.INVALIDATED: frozenset(),
        State.REVOKED: frozenset(),
        State.WITHDRAWN: frozenset(),
        State.PROTECTED: frozenset({State.EXPIRED, State.REVOKED, State.WITHDRAWN}),
    }
)
"""A consent is requested where somebody has spoken for a child and no second person has confirmed it yet, and again where she
is asked anew because her age is now known to be another. After a refusal, a withdrawal or a revocation she is asked anew, in a new record. An expired one may be renewed,
and may be withdrawn so that nobody can renew it."""


class WrongState(Exception):
    """The record does not stand where this verb could move it."""

    def __init__(self, state: State) -> None:
        super().__init__(f"a consent that is {state} cannot be moved so")
        self.state = state
