"""The routes of an app, and the one that a request is for."""

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

_GIVEN = tuple(inspect.signature(APIRoute).parameters)


class PartsRoute(APIRoute):
    """A route that is passed over, without a look at its pattern, where the path of a request has more parts or fewer. Raises
    TypeError for a path with a parameter that takes several parts.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        if ":path}" in self.path:
            raise TypeError(f"{self.path} has no one number of parts")
        self._slashes = self.path.count("/")

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path: str = scope["path"]
        if path.removeprefix(scope.get("root_path", "")).count("/") != self._slashes:
            return Match.NONE, {}
        return super().matches(scope)


def add_routes(app: FastAPI, *routers: APIRouter) -> None:
    """Give the app the routes of these routers as its own. (A router that is included in another is asked three times at
    each level for whom a request is, route by route: a millisecond where there are a hundred.) Raises TypeError for what is
    no route.
    """
    for router in routers:
        for route in router.routes:
            if not isinstance(route, APIRoute):
                raise TypeError(f"{route} is no route; `gathered` takes routers together")
            given = {name: getattr(route, name) for name in _GIVEN}
            given["dependencies"] = [*app.router.dependencies, *route.dependencies]
            given["generate_unique_id_function"] = app.router.generate_unique_id_function
            app.router.routes.append(PartsRoute(**given))


def gathered(*routers: APIRouter) -> APIRouter:
    """One router with the routes of all of these, in this order."""
    return APIRouter(routes=[route for router in routers for route in router.routes])


def every_route(routes: Sequence[Any]) -> Iterator[APIRoute]:
    """The routes of an app that answer a request themselves: no mounts."""
    return (route for route in routes if isinstance(route, APIRoute))


def asked_route(scope: Scope) -> APIRoute | None:
    """The route that answers a request, or would have answered had nothing before it refused; None where there is none."""
    found = scope.get("route")
    if found is None:
        known = every_route(scope["app"].routes)
        found = next((one for one in known if one.matches(scope)[0] is Match.FULL), None)
    return found if scope["method"] in (getattr(found, "methods", None) or ()) else None
