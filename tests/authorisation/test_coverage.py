"""Every route that a service really has stands in the table, and the table has no other."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant

from chassis.identity.policies import Policies
from chassis.web.routes import add_routes, every_route, gathered
from contracts.catalogue import SERVICES
from services.console.serving import BesideTheApi
from tests.architecture.extras import NOWHERE, extras
from tests.authorisation.actors import KINDS
from tests.authorisation.changes import CHANGES, change_of
from tests.authorisation.table import EXEMPT, OF_PAPERS, OPERATIONS, STANDS_FOR_ALL, rows

Route = tuple[str, str]
EXEMPT_AT_MOST = 3
ROWS = rows()


def built(name: str, directory: Path) -> FastAPI:
    settings = import_module(f"services.{name}.settings").Settings(
        cell="TH",
        mode="development",
        database_url=NOWHERE,
        kafka_bootstrap="127.0.0.1:1",
        **extras(name, directory),
    )
    app: FastAPI = import_module(f"services.{name}.app").build(settings).app
    return app


def routes_of(routes: Sequence[Any]) -> Iterator[Route]:
    """What is no route (an included router, a mount, a socket) is named, and so fails."""
    for route in routes:
        for method in getattr(route, "methods", None) or (type(route).__name__,):
            if method != "HEAD":
                yield method, getattr(route, "path", "")


def listed(service: str) -> list[Route]:
    return [(row.method, row.path) for row in ROWS if row.service == service]


@pytest.mark.parametrize("name", SERVICES)
def test_every_route_of_a_service_has_a_row_and_every_row_has_a_route(name: str, tmp_path: Path) -> None:
    found, known = (
        set(routes_of(built(name, tmp_path).routes)),
        {*listed(name), *EXEMPT, *OF_PAPERS.get(name, ())},
    )
    assert {"without a row": found - known, "without a route": known - found} == {
        "without a row": set(),
        "without a route": set(),
    }


@pytest.mark.parametrize("name", SERVICES)
def test_the_walk_finds_whatever_the_document_of_the_routes_names(name: str, tmp_path: Path) -> None:
    app = built(name, tmp_path)
    named = {(method.upper(), path) for path, item in app.openapi()["paths"].items() for method in item}
    assert set(routes_of(app.routes)) - named == {("GET", "/openapi.json")}
    assert named <= set(routes_of(app.routes))


def asked_by(dependant: Dependant) -> Iterator[object]:
    """The code of a route's function and of whatever is asked before it."""
    call: Callable[..., Any] | None = getattr(dependant.call, "__func__", dependant.call)
    yield getattr(call, "__code__", type(call))
    for one in dependant.dependencies:
        yield from asked_by(one)


def operations_of(app: FastAPI) -> dict[Route, list[object]]:
    """What every service has from the chassis: the code of each route, in the order in which it runs. Pages stand before the routes of
    the console, which are handed what is theirs as it came (`tests/console/test_pages.py`).
    """
    around = [each.cls for each in app.user_middleware if each.cls is not BesideTheApi]
    return {
        (method, route.path): [*around, *asked_by(route.dependant)]
        for route in every_route(app.routes)
        for method in route.methods
        if route.path in OPERATIONS
    }


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_tried_in_one_service_alone_is_the_same_code_in_all(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    one, other = (built(each, tmp_path_factory.mktemp(each)) for each in (STANDS_FOR_ALL, name))
    assert operations_of(other) == operations_of(one)
    assert {path for _, path in operations_of(one)} == OPERATIONS
    assert other.exception_handlers.keys() == one.exception_handlers.keys()


def test_the_walk_names_what_it_does_not_know_and_no_service_has_routes_that_it_does_not_see() -> None:
    inner, outer, app = APIRouter(prefix="/inner"), APIRouter(prefix="/outer"), FastAPI(openapi_url=None)

    @inner.get("/hidden", include_in_schema=False)
    def hidden() -> None: ...

    add_routes(app, gathered(inner, outer))

    @app.websocket("/socket")
    async def socket() -> None: ...

    app.mount("/mounted", FastAPI())
    outer.include_router(inner)
    for refused in (outer, app.router):
        with pytest.raises(TypeError):
            add_routes(app, refused)
    assert {
        route for route in routes_of(app.routes) if "docs" not in route[1] and "redoc" not in route[1]
    } == {
        ("GET", "/inner/hidden"),
        ("APIWebSocketRoute", "/socket"),
        ("Mount", "/mounted"),
    }


def test_no_route_has_two_rows_about_the_same() -> None:
    found = Counter((str(row), row.subject) for row in ROWS)
    assert [key for key, count in found.items() if count > 1] == []


def test_every_row_asks_for_an_action_of_the_policies_and_lets_somebody_in_and_somebody_not() -> None:
    actions = Policies(Path("deploy/policies")).actions
    assert [str(row) for row in ROWS if row.action not in actions] == []
    assert [str(row) for row in ROWS if not row.allowed < set(KINDS)] == []
    assert [str(row) for row in ROWS if not row.allowed] == []
    assert {row.service for row in ROWS} == set(SERVICES)


def test_every_action_of_the_policies_is_asked_for_by_a_route() -> None:
    """A right that nothing asks for is granted in silence to whoever writes the next route."""
    actions = Policies(Path("deploy/policies")).actions
    assert actions - {row.action for row in ROWS} == frozenset()


def test_the_list_of_what_needs_no_token_only_shrinks() -> None:
    assert len(EXEMPT) <= EXEMPT_AT_MOST
    assert {service: len(routes) for service, routes in OF_PAPERS.items()} == {"consent": 1, "intake": 1}


def test_every_route_that_writes_says_why_it_needs_if_match_or_why_not() -> None:
    writes = [row for row in ROWS if row.method != "GET"]
    assert [str(row) for row in writes if change_of(row) is None] == []
    assert CHANGES.keys() - {str(row) for row in writes} == set()
