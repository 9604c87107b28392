"""The catalogue says what the services really say and hear."""

import ast
from importlib import import_module
from inspect import isasyncgenfunction, iscoroutinefunction
from pathlib import Path
from pkgutil import iter_modules

import pytest
from fastapi import APIRouter

from contracts.catalogue import CATALOGUE, SERVICES, consumed_by
from contracts.events.access import AttemptRefusedV1, RecordReadV1
from contracts.events.operations import OperationPerformedV1
from services.console import api as console_pages

ROOT = Path(__file__).parents[2]
CHASSIS_SAYS = {RecordReadV1.__name__, AttemptRefusedV1.__name__, OperationPerformedV1.__name__}


@pytest.fixture
def service(request, tmp_path):
    """Built, never started: a service needs no server to say what it is made of."""
    name = request.param
    settings = import_module(f"services.{name}.settings").Settings(
        cell="TH",
        mode="development",
        database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none",
        kafka_bootstrap="127.0.0.1:1",
        **(import_module("tests.architecture.extras").extras(name, tmp_path)),
    )
    return import_module(f"services.{name}.app").build(settings)


@pytest.mark.parametrize("service", [s for s in SERVICES if s != "audit"], indirect=True)
def test_a_service_handles_exactly_the_events_that_the_catalogue_lets_it_consume(service):
    handled = {event.type for subscription in service.subscriptions for event in subscription.handlers}
    assert handled == {entry.type for entry in consumed_by(service.name)}


@pytest.mark.parametrize("service", ["audit"], indirect=True)
def test_audit_takes_everything(service):
    assert [s.every is not None for s in service.subscriptions if not s.handlers] == [True]
    assert {e.type for e in consumed_by("audit")} == {e.type for e in CATALOGUE}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_makes_every_event_that_the_catalogue_says_it_publishes_and_no_other(name):
    said = {entry.event.__name__ for entry in CATALOGUE if entry.publisher == name} - CHASSIS_SAYS
    known = {entry.event.__name__ for entry in CATALOGUE}
    made = set()
    for path in (ROOT / "services" / name).rglob("*.py"):
        if path.name == "handlers.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Name | ast.Attribute):
                made.add(node.id if isinstance(node, ast.Name) else node.attr)
    by_name = (
        getattr(import_module(f"services.{name}.outgoing"), "EVENTS", {})
        if (ROOT / "services" / name / "outgoing.py").is_file()
        else {}
    )
    made |= {event.__name__ for fact, event in by_name.items() if fact.__name__ in made}
    consumed = {entry.event.__name__ for entry in consumed_by(name)}
    assert said - made == set()
    assert (made & known) - said - consumed - CHASSIS_SAYS == set()


def below(routes):
    """Every route with its dependencies, those of included routers with what the routers add."""
    for route in routes:
        if hasattr(route, "effective_route_contexts"):
            yield from below(list(route.effective_route_contexts()))
        elif hasattr(route, "dependant"):
            yield route.dependant


def threaded(dependant) -> set[str]:
    """What of a route the framework would run in a thread. The filters of a list are classes, which only keep."""
    call, found = dependant.call, set().union(*(threaded(one) for one in dependant.dependencies))
    waits = iscoroutinefunction(call) or isasyncgenfunction(call) or iscoroutinefunction(type(call).__call__)
    return found if waits or isinstance(call, type) else {*found, f"{call.__module__}.{call.__qualname__}"}


def pages():
    """The routes of the console's pages, which stand beside its API."""
    for module in iter_modules(console_pages.__path__, f"{console_pages.__name__}."):
        yield from getattr(import_module(module.name), "router", APIRouter()).routes


@pytest.mark.parametrize("service", SERVICES, indirect=True)
def test_nothing_of_a_route_is_run_in_a_thread(service):
    assert set().union(*map(threaded, below(service.app.routes))) == set()


def test_nothing_of_a_page_is_run_in_a_thread():
    assert set().union(*map(threaded, below(pages()))) == set()
