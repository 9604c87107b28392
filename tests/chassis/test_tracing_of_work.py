"""An attempt at work is one span in the trace that made the work due, and everything that leaves it carries that span."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from chassis.database import DueWork, Transaction
from chassis.observe.telemetry import Telemetry
from chassis.work import WorkItem, WorkKind, WorkPostponed, WorkRunner
from tests.chassis.pipeline import ORIGIN, Side, given, side

CANARY = "Somchai-canary"


class Traced:
    """A service whose spans are kept. `traces` are the contexts that were at hand in `act` and `finish`."""

    def __init__(self, consent: Side) -> None:
        self.consent, self.exporter = consent, InMemorySpanExporter()
        self.telemetry = Telemetry(consent.settings, "consent", exporter=self.exporter)
        consent.database.traceparent = self.telemetry.traceparent
        self.traces: list[str | None] = []
        self.headers: dict[str, str] = {}

    async def act(self, item: WorkItem) -> None:
        self.headers = self.telemetry.headers()
        self.traces.append(item.traceparent)

    async def finish(self, tx: Transaction, item: WorkItem, _: Any) -> None:
        self.traces.append(item.traceparent)
        tx.say(given(uuid4(), 1), DueWork("next", item.key))

    async def due(self) -> ReadableSpan:
        """Make a piece of work due inside the span that is returned."""
        with self.telemetry.batch("consume", []):
            async with self.consent.database.transaction(ORIGIN) as tx:
                tx.say(DueWork("mail", CANARY, {"what": CANARY}))
        return self.spans()[0]

    async def run(self, act: Callable[[WorkItem], Awaitable[Any]], **settings: Any) -> list[ReadableSpan]:
        """Run what is due, and return the spans of the attempts."""
        kind = WorkKind("mail", act, self.finish, **{"backoff": lambda _: 0.0, **settings})
        runner = WorkRunner(self.consent.settings, self.consent.database, [kind], self.telemetry)
        await runner.run_due()
        return [span for span in self.spans() if span.name == "consent work mail"]

    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())


@pytest.fixture
async def traced(postgres: Any) -> Any:
    async with side(postgres, "consent") as one:
        made = Traced(one)
        yield made
        made.telemetry.close()


def traceparent(span: ReadableSpan) -> str:
    context = span.context
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


async def test_an_attempt_continues_the_trace_in_which_its_work_was_made_due(traced: Traced) -> None:
    reason = await traced.due()
    (span,) = await traced.run(traced.act)
    assert span.parent is not None
    assert (span.parent.span_id, span.context.trace_id) == (reason.context.span_id, reason.context.trace_id)
    assert span.kind is SpanKind.INTERNAL
    assert span.attributes == {"corridor.work.kind": "mail", "corridor.work.attempts": 1}
    assert span.status.status_code is StatusCode.UNSET


async def test_calls_events_further_work_and_the_item_itself_carry_the_attempts_span(traced: Traced) -> None:
    await traced.due()
    (span,) = await traced.run(traced.act)
    assert traced.headers == {"traceparent": traceparent(span)}
    assert traced.traces == [traceparent(span)] * 2
    said = await traced.consent.rows(
        "select traceparent from chassis.outbox union all select traceparent from chassis.work"
    )
    assert said == [(traceparent(span),)] * 2


async def test_work_that_nobody_traced_begins_a_trace_whatever_runs_around_it(traced: Traced) -> None:
    async with traced.consent.database.transaction(ORIGIN) as tx:
        tx.say(DueWork("mail", "1"))
    with traced.telemetry.batch("consume", []):
        (span,) = await traced.run(traced.act)
    assert span.parent is None
    assert len({one.context.trace_id for one in traced.spans()}) == 2


async def test_each_attempt_is_a_span_and_an_error_is_its_class(traced: Traced) -> None:
    async def fail(item: WorkItem) -> None:
        raise ValueError(CANARY)

    async def given_up(tx: Transaction, item: WorkItem) -> None:
        tx.say(given(uuid4(), 1))

    reason = await traced.due()
    spans = await traced.run(fail, max_attempts=2, given_up=given_up)
    told = [(s.attributes["corridor.work.attempts"], s.attributes["error.type"]) for s in spans]  # type: ignore[index]
    assert told == [(1, "ValueError"), (2, "ValueError")]
    assert {s.status.status_code for s in spans} == {StatusCode.ERROR}
    assert {s.parent and s.parent.span_id for s in spans} == {reason.context.span_id}
    said = await traced.consent.rows("select traceparent from chassis.outbox")
    assert said == [(traceparent(spans[-1]),)]
    assert CANARY not in "".join(span.to_json() for span in traced.spans())


async def test_what_is_put_off_is_no_error(traced: Traced) -> None:
    async def not_yet(item: WorkItem) -> None:
        raise WorkPostponed(3600)

    await traced.due()
    (span,) = await traced.run(not_yet)
    assert span.status.status_code is StatusCode.UNSET


async def test_a_batch_begins_a_trace_whatever_runs_around_it(traced: Traced) -> None:
    with traced.telemetry.batch("consume", []), traced.telemetry.batch("border", []):
        pass
    inner, outer = traced.spans()
    assert inner.parent is None
    assert inner.context.trace_id != outer.context.trace_id
