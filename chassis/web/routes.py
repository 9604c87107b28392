"""The routes of an app, and the one that a request is for."""

from collections.abc import Iterator, Sequence
from typing import Any

from starlette.routing import Match
from starlette.types import Scope


def every_route(routes: Sequence[Any]) -> Iterator[Any]:
    """The routes of an app, those of included routers too."""
    for route in routes:
        if hasattr(route, "effective_route_contexts"):
            yield from every_route(list(route.effective_route_contexts()))
        elif hasattr(route, "dependant"):
            yield route


def asked_route(scope: Scope) -> Any:
    """The route that answers a request, or would have answered had nothing before it refused; None where there is none."""
    found = scope.get("route")
    if found is None:
        known = every_route(scope["app"].routes)
        found = next((one for one in known if one.matches(scope)[0] is Match.FULL), None)
    answers = scope["method"] in (getattr(found, "methods", None) or ())
    return getattr(found, "original_route", found) if answers else None
