"""The rule whether anything may be sealed for a partner now. Nothing is sealed for a border that is cut."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

TRUST_LIST_LIFETIME = timedelta(hours=24)


class Closure(StrEnum):
    """Why nothing is sealed for a partner now, in words for an operator."""

    TRUST_LIST = "the trust list is out of date"
    NOT_PRESENT = "the partner is not present"
    WINDOW_FULL = "the window is full"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a border: `presence` is the greatest age of a partner's sign of life, `window` how many envelopes
    may wait for a receipt.
    """

    presence: timedelta = timedelta(seconds=10)
    window: int = 50


@dataclass(frozen=True, slots=True)
class BorderView:
    """The border to one partner, as known here. `present_at` is when the partner signed its last presence."""

    cross_border: bool
    present_at: datetime | None
    waiting: int
    trust_issued: datetime | None


def stale(trust_issued: datetime | None, now: datetime) -> bool:
    return trust_issued is None or now - trust_issued > TRUST_LIST_LIFETIME


def fresh(present_at: datetime | None, limits: Limits, now: datetime) -> bool:
    return present_at is not None and now - present_at < limits.presence


def closed(view: BorderView, limits: Limits, now: datetime) -> Closure | None:
    """The reason why sealing waits, or None. A stale trust list stops everything that crosses a border, not
    protection at home.
    """
    if view.cross_border and stale(view.trust_issued, now):
        return Closure.TRUST_LIST
    if not fresh(view.present_at, limits, now):
        return Closure.NOT_PRESENT
    return Closure.WINDOW_FULL if view.waiting >= limits.window else None
