"""Spans carry names and identifiers; what was sent, asked or said in an error stays out of them."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from chassis.observe.telemetry import ATTRIBUTES, MAX_LINKS, Telemetry
from chassis.web import answers

CANARY = "Somchai-canary"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SETTINGS: Any = SimpleNamespace(cell="TH", otlp_endpoint=None)


class World:
    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.telemetry = Telemetry(SETTINGS, "referral", exporter=self.exporter)
        self.seen: list[str | None] = []
        self.app = FastAPI(telemetry=self.telemetry.http())
        answers.install(self.app)

        @self.app.post("/v1/referrals/{referral_id}")
        async def referral(referral_id: str, body: dict[str, int]) -> None:
            self.seen.append(self.telemetry.traceparent())

        @self.app.get("/v1/fails")
        async def fails() -> None:
            raise ValueError(CANARY)

        @self.app.get("/health/live")
        async def live() -> None:
            return None

    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    def text(self) -> str:
        return "".join(span.to_json() for span in self.spans())

    async def ask(self, method: str, path: str, **how: Any) -> httpx2.Response:
        transport = httpx2.ASGITransport(self.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.request(method, path, **how)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.telemetry.close()


def parent(span_id: int, trace: str = TRACE) -> str:
    return f"00-{trace}-{span_id:016x}-01"


async def test_a_request_is_one_span_named_by_its_route(world: World) -> None:
    headers = {"traceparent": parent(1), "tracestate": f"evil={CANARY}", "baggage": f"name={CANARY}"}
    await world.ask("POST", f"/v1/referrals/{CANARY}?name={CANARY}", json={"a": 1}, headers=headers)
    (span,) = world.spans()
    assert span.name == "POST /v1/referrals/{referral_id}"
    assert span.attributes is not None
    assert set(span.attributes) <= ATTRIBUTES
    assert span.attributes["http.route"] == "/v1/referrals/{referral_id}"
    assert span.attributes["http.response.status_code"] == 200
    assert f"{span.context.trace_id:032x}" == TRACE
    assert world.seen[0] is not None
    assert TRACE in world.seen[0]
    assert CANARY not in world.text()


@pytest.mark.parametrize(
    ("method", "path", "how", "status"),
    [
        ("POST", "/v1/referrals/x", {"json": {CANARY: CANARY}}, 422),
        ("POST", "/v1/referrals/x", {"content": CANARY.encode()}, 422),
        ("GET", f"/{CANARY}?{CANARY}", {}, 404),
        ("GET", "/v1/fails", {}, 500),
        ("GET", "/v1/fails", {"headers": {"host": f"{CANARY}.example"}}, 500),
    ],
)
async def test_a_refused_or_failed_request_leaves_no_value_in_its_span(
    world: World, method: str, path: str, how: Any, status: int
) -> None:
    assert (await world.ask(method, path, **how)).status_code == status
    assert world.spans()
    assert CANARY not in world.text()


async def test_health_is_not_traced(world: World) -> None:
    await world.ask("GET", "/health/live")
    assert world.spans() == []


def test_a_batch_is_one_span_linked_to_what_it_came_from(world: World) -> None:
    with world.telemetry.batch("consume", [parent(1), None, parent(2), parent(1), "nonsense", CANARY]):
        current = world.telemetry.traceparent()
    (span,) = world.spans()
    assert (span.name, span.attributes["messaging.batch.message_count"]) == ("referral consume", 6)  # type: ignore[index]
    assert [link.context.span_id for link in span.links] == [1, 2]
    assert current is not None
    assert f"{span.context.span_id:016x}" in current
    assert CANARY not in world.text()


def test_a_large_batch_keeps_the_first_hundred_links(world: World) -> None:
    with world.telemetry.batch("consume", [parent(n) for n in range(1, 501)]):
        pass
    assert [link.context.span_id for link in world.spans()[0].links] == list(range(1, MAX_LINKS + 1))


def test_an_error_in_a_batch_is_its_class(world: World) -> None:
    with pytest.raises(ValueError), world.telemetry.batch("consume", []):
        raise ValueError(CANARY)
    (span,) = world.spans()
    assert (span.status.status_code, span.attributes["error.type"]) == (StatusCode.ERROR, "ValueError")  # type: ignore[index]
    assert CANARY not in world.text()


def test_whatever_code_puts_on_a_span_passes_the_list(world: World) -> None:
    def work() -> None:
        with world.telemetry.tracer.start_as_current_span("own") as span:
            span.set_attribute("person.name", CANARY)
            span.set_attribute("corridor.case_id", "c1")
            span.add_event("noticed", {"what": CANARY})
            raise ValueError(CANARY)

    with pytest.raises(ValueError):
        work()
    (exported,) = world.spans()
    assert exported.attributes == {"corridor.case_id": "c1"}
    assert [event.name for event in exported.events] == ["noticed", "exception"]
    assert CANARY not in world.text()


def test_outside_a_span_there_is_no_context(world: World) -> None:
    assert world.telemetry.traceparent() is None
    assert world.telemetry.headers() == {}


async def test_without_an_exporter_nothing_is_recorded_and_the_context_still_travels() -> None:
    silent = World()
    silent.telemetry = Telemetry(SETTINGS, "referral")
    silent.app._telemetry.update(silent.telemetry.http())
    await silent.ask("POST", "/v1/referrals/x", json={}, headers={"traceparent": parent(1)})
    assert silent.seen[0] is not None
    assert TRACE in silent.seen[0]
    assert silent.spans() == []


def test_two_services_in_one_process_keep_their_spans_apart(world: World) -> None:
    other = World()
    with world.telemetry.batch("consume", []):
        pass
    assert len(world.spans()) == 1
    assert other.spans() == []
    assert world.spans()[0].resource.attributes["service.name"] == "referral"
