"""A few of the requests that `python -m tests.fuzz` sends: of every route of a service, and nothing is found."""

import pytest

from tests.authorisation.conftest import Worlds, worlds  # noqa: F401  # a fixture
from tests.fuzz.fuzzing import fuzz

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_schemathesis_makes_of_a_document_is_answered_as_the_document_says(worlds: Worlds) -> None:  # noqa: F811
    world, _ = await worlds.of("interchange")
    found = await fuzz(world, 50, batch=2)
    assert found.requests >= 50
    assert dict(found.faults) == {}
