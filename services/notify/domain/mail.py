"""The mail of a notice: whether one is due, and what became of it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class MailState(StrEnum):
    NONE = "none"
    """A usual notice is told in the inbox alone, as is one to an organisation that has given no address."""
    DUE = "due"
    SENT = "sent"
    FAILED = "failed"


MOVES: Mapping[MailState, frozenset[MailState]] = MappingProxyType(
    {
        MailState.DUE: frozenset({MailState.NONE, MailState.SENT, MailState.FAILED}),
        MailState.FAILED: frozenset({MailState.NONE, MailState.SENT}),
        MailState.NONE: frozenset(),
        MailState.SENT: frozenset(),
    }
)
"""A mail that was given up goes out after all where an operator lets it be tried again."""


def before(to: MailState) -> frozenset[MailState]:
    """From where a mail can get there."""
    return frozenset(state for state, reached in MOVES.items() if to in reached)
