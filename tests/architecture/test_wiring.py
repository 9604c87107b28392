"""The catalogue says what the services really say and hear."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

from contracts.catalogue import CATALOGUE, SERVICES, consumed_by
from contracts.events.access import AttemptRefusedV1, RecordReadV1
from contracts.events.operations import OperationPerformedV1

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
