"""Keyset positions of intake's pages: an instant and an identifier."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.web.http import PageQuery, cursor
from chassis.web.positions import instant, positioned
from services.intake.casefile.queries import Position


def position(page: PageQuery) -> Position | None:
    return positioned(page.after, instant, UUID)


def following(rows: Sequence[Any], limit: int, at: str) -> str | None:
    """The position after the last row, where the page is full. `at` names the column that orders the rows."""
    return cursor(getattr(rows[-1], at).isoformat(), rows[-1].id) if len(rows) == limit else None
