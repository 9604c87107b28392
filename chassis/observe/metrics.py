"""Metrics for Prometheus: numbers with names and labels of bounded lists. No person, case or organisation is ever one.

What costs a query is read when somebody asks (`chassis.readings`); here is only how it is kept and shown.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.view import DropAggregation, ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import Metric

__all__ = ["CONTENT_TYPE_LATEST", "Gauge", "Metrics", "Sample", "page"]

PREFIX, SERVICE = "corridor", "service"
BUCKETS = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
REQUESTS = "http.server.request.duration"
ROUTE = ("http.request.method", "http.route", "http.response.status_code")
"""Of a request: neither its path nor the host that the caller named, which anybody can fill with anything."""
OTHER = "other"
_LABEL = re.compile(r"[A-Za-z0-9 _./:-]{0,120}")


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number that goes up and down. `labels` are the names of what its samples differ in; `unit` is `s` or nothing."""

    name: str
    about: str
    labels: tuple[str, ...] = ()
    unit: str = ""

    def at(self, value: float, *labels: str) -> "Sample":
        return Sample(self, float(value), labels)


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a gauge, with a value for each of its labels."""

    gauge: Gauge
    value: float
    labels: tuple[str, ...]

    def observation(self) -> Observation:
        pairs = zip(self.gauge.labels, self.labels, strict=True)
        return Observation(self.value, {name: _listed(value) for name, value in pairs})


class Metrics:
    """The metrics of one service. Each has a registry of its own, since a local cell has all services in one process."""

    def __init__(self, name: str) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        reader = PrometheusMetricReader(
            disable_target_info=True,
            prefix=PREFIX,
            scope_info_enabled=False,
            resource_attribute_filter=lambda key: key == SERVICE,
            registry=self.registry,
        )
        self.provider = MeterProvider(
            [reader], Resource({SERVICE: name}), shutdown_on_exit=False, views=[_requests(), _UNDER_WAY]
        )
        self._meter = self.provider.get_meter(PREFIX)
        self._samples: dict[Gauge, list[Sample]] = {}
        self._refusals = self._meter.create_counter(
            "policy.refusals", description="Decisions of the policies that refused, by action."
        )

    def refused(self, action: str) -> None:
        """The policies refused an action; its name is one of their schema."""
        self._refusals.add(1, {"action": action})

    def show(self, samples: Iterable[Sample]) -> None:
        """From now on these and no others; a gauge that has none is not shown."""
        sorted_: dict[Gauge, list[Sample]] = {gauge: [] for gauge in self._samples}
        for sample in samples:
            if sample.gauge not in sorted_:
                self._begin(sample.gauge)
            sorted_.setdefault(sample.gauge, []).append(sample)
        self._samples = sorted_

    def close(self) -> None:
        self.provider.shutdown()

    def _begin(self, gauge: Gauge) -> None:
        def observe(_: CallbackOptions) -> Iterator[Observation]:
            return (sample.observation() for sample in self._samples[gauge])

        self._meter.create_observable_gauge(
            gauge.name, callbacks=[observe], unit=gauge.unit, description=gauge.about
        )


class _Together:
    """Several registries as one: Prometheus takes each name once in a page."""

    def __init__(self, registries: Sequence[CollectorRegistry]) -> None:
        self._registries = registries

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for registry in self._registries:
            for family in registry.collect():
                known = families.setdefault(family.name, family)
                if known is not family:
                    known.samples.extend(family.samples)
        return families.values()


def page(metrics: Sequence[Metrics]) -> bytes:
    """The page that Prometheus reads, for the services of one process."""
    together = CollectorRegistry(auto_describe=False)
    together.register(_Together([one.registry for one in metrics]))
    return generate_latest(together)


def _requests() -> View:
    return View(
        instrument_name=REQUESTS,
        name="http.request.duration",
        attribute_keys=set(ROUTE),
        aggregation=ExplicitBucketHistogramAggregation(BUCKETS),
    )


_UNDER_WAY = View(instrument_name="http.server.active_requests", aggregation=DropAggregation())


def _listed(value: str) -> str:
    """The value, or `other` where it does not look like a word of ours."""
    return value if _LABEL.fullmatch(value) else OTHER
