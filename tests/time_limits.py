"""No run hangs: behind the limit of each test, and behind the end of the run, stands a watchdog that no Python code can hold up.

pytest-timeout fails a test at its limit. What then hangs in the test's clean-up (an event loop that waits for a task, a thread
that never ends) has no limit there: the watchdog prints where every thread stands and ends the process.
"""

import faulthandler
import os
from collections.abc import Generator

import pytest

CLEAN_UP_SECONDS = float(os.environ.get("CORRIDOR_TEST_CLEAN_UP_SECONDS", "120"))
"""For what follows a test that was failed at its limit, and for what follows the last test."""

_stderr = 2


def pytest_configure() -> None:
    """Nothing is captured now; later 2 may be a file that nobody sees."""
    global _stderr  # noqa: PLW0603
    _stderr = os.dup(2)


def limit_of(item: pytest.Item) -> float:
    marker = item.get_closest_marker("timeout")
    set_ = marker.args[0] if marker is not None and marker.args else item.config.getvalue("timeout")
    return float(set_ if set_ is not None else item.config.getini("timeout"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    faulthandler.dump_traceback_later(limit_of(item) + CLEAN_UP_SECONDS, file=_stderr, exit=True)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """Again, since pytest takes the watchdog away whenever a test has failed."""
    faulthandler.dump_traceback_later(CLEAN_UP_SECONDS, file=_stderr, exit=True)


def pytest_sessionfinish() -> None:
    """Servers are stopped and threads waited for after this; nothing takes the watchdog away again."""
    faulthandler.dump_traceback_later(CLEAN_UP_SECONDS, file=_stderr, exit=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    """A worker that is done waits for the others, however long, and the process that began it ends it."""
    if hasattr(config, "workerinput"):
        faulthandler.cancel_dump_traceback_later()
