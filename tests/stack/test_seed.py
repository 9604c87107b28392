"""The seed without a stack: whose life has which number, what is remembered of it, and what is said where nothing is up."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from corridor.client import RefusedError
from corridor.seed.incoming import IncomingList
from corridor.seed.journal import Journal
from corridor.seed.kinds import KINDS, kind_of
from corridor.seed.life import Life, World
from corridor.seed.staff import Staff
from tests.journeys.test_command import corridor


def test_the_first_forty_lives_are_one_of_each_kind():
    assert [kind_of(1, number) for number in range(1, 41)] == list(KINDS)


def test_a_life_does_not_depend_on_how_many_others_there_are_and_another_seed_has_others():
    one, again, other = [[kind_of(seed, n).share for n in range(41, 200)] for seed in (1, 1, 2)]
    assert one == again != other


def test_among_many_no_kind_is_more_than_a_tenth():
    many = Counter(id(kind_of(1, number)) for number in range(1, 2001))
    assert max(many.values()) <= 200


def test_a_step_is_remembered_and_a_line_that_was_cut_off_counts_for_nothing(tmp_path):
    file = tmp_path / "seed-1.jsonl"
    first = Journal(file)
    first.write(1, 1, "a")
    first.close()
    file.write_text(file.read_text() + '[1, 2, "hal', encoding="utf-8")
    second = Journal(file)
    second.write(1, 3, "c")
    second.close()
    third = Journal(file)
    assert [third.said(1, step) for step in (1, 2, 3)] == ["a", None, "c"]


class Clerk:
    """Answers commands with numbers, and is away from the third on."""

    def __init__(self, patience: int) -> None:
        self.patience, self.asked = patience, []

    async def post(self, path, body, headers):
        self.asked.append((path, headers["Idempotency-Key"]))
        if len(self.asked) > self.patience:
            raise RefusedError(503, {})
        return {"id": path.upper()}


async def lived(folder, clerk: Clerk) -> list[str]:
    journal = Journal(folder / "seed-1.jsonl")
    world = World(1, Staff("TH", folder), Staff("KH", folder), journal)
    life = Life(world, 1, from_sender=True)
    await life.begin()
    try:
        return [life.at(), *[await life.post(clerk, path) for path in ("a", "b", "c")]]
    finally:
        journal.close()


async def test_what_was_broken_off_goes_on_with_the_step_that_was_not_answered_under_its_key(tmp_path):
    first, second, third = Clerk(2), Clerk(3), Clerk(0)
    with pytest.raises(RefusedError):
        await lived(tmp_path, first)
    once = await lived(tmp_path, second)
    assert [path for path, _ in first.asked] == ["a", "b", "c"]
    assert second.asked == first.asked[2:]
    assert await lived(tmp_path, third) == once
    assert (once[1:], third.asked) == (["A", "B", "C"], [])


class Desk:
    """A list that has come to these rows at each look, the last of which stay; a page has one row."""

    name = "kh.worker"

    def __init__(self, *looks: dict[str, str]) -> None:
        self.looks, self.since = list(looks), []

    async def get(self, path, **sought):
        if "after" not in sought:
            self.since.append(sought["updated_since"])
        rows = list(self.looks[min(len(self.since), len(self.looks)) - 1].items())
        at = int(sought.get("after", 0))
        items = [
            {"referral_id": one, "case_id": f"case of {one}", "state": state}
            for one, state in rows[at : at + 1]
        ]
        return {"items": items, "next": str(at + 1) if at + 1 < len(rows) else None}


async def test_one_look_at_a_list_serves_all_who_wait_there_and_goes_back_to_the_first_of_them():
    desk, began = (
        Desk({}, {"a": "received", "b": "received", "c": "received"}),
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    incoming = IncomingList(desk, "/list", "incoming", "referral_id")
    waits = [incoming.row(one, began + timedelta(hours=n)) for n, one in enumerate("abc")]
    assert [row["case_id"] for row in await asyncio.gather(*waits)] == ["case of a", "case of b", "case of c"]
    assert desk.since == [began.isoformat()] * 2


async def test_a_row_is_waited_for_until_it_stands_as_it_should():
    desk = Desk({"a": "cleared"}, {"a": "cleared"}, {"a": "departed"})
    row = await IncomingList(desk, "/list", "incoming", "referral_id").row("a", datetime.now(UTC), "departed")
    assert (row["state"], len(desk.since)) == ("departed", 3)


def test_without_a_stack_it_is_said_how_to_start_one(tmp_path):
    tried = corridor(tmp_path / "state", "seed", "--cases", "1")
    assert tried.returncode == 1
    assert "start it with: corridor up" in " ".join(tried.stdout.split())
    assert "Traceback" not in tried.stdout + tried.stderr
