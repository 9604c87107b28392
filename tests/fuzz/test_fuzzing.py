"""What the fuzzing counts: every route in every mode, and as a fault what cannot be made right, never what cannot be made wrong."""

from types import SimpleNamespace

import pytest
from schemathesis import GenerationMode

from tests.fuzz import fuzzing
from tests.fuzz.fuzzing import fuzz

ROUTES = [SimpleNamespace(subject=f"thing {number}") for number in range(3)]


@pytest.fixture
def tried(monkeypatch):
    """(subject, mode) of every request; no mode but a right one can be made for the first route, none at all for the second."""
    sent = []

    def cases_of(operation, count, mode, number):
        if operation == "thing 1" or (operation == "thing 0" and mode is GenerationMode.NEGATIVE):
            raise RuntimeError
        return [mode] * count

    async def send(world, row, case, made, result, chance):
        sent.append((row.subject, case))
        result.statuses[200] += 1

    monkeypatch.setattr(fuzzing, "operations", lambda world: [(row, row.subject) for row in ROUTES])
    monkeypatch.setattr(fuzzing, "cases_of", cases_of)
    monkeypatch.setattr(fuzzing, "_send", send)
    return sent


async def make(subject):
    return {}


WORLD = SimpleNamespace(harness=SimpleNamespace(service=SimpleNamespace(name="some")), make=make)


async def test_what_cannot_be_made_wrong_is_no_fault_and_what_cannot_be_made_right_is_one(tried):
    found = await fuzz(WORLD, 60, batch=2)
    (fault, count), *others = found.faults.items()
    assert ("cannot be generated" in fault, others) == (True, [])
    assert count == found.faults.total() > 0
    assert "thing 1" in fault


async def test_every_route_is_called_rightly_and_wrongly_however_many_there_are(tried):
    await fuzz(WORLD, 60, batch=2)
    assert {mode for subject, mode in tried if subject == "thing 2"} == set(GenerationMode)
    assert {mode for subject, mode in tried if subject == "thing 0"} == {GenerationMode.POSITIVE}


async def test_at_least_as_many_requests_are_sent_as_were_asked_for(tried):
    assert (await fuzz(WORLD, 1, batch=1)).requests >= 1
