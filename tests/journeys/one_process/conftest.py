"""Two cells in the test's own process for all tests that put a part of their own into a service, or look into one."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import service
from chassis.observe.telemetry import Telemetry
from tests.journeys.one_process.together import Together


@pytest.fixture(scope="package")
def exporter() -> Iterator[InMemorySpanExporter]:
    """Keeps the spans of every service of both cells."""
    kept = InMemorySpanExporter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "Telemetry", lambda settings, name: Telemetry(settings, name, exporter=kept))
        yield kept


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def together(cells_directory, exporter) -> AsyncIterator[Together]:
    cells = Together(cells_directory() / "state")
    await cells.up()
    yield cells
    await cells.down()
