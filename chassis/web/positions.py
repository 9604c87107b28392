"""Reading back the opaque position of a page: its parts become values, and a position that no page gave is refused."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis.problems import Invalid

_NUMBER = re.compile(r"[0-9]{1,18}")
"""A number that fits a bigint. ASCII digits alone: `str.isdigit` also takes those that `int` does not."""


Position = tuple[datetime, UUID]
"""The position of the last row of the page before: the instant that orders the rows, and its identifier."""


def position(after: Sequence[str] | None) -> Position | None:
    """The position of a page that is ordered so; None on the first page. Raises Invalid."""
    found = positioned(after, instant, UUID)
    return None if found is None else (found[0], found[1])


def positioned(after: Sequence[str] | None, *readers: Callable[[str], Any]) -> tuple[Any, ...] | None:
    """One reader for each part; None on the first page. Raises Invalid for another number of parts or another kind."""
    if after is None:
        return None
    try:
        return tuple(read(part) for read, part in zip(readers, after, strict=True))
    except (ValueError, OverflowError) as error:
        raise Invalid("`after` must be the `next` of a page before") from error


def instant(part: str) -> datetime:
    """An instant with its offset, within the calendar also in UTC."""
    at = datetime.fromisoformat(part)
    if at.tzinfo is None:
        raise ValueError("no offset")
    return at.astimezone(UTC)


def number(part: str) -> int:
    if _NUMBER.fullmatch(part) is None:
        raise ValueError("not a number")
    return int(part)


def identifier(part: str) -> str:
    """The identifier of an organisation or an agreement."""
    if re.fullmatch(r"[a-z0-9\-]{1,80}", part) is None:
        raise ValueError("not an identifier")
    return part
