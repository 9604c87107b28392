"""The ends of a return, by where it stands."""

from collections.abc import Mapping
from types import MappingProxyType

from services.returns.domain.states import State

NOT_DISCLOSED = "not-disclosed"
"""The code of a half that followed where the other side told that it closed, and not how: her consent decides what is
told.
"""

ONGOING = "reintegration-ongoing"
NOT_RETURNED = "not-returned"
_NOT_GONE = frozenset({NOT_RETURNED, "contact-lost"})
OUTCOMES: Mapping[State, frozenset[str]] = MappingProxyType(
    {
        State.ARRIVED: frozenset(
            {
                "reintegrated",
                ONGOING,
                "returned-without-plan",
                "re-referred",
                "contact-lost",
                "migrated-again",
                "re-trafficked",
                "person-ended",
            }
        ),
        State.MISSED: _NOT_GONE | {"migrated-again", "re-trafficked"},
        State.TURNED_BACK: _NOT_GONE,
        State.SUSPENDED: _NOT_GONE,
    }
)
"""The outcomes of a return by where it stands; codes of the list `return_outcome`."""
