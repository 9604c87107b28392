"""From the request that sends a referral, by parents and links alone, to its effects in its cell and beyond the border."""

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from opentelemetry.sdk.trace import ReadableSpan

from chassis.events.kafka import Broker
from chassis.observe.telemetry import ATTRIBUTES
from corridor.journey import Journey, eventually
from services.exchange.settings import Partner
from tests.journeys.one_process.together import Together
from tests.journeys.steps import referred

SENT = ("TH", "referral", "POST /v1/referrals/{referral_id}/send")
SEALED = ("TH", "exchange", "exchange work seal")
RECEIVED = ("KH", "exchange", "exchange border")
CELL_EFFECTS = {
    ("TH", "consent", "consent consume"),
    ("TH", "audit", "audit consume"),
    ("TH", "exchange", "exchange consume"),
    SEALED,
    ("TH", "intake", "POST /internal/v1/cases/{case_id}/disclosable"),
    ("TH", "consent", "POST /internal/v1/disclosures/{disclosure_id}/seal-token"),
}
EFFECTS_ABROAD = {RECEIVED, ("KH", "intake", "intake consume"), ("KH", "referral", "referral consume")}
IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{16}")


def where(span: ReadableSpan) -> tuple[Any, Any, str]:
    of = span.resource.attributes
    return of["corridor.cell"], of["service.name"], span.name


def causes(span: ReadableSpan) -> set[int]:
    """The spans that this one names: its parent, and those that it is linked to."""
    parents = {span.parent.span_id} if span.parent is not None else set()
    return parents | {link.context.span_id for link in span.links}


def followed(spans: list[ReadableSpan], origin: ReadableSpan) -> list[ReadableSpan]:
    """Everything that comes from `origin`, however many steps away."""
    reached = {origin.context.span_id}
    while more := {s.context.span_id for s in spans if causes(s) & reached} - reached:
        reached |= more
    return [span for span in spans if span.context.span_id in reached]


def readable(value: bytes) -> Iterator[bytes]:
    """What anybody sees of an envelope: its bytes, and its five parts decoded."""
    yield value
    for piece in value.split(b"."):
        yield base64.urlsafe_b64decode(piece + b"=" * (-len(piece) % 4))


def shown(value: bytes, traces: set[int]) -> list[str]:
    """The traces that can be read off the envelope, in hex or as the bytes themselves."""
    seen = [part.lower() for part in readable(value)]
    return [
        f"{trace:032x}"
        for trace in traces
        if any(f"{trace:032x}".encode() in part or trace.to_bytes(16, "big") in part for part in seen)
    ]


async def egress(together: Together) -> list[Any]:
    """Every record of TH's topic for KH, read as KH reads it."""
    settings: Any = together.services["KH", "exchange"].settings
    partner: Partner = settings.partners["TH"]
    tp = TopicPartition("egress.kh", 0)
    broker = Broker(partner.bootstrap, partner.user, partner.password, partner.ca_file)
    consumer = AIOKafkaConsumer(**broker.connection("traces"), enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([tp])
        await consumer.seek_to_beginning(tp)
        end = (await consumer.end_offsets([tp]))[tp]
        records: list[Any] = []
        while await consumer.position(tp) < end:
            for some in (await consumer.getmany(timeout_ms=200)).values():
                records.extend(some)
        return records
    finally:
        await consumer.stop()


async def refer(together: Together) -> None:
    async with Journey(together.state) as journey:
        await referred(journey)
        await journey.until_state(journey.worker, "received")


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="package")
async def test_a_sent_referral_is_followed_by_parents_and_links_to_its_effects_in_both_cells(
    together, exporter
):
    exporter.clear()
    await refer(together)

    async def arrived() -> list[ReadableSpan] | None:
        spans = list(exporter.get_finished_spans())
        (origin,) = [span for span in spans if where(span) == SENT]
        reached = followed(spans, origin)
        return spans if {where(s) for s in reached} >= CELL_EFFECTS | EFFECTS_ABROAD else None

    spans = await eventually(arrived, "a way from the request to every effect")
    only_links_cross_the_border(spans)
    nothing_but_names_and_identifiers(spans)
    records = await egress(together)
    traces = {span.context.trace_id for span in spans}
    assert records
    assert {name for record in records for name, _ in record.headers} == {"content-type"}
    assert [record.offset for record in records if shown(record.value, traces)] == []


def only_links_cross_the_border(spans: list[ReadableSpan]) -> None:
    cell = {span.context.span_id: where(span)[0] for span in spans}
    of = {one: {s.context.trace_id for s in spans if where(s)[0] == one} for one in ("TH", "KH")}
    assert of["TH"] & of["KH"] == set()
    sealed = {s.context.span_id for s in spans if where(s) == SEALED}
    linked = [s for s in spans if where(s) == RECEIVED and causes(s) & sealed]
    assert len(linked) == 1
    assert linked[0].parent is None
    abroad = {where(s) for s in spans if {cell.get(c) for c in causes(s)} - {where(s)[0], None}}
    assert abroad == {RECEIVED, ("TH", "exchange", "exchange border")}


def nothing_but_names_and_identifiers(spans: list[ReadableSpan]) -> None:
    assert {name for span in spans for name in span.attributes or {}} <= ATTRIBUTES
    assert [span.name for span in spans if IDENTIFIER.search(span.name)] == []
    assert [span.name for span in spans for link in span.links if link.attributes] == []


def test_a_trace_that_stands_in_an_envelopes_header_is_found():
    trace = int("4bf92f3577b34da6a3ce929d0e0e4736", 16)
    header = base64.urlsafe_b64encode(
        b'{"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}'
    )
    assert shown(header.rstrip(b"=") + b".AAAA", {trace}) == ["4bf92f3577b34da6a3ce929d0e0e4736"]
    assert shown(b"AAAA.AAAA", {trace}) == []
