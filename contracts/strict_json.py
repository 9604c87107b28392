"""JSON that every reader reads alike: hooks for `json.loads`, where two readers could otherwise see two documents."""

from collections.abc import Sequence
from typing import Any, NoReturn


class MemberTwice(ValueError):
    """An object names a member twice: which of the two counts would be the reader's choice."""


def once(members: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The object, as an `object_pairs_hook`. Raises MemberTwice."""
    found = dict(members)
    if len(found) != len(members):
        raise MemberTwice("a member stands twice")
    return found


def no_constant(_: str) -> NoReturn:
    """`parse_constant`: NaN and Infinity are no JSON. Raises ValueError."""
    raise ValueError("a number that is none")
