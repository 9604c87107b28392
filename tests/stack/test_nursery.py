"""Services of a stack with a process for each begin as forks of one process, and are processes like any other."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.nursery import Nursery
from deploy.local.stack import Child


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


def child(place: Path, nursery: Nursery, *arguments: str) -> Child:
    return Child(place / "told", ["tests.stack.told", *arguments], {"TOLD": "its secret"}, nursery)


def said(place: Path, wanted: str) -> str:
    log = place / "told" / "server.log"
    deadline = time.monotonic() + 30
    while wanted not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    return log.read_text()


def test_it_has_its_arguments_its_environment_and_its_log_and_what_is_imported_already(tmp_path, nursery):
    begun = child(tmp_path, nursery, "one", "two")
    begun.start()
    assert said(tmp_path, "\n") == "one two its secret True True\n"
    assert begun.running
    begun.stop()
    assert not begun.running


def test_one_that_was_killed_begins_again(tmp_path, nursery):
    begun = child(tmp_path, nursery)
    begun.start()
    said(tmp_path, "\n")
    begun.kill()
    assert not begun.running
    begun.start()
    assert said(tmp_path, "True\nits").count("its secret") == 2
    begun.kill()


def test_one_that_fails_says_why_in_its_log_and_the_next_one_begins(tmp_path, nursery):
    failed = child(tmp_path, nursery, "fails")
    failed.start()
    assert "ValueError" in said(tmp_path, "ValueError")
    while failed.running:
        time.sleep(0.02)
    failed.stop()
    other = child(tmp_path, nursery, "stays")
    other.start()
    assert "stays its secret" in said(tmp_path, "stays its secret True True\n")
    other.kill()


def test_where_the_nursery_is_gone_another_is_made(tmp_path, nursery):
    os.kill(nursery._running().pid, signal.SIGKILL)
    nursery._running().wait()
    begun = child(tmp_path, nursery)
    begun.start()
    assert said(tmp_path, "\n") == "its secret True True\n"
    begun.kill()
