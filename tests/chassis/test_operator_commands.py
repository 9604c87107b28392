"""`corridor operate` against a service's real routes: what it shows, what it says it would do, and what it does."""

from contextlib import asynccontextmanager
from io import StringIO
from uuid import uuid4

import pytest
from rich.console import Console
from sqlalchemy import text

from contracts.events.intake import AgeGroupKnownV1
from corridor import operating
from corridor.client import RefusedError
from corridor.operating import OperatorReason
from services.audit.app import VERSIONS, build
from services.audit.settings import Settings
from tests.harness import running

WHY = OperatorReason("superseded", "OPS-12")


class Operator:
    """The `Person` of a command, before one service instead of a cell's front."""

    def __init__(self, harness):
        self._harness = harness

    async def _ask(self, method, path, **parts):
        headers = self._harness.as_("operator", org="th-operations")
        answer = await self._harness.client.request(
            method, path.removeprefix("/audit"), headers=headers, **parts
        )
        if answer.is_error:
            raise RefusedError(answer.status_code, answer.json())
        return answer.json()

    async def get(self, path, **params):
        return await self._ask("GET", path, params=params)

    async def look(self, path):
        return (await self._harness.client.get(path.removeprefix("/audit"))).json()

    async def post(self, path, body):
        return await self._ask("POST", path, json=body)


@pytest.fixture
async def audit(postgres, tmp_path, monkeypatch):
    async with running("audit", build, VERSIONS, Settings, postgres, tmp_path, vault=False) as harness:

        @asynccontextmanager
        async def operator(_):
            yield Operator(harness)

        monkeypatch.setattr(operating, "operator", operator)
        monkeypatch.setattr(operating, "SERVICES", ("audit",))
        yield harness


async def run(command, *args, **options):
    """What the command prints."""
    screen = StringIO()
    await command("TH", *args, Console(file=screen, width=400), **options)
    return screen.getvalue()


async def broken(audit):
    case = uuid4()
    meta, _ = audit.received(AgeGroupKnownV1(case_id=case, age_group="adult", basis="declared"))
    await audit.deliver_raw(meta, b"{}")
    (event,) = (await Operator(audit).get("/v1/parked", stream=str(case)))["items"]
    return event


async def test_what_stands_still_is_shown(audit):
    event = await broken(audit)
    assert event["cause"] in await run(operating.causes)
    shown = await run(operating.parked, event["stream"])
    assert (event["stream"] in shown, "age_group.known.v1" in shown) == (True, True)
    assert "25" in await run(operating.consumers)
    assert "audit" in await run(operating.ready)
    assert await run(operating.offsets) == "no offsets\n"
    assert "no work has failed" in await run(operating.work)
    assert "nothing was ever replayed" in await run(operating.replays)


async def test_a_dry_run_says_what_would_be_done_and_does_nothing(audit):
    event = await broken(audit)
    which = ("audit", (event["source"], event["stream"], event["sequence"]), event["cause"], WHY)
    said = await run(operating.discard, *which, dry_run=True)
    assert "event 1 (age_group.known.v1)" in said
    assert "for ever" in said
    assert "1 streams" in await run(
        operating.replay_cause, "audit", event["cause"], WHY, over_gap=False, dry_run=True
    )
    assert await audit.said() == []
    assert len(await audit.parked()) == 1
    assert "given up" in await run(operating.discard, *which, dry_run=False)
    assert await audit.parked() == []


async def test_a_cause_is_replayed_and_stopped(audit):
    event = await broken(audit)
    said = await run(operating.replay_cause, "audit", event["cause"], WHY, over_gap=False, dry_run=False)
    assert "corridor operate replays TH" in said
    (replay,) = (await Operator(audit).get("/v1/replays"))["items"]
    await run(operating.stop_replay, "audit", replay["id"], WHY)
    assert "stopped" in await run(operating.replays)
    said = await run(operating.replay_stream, "audit", event["source"], event["stream"], WHY, over_gap=None)
    assert said == "audit: 0 replayed, 1 still parked\n"


async def test_an_offset_is_shown_with_what_moving_it_means(audit):
    async with audit.service.database.engine.begin() as conn:
        await conn.execute(text("insert into chassis.offsets values ('consent.events', 3, 40)"))
    moving = ("audit", ("consent.events", 3))
    assert "30 events are read again" in await run(operating.move_offset, *moving, 10, 40, WHY, dry_run=True)
    assert "are lost here" in await run(operating.move_offset, *moving, 50, 40, WHY, dry_run=True)
    with pytest.raises(operating.NotThereError):
        await run(operating.move_offset, "audit", ("consent.events", 4), 10, 40, WHY, dry_run=True)
    with pytest.raises(RefusedError, match="503"):
        await run(operating.move_offset, *moving, 10, 40, WHY, dry_run=False)


async def test_a_stopped_consumer_is_resumed(audit):
    async with audit.service.database.engine.begin() as conn:
        await conn.execute(
            text(
                'insert into chassis.stops (id, stopped_at, topic, partition, "offset", reason, place, streams)'
                " values (:id, now(), 'consent.events', 3, 7, 'ValueError', 'handlers.py:1', 25)"
            ),
            {"id": (stop := uuid4())},
        )
    assert "handlers.py:1" in await run(operating.consumers)
    said = await run(operating.resume, "audit", str(stop), 5, WHY, dry_run=True)
    assert "consent.events/3 offset 7" in said
    assert "30 streams at most" in said
    assert "goes on" in await run(operating.resume, "audit", str(stop), 5, WHY, dry_run=False)
    with pytest.raises(operating.NotThereError):
        await run(operating.resume, "audit", str(stop), 5, WHY, dry_run=False)


async def test_failed_work_is_shown_and_tried_again(audit):
    async with audit.service.database.engine.begin() as conn:
        await conn.execute(
            text(
                "insert into chassis.work (id, kind, key, payload, due_at, attempts, last_error, state)"
                " values (:id, 'mail', 'x', '{}', now(), 12, 'ConnectError', 'failed')"
            ),
            {"id": (work_id := uuid4())},
        )
    assert "ConnectError" in await run(operating.work)
    assert "due now" in await run(operating.retry, "audit", str(work_id), WHY)


async def test_nothing_is_done_without_a_reason_of_the_list(audit):
    event = await broken(audit)
    with pytest.raises(operating.UnknownReasonError, match="superseded"):
        await run(
            operating.replay_cause,
            "audit",
            event["cause"],
            OperatorReason("because", None),
            over_gap=False,
            dry_run=False,
        )
    assert await audit.said() == []
