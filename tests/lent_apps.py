"""Apps of services, lent from one test to the next: FastAPI works out the routes of each app anew, which takes longer than most tests."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import FastAPI

from chassis.service import Service

_BUILT_IN_APP = ("max_body_bytes", "metrics_port", "otlp_endpoint")
"""The settings that an app keeps for itself; all else it asks of the service behind it."""

_idle: defaultdict[Callable[..., Any], list[FastAPI]] = defaultdict(list)


@contextmanager
def lent_app(build: Callable[..., Any], service: Service[Any, Any], extra: dict[str, Any]) -> Iterator[None]:
    """The service with an app that answered for another one of the same `build` before, if there is one that is idle."""
    lendable = build.__module__.startswith("services.") and not any(name in extra for name in _BUILT_IN_APP)
    if not lendable:
        yield
        return
    if idle := _idle[build]:
        service.answer(lent := idle.pop())
        service.app = lent
    yield
    _idle[build].append(service.app)
