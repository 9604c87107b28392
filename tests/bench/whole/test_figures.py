"""What the whole case's benchmark computes from what it measured."""

import dataclasses
import re
from pathlib import Path
from uuid import UUID

import pytest

from tests.bench import recorded, replay
from tests.bench.gates import Gate
from tests.bench.whole.bare_route import anew, names
from tests.bench.whole.comparison import Rounds
from tests.bench.whole.counts import Counts
from tests.bench.whole.flame import drawn, read
from tests.bench.whole.floor import FloorTurn
from tests.bench.whole.turn import Measured, quantile
from tests.bench.whole.usage import between
from tests.bench.whole.way import table


def measured(seconds: float, *, clean: bool = True, rate: float = 2.0, crossing: float = 0.5) -> Measured:
    cpu = {"cells": seconds * 0.7, "brokers": seconds * 0.3}
    return Measured(rate, cpu, {"cells": 0.1}, 0.01, 5.0, [crossing], 1.0, clean=clean)


def test_a_quantile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert [quantile(values, share) for share in (0.5, 0.99)] == [50.0, 99.0]
    assert quantile([7.0], 0.99) == quantile([7.0], 0.5) == 7.0


def test_what_was_spent_is_the_difference_of_each_kind() -> None:
    assert between({"cells": 1.0, "brokers": 2.0}, {"cells": 1.5, "brokers": 2.0}) == {
        "cells": 0.5,
        "brokers": 0.0,
    }


@pytest.mark.parametrize(
    ("now", "missed"),
    [
        (measured(0.10), []),
        (measured(0.11), ["CPU of a whole case"]),
        (measured(0.10, clean=False), ["rounds in which the judge"]),
        (measured(0.10, rate=0.9), ["whole cases a second, of the floor"]),
        (measured(0.10, rate=1.9), ["whole cases a second, against the peer"]),
        (measured(0.10, crossing=0.6), ["crossing at one client"]),
    ],
    ids=[
        "within",
        "too much CPU",
        "not clean",
        "too slow for the floor",
        "too slow for the peer",
        "a long way across",
    ],
)
def test_each_gate_is_missed_by_what_it_is_about_alone(now: Measured, missed: list[str]) -> None:
    peer = measured(0.5, rate=0.45 if now.rate == 0.9 else 1.0)
    then = dataclasses.replace(measured(0.5), idle={"cells": 1.0})
    rounds = Rounds([now], [then], [FloorTurn(10.0, [0.25])], [peer], [0.01], [700.0])
    names = [gate.what for gate in rounds.gates if not gate.reached]
    assert [name.startswith(what) for name, what in zip(names, missed, strict=True)] == [True] * len(missed)


def test_telemetry_and_memory_have_gates_of_their_own() -> None:
    now, then = measured(0.10), dataclasses.replace(measured(0.5), idle={"cells": 1.0})
    rounds = Rounds([now], [then], [FloorTurn(10.0, [0.25])], [measured(0.5, rate=1.0)], [0.2], [701.0])
    missed = [gate.what.split()[0] for gate in rounds.gates if not gate.reached]
    assert missed == ["memory", "telemetry's"]
    rounds.beside = [True, False]
    assert [gate.figure for gate in rounds.gates if gate.what.startswith("rounds")] == [1]


def test_a_ratio_is_of_the_medians_of_all_rounds() -> None:
    now = [measured(one) for one in (0.01, 0.1, 9.0)]
    rounds = Rounds(
        now,
        [measured(0.5)],
        [FloorTurn(10.0, [0.25])],
        [measured(0.3)],
        [0.3, 0.1, -0.2],
        [650.0, 500.0, 600.0],
    )
    assert [gate.figure for gate in rounds.gates] == pytest.approx(
        [0.2, 0.2, 1.0, 3.0, 2.0, 1.0, 0, 600.0, 0.1]
    )


def test_a_gate_says_its_bound_and_whether_it_is_reached() -> None:
    assert str(Gate("one", 0.5, 0.4, least=True)).split() == ["one", "0.50", "≥", "0.4", "reached"]
    assert str(Gate("other", 701, 700)).split() == ["other", "701.00", "≤", "700", "MISSED"]


def test_a_replay_is_told_by_its_rate_and_is_missed_where_it_is_slower_or_has_lost_somebody(
    capsys: pytest.CaptureFixture[str],
) -> None:
    quick = replay.gates(100, 10.0, 0, allowed_s=2000)
    assert [(gate.figure, gate.reached) for gate in quick] == [(0.75, True), (0, True)]
    assert "15,000 in 25 minutes" in capsys.readouterr().out
    assert [gate.reached for gate in replay.gates(100, 30.0, 1, allowed_s=2000)] == [False, False]


def test_a_run_that_was_kept_stands_in_the_table_with_its_day_and_commit_until_the_next_one(
    tmp_path: Path,
) -> None:
    file = tmp_path / "kept.json"
    assert recorded.recorded(file) == []
    recorded.record("volume", [Gate("pages", 0.7, 0.8, least=True)], file)
    recorded.record("replay", [Gate("minutes", 30, 90)], file)
    recorded.record("volume", [Gate("pages", 0.9, 0.8, least=True)], file)
    shown = recorded.recorded(file)
    assert [(gate.figure, gate.reached) for gate in shown] == [(30, True), (0.9, True)]
    assert re.fullmatch(r"\[20\d\d-\d\d-\d\d [0-9a-f]{8}\] pages", shown[1].what)


def test_the_runs_that_take_hours_are_kept() -> None:
    """So that the table of `make bench` has a row for each figure."""
    told = " ".join(gate.what for gate in recorded.recorded())
    assert "1,000,000 against 10,000" in told
    assert "replay of 15,000" in told


def test_counts_are_added_taken_away_and_shared_out() -> None:
    one = Counts(statements=6, messages=4)
    assert (one + one - one) * 0.5 == Counts(statements=3, messages=2)


def test_the_way_is_a_table_in_which_less_than_an_idle_stack_is_a_dash() -> None:
    shown = table({"open": Counts(statements=12.04, log_bytes=1500, messages=-0.2)}).splitlines()
    assert shown[2] == "| open | 12.0 | 0.0 | 0.0 | 0.0 | 1.5 | – | 0.0 |"


def test_a_row_of_the_sample_gets_names_of_its_own_wherever_they_stand() -> None:
    case, reference = UUID(int=7), "TH-QM4T-CC"
    sample = [
        ("insert into cases", [(case, reference, "th-care-agency", 3)]),
        ("insert into outbox", [(str(case), b"{}")]),
    ]
    assert names(sample) == [str(case), reference]
    known = {str(case): str(UUID(int=8)), reference: "TH-OTHER"}
    assert [anew(value, known) for value in (case, str(case), reference, "th-care-agency", 3)] == [
        UUID(int=8), str(UUID(int=8)), "TH-OTHER", "th-care-agency", 3,
    ]  # fmt: skip


def test_a_frame_is_named_by_module_and_function_and_by_nothing_of_the_machine() -> None:
    found = read(
        "<module> (/srv/x/corridor/cell.py:3);Inbox.take (/a/chassis/events/inbox.py:9);f (/venv/lib/python3.11/site-packages/asyncpg/pool.py:1) 3"
    )
    (first,) = found.called.items()
    (second,) = first[1].called.items()
    assert [first[0], second[0], *second[1].called] == [
        "corridor.cell: <module>",
        "chassis.events.inbox: Inbox.take",
        "asyncpg.pool: f",
    ]
    picture = drawn(found, "a & b")
    assert "<title>asyncpg.pool: f 100.0%</title>" in picture
    assert "/" not in re.sub(r"</|/>|http://www.w3.org/2000/svg", "", picture)
