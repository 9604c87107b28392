"""Keyset positions of intake's pages: an instant and an identifier."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.http import PageQuery, cursor
from chassis.problems import Invalid
from services.intake.queries import Position


def position(page: PageQuery) -> Position | None:
    if page.after is None:
        return None
    try:
        at, row_id = page.after
        instant, identifier = datetime.fromisoformat(at), UUID(row_id)
    except ValueError as error:
        raise Invalid("`after` must be the `next` of a page before") from error
    if instant.tzinfo is None:
        raise Invalid("`after` must be the `next` of a page before")
    return instant, identifier


def following(rows: Sequence[Any], limit: int, at: str) -> str | None:
    """The position after the last row, where the page is full. `at` names the column that orders the rows."""
    return cursor(getattr(rows[-1], at).isoformat(), rows[-1].id) if len(rows) == limit else None
