"""Everything that is parked for one cause is replayed as work: in order, once, with progress, until it is stopped."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis import replays
from chassis.events.causes import ParkedCause, find_causes, id_of
from chassis.events.consumer import Inbox, Message
from chassis.events.limits import Limits
from chassis.work import WorkRunner
from tests.chassis.pipeline import ORIGIN, Probe, Side, given, message, side, withdrawn

WIDE = Limits(streams=1_000, share=1.0)


@pytest.fixture
async def referral(postgres: Any) -> Any:
    async with side(postgres, "referral") as one:
        yield one


class Service:
    """What a replay needs: a release whose handler may be faulty."""

    def __init__(self, referral: Side, probe: Probe) -> None:
        self.database = referral.database
        self.subscriptions = (probe.subscription(),)


async def take(referral: Side, probe: Probe, *messages: Message) -> None:
    inbox = Inbox(referral.database, [probe.subscription()], limits=WIDE)
    await inbox.take(inbox.read(messages))


async def listed(referral: Side) -> list[ParkedCause]:
    async with referral.database.transaction(ORIGIN) as tx:
        return await find_causes(tx)


async def begin(referral: Side, cause: ParkedCause, *, over_gap: bool = False) -> tuple[UUID, bool]:
    async with referral.database.transaction(ORIGIN) as tx:
        return await replays.begin(tx, cause, over_gap=over_gap)


async def run(referral: Side, probe: Probe) -> int:
    service = Service(referral, probe)
    return await WorkRunner(referral.settings, referral.database, [replays.replay_work(service)]).run_due()


async def progress(referral: Side, replay_id: UUID) -> Any:
    (row,) = await referral.rows(
        "select state, streams, freed, still_parked, events from chassis.replays where id = :id", id=replay_id
    )
    return row


def by_case(effects: list[tuple[UUID, int]]) -> dict[UUID, list[int]]:
    found: dict[UUID, list[int]] = {}
    for case, revision in effects:
        found.setdefault(case, []).append(revision)
    return found


async def test_parked_streams_are_listed_by_the_error_and_the_line_that_raised_it(referral: Side) -> None:
    poison, gap = [uuid4() for _ in range(3)], uuid4()
    events = [message(given(case, revision), revision) for case in poison for revision in (13, 14)]
    await take(referral, Probe(poison={13}), *events, message(given(gap, 1), 1), message(given(gap, 3), 3))
    found = {cause.reason: cause for cause in await listed(referral)}
    assert {reason: (one.streams, one.events) for reason, one in found.items()} == {
        "ValueError": (3, 3),
        "gap": (1, 1),
    }
    assert found["ValueError"].place.startswith("pipeline.py:")
    assert found["ValueError"].id == id_of(found["ValueError"].cause) != found["gap"].id


async def test_all_of_one_cause_run_in_order_once_and_of_no_other(referral: Side) -> None:
    poison, gap = [uuid4() for _ in range(4)], uuid4()
    events = [message(given(case, revision), revision) for revision in (13, 14, 15) for case in poison]
    await take(referral, Probe(poison={13}), *events, message(given(gap, 1), 1), message(given(gap, 3), 3))
    cause = next(one for one in await listed(referral) if one.reason == "ValueError")
    replay_id, new = await begin(referral, cause)
    assert (new, await begin(referral, cause)) == (True, (replay_id, False))
    await run(referral, Probe())
    assert await progress(referral, replay_id) == ("done", 4, 4, 0, 12)
    assert by_case(await referral.effects()) == {gap: [1], **{case: [13, 14, 15] for case in poison}}
    assert [(one.reason, one.streams) for one in await listed(referral)] == [("gap", 1)]


async def test_a_withdrawal_that_ran_while_its_stream_was_parked_is_not_run_again(referral: Side) -> None:
    case = uuid4()
    events = [message(given(case, 13), 1), message(withdrawn(case, 2), 2), message(given(case, 3), 3)]
    await take(referral, Probe(poison={13}), *events)
    (cause,) = await listed(referral)
    await begin(referral, cause)
    await run(referral, Probe())
    assert await referral.effects() == [(case, 2), (case, 13), (case, 3)]


async def test_what_fails_again_stays_parked_and_the_others_go_on(referral: Side) -> None:
    cases = [uuid4() for _ in range(5)]
    events = [message(given(case, 20 + n), 1) for n, case in enumerate(cases)]
    await take(referral, Probe(poison=set(range(20, 25))), *events)
    (cause,) = await listed(referral)
    replay_id, _ = await begin(referral, cause)
    await run(referral, Probe(poison={21}))
    assert await progress(referral, replay_id) == ("done", 5, 4, 1, 4)
    assert [one.streams for one in await listed(referral)] == [1]
    second, new = await begin(referral, (await listed(referral))[0])
    assert (new, second != replay_id) == (True, True)


async def test_one_that_broke_off_half_way_goes_on_and_doubles_nothing(
    referral: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [uuid4() for _ in range(6)]
    await take(referral, Probe(poison={13}), *(message(given(case, 13), 1) for case in cases))
    (cause,) = await listed(referral)
    replay_id, _ = await begin(referral, cause)
    kept, failing = replays._progress, iter([True, True])

    async def dies(database: Any, *args: Any) -> None:
        if next(failing, False):
            raise ConnectionError
        await kept(database, *args)

    monkeypatch.setattr(replays, "_progress", dies)
    for _ in range(4):
        await referral.run("update chassis.work set due_at = now() - interval '1 minute'")
        await run(referral, Probe())
    assert (await progress(referral, replay_id))[0] == "done"
    assert by_case(await referral.effects()) == {case: [13] for case in cases}
    assert await listed(referral) == []


async def test_an_operator_stops_one_and_what_is_left_stays_parked(
    referral: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [uuid4() for _ in range(6)]
    await take(referral, Probe(poison={13}), *(message(given(case, 13), 1) for case in cases))
    (cause,) = await listed(referral)
    replay_id, _ = await begin(referral, cause)
    kept, replayed = replays.replay_stream, []

    async def stopped_after_two(*args: Any, **more: Any) -> tuple[int, int]:
        replayed.append(args)
        if len(replayed) == 2:
            async with referral.database.transaction(ORIGIN) as tx:
                assert await replays.stop_replay(tx, replay_id)
        return await kept(*args, **more)

    monkeypatch.setattr(replays, "replay_stream", stopped_after_two)
    await run(referral, Probe())
    assert await progress(referral, replay_id) == ("stopped", 6, 2, 0, 2)
    assert [one.streams for one in await listed(referral)] == [4]
    assert await referral.rows("select 1 from chassis.work where kind = 'replay'") == []


async def test_gaps_are_passed_over_only_when_an_operator_says_so(referral: Side) -> None:
    cases = [uuid4() for _ in range(3)]
    for case in cases:
        await take(referral, Probe(), message(given(case, 1), 1), message(given(case, 3), 3))
    (cause,) = await listed(referral)
    for over_gap, freed in ((False, 0), (True, 3)):
        replay_id, _ = await begin(referral, cause, over_gap=over_gap)
        await run(referral, Probe())
        assert (await progress(referral, replay_id))[2] == freed
    assert by_case(await referral.effects()) == {case: [1, 3] for case in cases}
