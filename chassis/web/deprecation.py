"""A route that will go says so: one declaration where it stands, from which the document of the service and the headers of every
answer follow (Deprecation, RFC 9745; Sunset, RFC 8594).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import Any

NOTICE = timedelta(days=180)
"""The least time between the announcement and the last day: a national system is not changed in a week."""

SINCE, SUNSET, INSTEAD = "x-deprecated-since", "x-sunset", "x-instead"
HEADERS: Mapping[str, Any] = {
    "Deprecation": {
        "description": "since when this route is deprecated (RFC 9745)",
        "schema": {"type": "string"},
    },
    "Sunset": {
        "description": "from when on it may be gone (RFC 8594)",
        "schema": {"type": "string"},
    },
    "Link": {"description": "the route that takes its place", "schema": {"type": "string"}},
}


class NoticeTooShort(ValueError):
    """A route would go before those who call it can be expected to have changed."""


def deprecated(*, since: date, sunset: date, instead: str | None = None) -> dict[str, Any]:
    """The `openapi_extra` of a route that goes after `sunset`; `instead` is the path that takes its place. Raises
    NoticeTooShort.
    """
    if sunset - since < NOTICE:
        raise NoticeTooShort(f"at least {NOTICE.days} days lie between the announcement and the last day")
    told = {"deprecated": True, SINCE: since.isoformat(), SUNSET: sunset.isoformat()}
    return told if instead is None else {**told, INSTEAD: instead}


def announced(route: object) -> dict[str, str]:
    """The headers of every answer of this route: none where it stays."""
    told: Mapping[str, Any] = getattr(route, "openapi_extra", None) or {}
    if SUNSET not in told:
        return {}
    headers = {
        "Deprecation": f"@{int(_midnight(told[SINCE]).timestamp())}",
        "Sunset": format_datetime(_midnight(told[SUNSET]), usegmt=True),
    }
    return headers | ({"Link": f'<{told[INSTEAD]}>; rel="successor-version"'} if INSTEAD in told else {})


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)
