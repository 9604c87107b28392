"""Traces: a span for a request, a batch or an attempt at work, joined by parents and links. Names and identifiers only leave."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chassis.settings import Settings

ATTRIBUTES = frozenset(
    {
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "url.scheme",
        "network.protocol.version",
        "error.type",
        "exception.type",
        "messaging.system",
        "messaging.destination.name",
        "messaging.batch.message_count",
        "corridor.work.kind",
        "corridor.work.attempts",
        "corridor.case_id",
        "corridor.referral_id",
        "corridor.disclosure_id",
        "corridor.envelope_id",
    }
)
"""The attributes that a span may carry. `url.query` and `url.path` are not here: `http.route` names the route,
without its values.
"""

MAX_LINKS = 100
EXPORT_SECONDS = 2
"""A collector that does not answer keeps a stopping service no longer than these seconds."""
_TRACEPARENT = re.compile("00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_HEALTH = "/health/"


class Telemetry:
    """The tracer of one service. Without an exporter spans are not recorded, but their context still travels."""

    def __init__(self, settings: Settings, name: str, *, exporter: SpanExporter | None = None) -> None:
        self.name = name
        processor = _processor(settings, exporter)
        self.provider = TracerProvider(
            sampler=ALWAYS_OFF if processor is None else ParentBased(ALWAYS_ON),
            resource=Resource(
                {"service.namespace": "corridor", "service.name": name, "corridor.cell": settings.cell}
            ),
            shutdown_on_exit=False,
        )
        if processor is not None:
            self.provider.add_span_processor(processor)
        self.tracer = self.provider.get_tracer("corridor")
        self._propagator = TraceContextTextMapPropagator()

    def http(self, meters: MeterProvider | None = None) -> TelemetryConfig:
        """For `FastAPI(telemetry=…)`. Its own logs are off: they would carry messages and stack traces."""
        return {
            "tracer_provider": self.provider,
            "meter_provider": meters,
            "tracing": True,
            "metrics": meters is not None,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
            "exclude": lambda scope: str(scope.get("path", "")).startswith(_HEALTH),
        }

    def traceparent(self) -> str | None:
        """The W3C trace context of the span that runs now, for an event or a call; None outside any span."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier.get("traceparent")

    def headers(self) -> dict[str, str]:
        """The trace context as a header for a call to another service."""
        current = self.traceparent()
        return {} if current is None else {"traceparent": current}

    @contextmanager
    def batch(self, name: str, traceparents: Sequence[str | None]) -> Iterator[None]:
        """A trace of its own for many messages, linked to the first hundred spans that they come from."""
        attributes: dict[str, str | int] = {
            "messaging.system": "kafka",
            "messaging.batch.message_count": len(traceparents),
        }
        links = self._links(traceparents)
        with self._span(name, SpanKind.CONSUMER, attributes, Context(), links):
            yield

    @contextmanager
    def work(self, kind: str, attempts: int, traceparent: str | None) -> Iterator[str | None]:
        """One attempt at a piece of work, in the trace that made it due. Gives the context of its own span."""
        attributes: dict[str, str | int] = {"corridor.work.kind": kind, "corridor.work.attempts": attempts}
        with self._span(f"work {kind}", SpanKind.INTERNAL, attributes, self._context(traceparent)):
            yield self.traceparent()

    @contextmanager
    def _span(
        self,
        name: str,
        kind: SpanKind,
        attributes: Mapping[str, str | int],
        parent: Context,
        links: Sequence[Link] = (),
    ) -> Iterator[None]:
        """A span under `parent`, which is given and never the span that happens to run: an empty one begins a trace."""
        with self.tracer.start_as_current_span(
            f"{self.name} {name}",
            context=parent,
            kind=kind,
            attributes=attributes,
            links=links,
            record_exception=False,
            set_status_on_exception=False,
        ):
            try:
                yield
            except Exception as error:
                mark_failed(error)
                raise

    def _context(self, traceparent: str | None) -> Context:
        carrier = {} if traceparent is None else {"traceparent": traceparent}
        return self._propagator.extract(carrier, Context())

    def _links(self, traceparents: Sequence[str | None]) -> list[Link]:
        distinct = list(dict.fromkeys(t for t in traceparents if t is not None))[:MAX_LINKS]
        return [Link(context) for t in distinct if (context := _span_context(t)) is not None]

    def close(self) -> None:
        self.provider.shutdown()


def _span_context(traceparent: str) -> SpanContext | None:
    """The context that the propagator would read, at a quarter of its price: a batch has a hundred of them."""
    parts = _TRACEPARENT.fullmatch(traceparent)
    if parts is None:
        return None
    trace, span, flags = (int(part, 16) for part in parts.groups())
    context = SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(flags))
    return context if context.is_valid else None


def mark_failed(error: Exception) -> None:
    """Put the class of the error, and nothing of its message, on the span that runs now."""
    span = get_current_span()
    span.set_attribute("error.type", type(error).__qualname__)
    span.set_status(StatusCode.ERROR)


def _processor(settings: Settings, exporter: SpanExporter | None) -> SpanProcessor | None:
    if exporter is not None:
        return SimpleSpanProcessor(AllowListed(exporter))
    if settings.otlp_endpoint is not None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # brings protobuf

        return BatchSpanProcessor(
            AllowListed(OTLPSpanExporter(endpoint=settings.otlp_endpoint, timeout=EXPORT_SECONDS))
        )
    return None


class AllowListed(SpanExporter):
    """Passes spans on without attributes that are not listed, messages, stack traces and foreign trace state."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_bare(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _bare(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=_plain(span.get_span_context()),
        parent=_plain(span.parent),
        resource=span.resource,
        attributes=_listed(span.attributes),
        events=[Event(event.name, _listed(event.attributes), event.timestamp) for event in span.events],
        links=[Link(context) for link in span.links if (context := _plain(link.context)) is not None],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _listed(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name in ATTRIBUTES}


def _plain(context: SpanContext | None) -> SpanContext | None:
    """The context without the trace state, which any caller could fill with anything."""
    if context is None:
        return None
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)
