"""`corridor seed` on a real stack: forty invented people, and every list has every state that can be reached through the public APIs."""

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from corridor.client import Person
from corridor.journey import eventually
from corridor.seed.journal import WHOLE
from deploy.local.patience import Patience
from tests.journeys.test_command import begun, corridor

ANSWERED = {
    "received",
    "accepted",
    "rejected",
    "in_progress",
    "on_hold",
    "completed",
    "failed",
    "cancelled",
    "revoked",
}
DRAFTED = {"draft", "entered_in_error"}
RETURNED = {
    "requested",
    "counselled",
    "decided",
    "assessed",
    "cleared",
    "suspended",
    "departed",
    "missed",
    "turned_back",
    "arrived",
    "closed",
    "withdrawn",
}


OPENED = "select id::text from intake.cases where id not in (select case_id from intake.disclosures where case_id is not null)"
"""Cases that somebody opened here, and none that came from elsewhere."""


def opened(stack) -> set[str]:
    async def found() -> set[str]:
        cases: set[str] = set()
        for code in ("TH", "KH"):
            connection = await asyncpg.connect(stack.cells[code].postgres.admin_dsn("intake"))
            cases |= {row[0] for row in await connection.fetch(OPENED)}
            await connection.close()
        return cases

    return asyncio.run(found())


@dataclass
class Seeded:
    """The stack, what the journal says, and the cases that were opened meanwhile."""

    stack: Any
    journal: list[tuple[int, int, str]]
    opened: set[str]


@pytest.fixture(scope="module")
def sown(stack) -> Seeded:
    """Forty people of a seed of their own, so that nobody else's test has made any of them; killed in the middle, and begun again."""
    before, file, asked = (
        opened(stack),
        stack.state / "seed-40.jsonl",
        ("seed", "--cases", "40", "--seed", "40"),
    )
    first = begun(stack.state, *asked)
    waiting = Patience(quiet_s=120)
    while not (file.exists() and len(file.read_text().splitlines()) > 150):
        assert not waiting.over
        assert first.poll() is None, "it was over before it could be killed"
        time.sleep(0.05)
    first.kill()
    first.wait()
    made = corridor(stack.state, *asked, patience=300)
    assert made.returncode == 0, made.stdout
    lines = []
    for line in file.read_text().splitlines():
        with contextlib.suppress(ValueError):  # the line at which it was killed
            lines.append(tuple(json.loads(line)))
    return Seeded(stack, lines, opened(stack) - before)


@pytest.fixture(scope="module")
def seeded(sown):
    return sown.stack


def test_a_seed_that_was_killed_in_the_middle_goes_on_with_nobody_lost_and_nobody_doubled(sown):
    assert sorted(number for number, step, _ in sown.journal if step == WHOLE) == [*range(41)]
    assert len({(number, step) for number, step, _ in sown.journal}) == len(sown.journal)
    answered = {answer for *_, answer in sown.journal}
    assert sown.opened - answered == set()


async def stands(stack, who: str, path: str, states: set[str], member: str = "state", **sought) -> None:
    """Every one of the states is on this person's list, once what happened elsewhere has been heard."""
    seen: set[str] = set()

    async with Person(who, stack.state) as person:

        async def all_there() -> bool | None:
            seen.clear()
            after: dict[str, str] = {}
            while True:
                page = await person.get(path, limit=200, **sought, **after)
                seen.update(str(row[member]) for row in page["items"])
                if page["next"] is None:
                    return True if states <= seen else None
                after = {"after": page["next"]}

        try:
            await eventually(all_there)
        finally:
            assert states <= seen, (who, path, states - seen)


@pytest.mark.parametrize(
    ("who", "half", "states"),
    [
        ("th.worker", "outgoing", ANSWERED | DRAFTED),
        ("kh.worker", "outgoing", ANSWERED | DRAFTED),
        ("kh.worker", "incoming", ANSWERED - {"failed", "cancelled"}),
        ("th.worker", "incoming", {"received", "accepted", "rejected", "in_progress", "completed"}),
        ("th.other-worker", "incoming", {"accepted", "rejected", "in_progress", "on_hold", "completed"}),
        ("kh.other-worker", "incoming", {"accepted", "failed", "cancelled", "received", "in_progress"}),
    ],
)
async def test_referrals_stand_in_every_state_both_ways_and_inside_a_country(seeded, who, half, states):
    await stands(seeded, who, "/referral/v1/referrals", states, half=half)


@pytest.mark.parametrize(
    ("who", "path", "states"),
    [
        ("th.worker", "/returns/v1/returns", RETURNED),
        (
            "kh.worker",
            "/returns/v1/returns",
            {"cleared", "departed", "missed", "arrived", "closed", "turned_back"},
        ),
        (
            "th.worker",
            "/consent/v1/consents",
            {"given", "refused", "requested", "renewed", "withdrawn", "expired"},
        ),
        ("th.officer", "/intake/v1/submissions", {"submitted", "received", "accepted", "not_accepted"}),
        ("th.officer", "/intake/v1/drafts", {"open"}),
        ("th.operator", "/directory/v1/proposals", {"proposed", "withdrawn"}),
        ("kh.operator", "/directory/v1/proposals", {"proposed", "withdrawn"}),
        ("th.worker", "/intake/v1/calls", {"open", "closed", "attached"}),
        ("kh.worker", "/intake/v1/incidents", {"standing", "withdrawn"}),
        ("th.worker", "/intake/v1/tasks", {"open"}),
    ],
)
async def test_everything_else_stands_in_every_state_too(seeded, who, path, states):
    await stands(seeded, who, path, states)


@pytest.mark.parametrize(
    ("who", "path", "sought"),
    [
        ("th.worker", "/intake/v1/cases", {"state": "closed"}),
        ("th.worker", "/intake/v1/cases", {"late": True}),
        ("th.worker", "/intake/v1/cases", {"flagged": True}),
        ("th.worker", "/intake/v1/cases", {"on_hold": True}),
        ("th.worker", "/intake/v1/cases", {"worker": "nobody"}),
        ("th.worker", "/intake/v1/cases", {"urgency": "immediate"}),
        ("th.worker", "/intake/v1/tasks", {"overdue": True}),
        ("th.worker", "/intake/v1/tasks", {"state": "done"}),
        ("th.worker", "/intake/v1/tasks", {"state": "cancelled"}),
        ("th.worker", "/intake/v1/tasks", {"team": True}),
        ("th.worker", "/consent/v1/consents", {"waiting_for": "renewal"}),
        ("th.supervisor", "/consent/v1/consents", {"waiting_for": "confirmation"}),
        ("th.officer", "/intake/v1/drafts", {"flagged": True}),
        ("th.officer", "/intake/v1/drafts", {"state": "abandoned"}),
        ("th.worker", "/intake/v1/drafts", {"kind": "screening"}),
        ("th.worker", "/returns/v1/returns", {"late": True}),
        ("kh.worker", "/returns/v1/returns", {"late": True}),
        ("kh.supervisor", "/intake/v1/leaves", {}),
        ("kh.auditor", "/audit/v1/chain/verifications", {}),
    ],
)
async def test_every_view_of_a_list_has_something_to_show(seeded, who, path, sought):
    async with Person(who, seeded.state) as person:

        async def shown() -> bool | None:
            return True if (await person.get(path, **sought))["items"] else None

        await eventually(shown, f"{path} {sought}")


def test_run_again_it_adds_nobody(seeded):
    again = corridor(seeded.state, "seed", "--cases", "40", "--seed", "40")
    assert "40 invented people: 0 came now, 40 were here already" in again.stdout


def test_killed_before_the_last_answer_of_each_was_written_down_it_asks_for_that_again_and_doubles_nobody(
    seeded,
):
    """The same key goes with what is sent again, though an instant in it, or the version that was seen, may be another by now."""
    file, before = seeded.state / "seed-40.jsonl", opened(seeded)
    lines = [tuple(json.loads(line)) for line in file.read_text().splitlines() if line.endswith("]")]
    last = {number: step for number, step, _ in lines if step != WHOLE}
    kept = [one for one in lines if one[1] not in (WHOLE, last[one[0]])]
    file.write_text("".join(f"{json.dumps(one)}\n" for one in kept))
    again = corridor(seeded.state, "seed", "--cases", "40", "--seed", "40", patience=300)
    assert "40 invented people: 40 came now, 0 were here already" in again.stdout, again.stdout
    assert opened(seeded) == before
