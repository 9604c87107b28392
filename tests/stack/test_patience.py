"""Waiting follows progress: what moves is waited for, what is stuck is found, and a busy machine is given more."""

import os
import sys

import pytest

from deploy.local import patience
from deploy.local.patience import TALK, Patience
from deploy.local.process import ServerError, ServerProcess


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    return Clock()


def test_what_moves_is_waited_for_beyond_the_limit(clock):
    waiting = Patience(lambda: clock.now, 60, clock)
    for clock.now in (50.0, 100.0, 150.0, 500.0):
        assert not waiting.over


def test_what_does_not_move_is_given_up_after_the_limit(clock):
    waiting = Patience(lambda: "the same", 60, clock)
    clock.now = 59.0
    assert not waiting.over
    clock.now = 61.0
    assert waiting.over


def test_what_moves_for_ever_and_never_arrives_is_given_up_too(clock):
    waiting = Patience(lambda: clock.now, 60, clock)
    for clock.now in range(0, 60 * TALK, 50):
        assert not waiting.over
    clock.now = 60 * TALK + 1
    assert waiting.over


def test_a_busy_machine_is_given_more_in_proportion_to_its_load(clock, monkeypatch):
    monkeypatch.setattr(os, "getloadavg", lambda: (15.0, 15.0, 15.0))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    waiting = Patience(lambda: "the same", 60, clock)
    clock.now = 449.0
    assert not waiting.over
    clock.now = 451.0
    assert waiting.over


def test_the_limit_is_a_setting(monkeypatch):
    monkeypatch.setenv("CORRIDOR_PATIENCE_S", "7.5")
    assert patience.patience_s() == 7.5


def _process(directory, script) -> ServerProcess:
    process = ServerProcess(directory)
    process.start([sys.executable, "-uc", script])
    return process


def test_a_server_that_says_something_is_waited_for_and_one_that_is_stuck_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("CORRIDOR_PATIENCE_S", "2")
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    speaks = "import time\nfor n in range(8):\n    time.sleep(0.5); print(n)\nprint('ready'); time.sleep(600)"
    process = _process(tmp_path, speaks)
    process.wait_until(lambda: "ready" in process.log.read_text())
    with pytest.raises(ServerError, match=r"was not ready after [2-9] s(.|\n)*ready"):
        process.wait_until(lambda: False)
    process.kill()


def test_a_server_that_ends_is_found_at_once(tmp_path):
    process = _process(tmp_path, "raise SystemExit('the disk is full')")
    with pytest.raises(ServerError, match=r"ended; (.|\n)*the disk is full"):
        process.wait_until(lambda: False)
    process.stop()
