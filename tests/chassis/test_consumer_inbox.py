"""What a batch does to a service's database: once, in order, and around what cannot be handled."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis.database import Transaction
from chassis.events import admission
from chassis.events.admission import Message
from chassis.events.consumer import discard, list_parked, replay_stream
from chassis.events.offsets import OffsetsMoved
from contracts.events.access import RecordReadV1
from contracts.events.consent import ConsentRefusedV1
from tests.chassis.pipeline import ORIGIN, Probe, Side, eventually, given, message, side, withdrawn

SOURCE = "/th/consent"


@pytest.fixture
async def referral(postgres: Any) -> Any:
    async with side(postgres, "referral") as one:
        yield one


@pytest.fixture
def probe() -> Probe:
    return Probe()


async def take(referral: Side, probe: Probe, *messages: Message) -> None:
    inbox = referral.inbox(probe)
    await inbox.take(inbox.read(messages))


async def marks(referral: Side) -> list[Any]:
    return await referral.rows("select stream, sequence, parked from chassis.marks order by stream")


async def parked(referral: Side) -> list[Any]:
    return await referral.rows(
        "select sequence, reason, state from chassis.parked order by source, stream, sequence"
    )


async def replay(
    referral: Side, probe: Probe, stream: object, *, source: str = SOURCE, over_gap: bool = False
) -> Any:
    class Service:
        database = referral.database
        subscriptions = (probe.subscription(),)

    return await replay_stream(Service(), source, str(stream), over_gap=over_gap)


async def test_a_batch_is_loaded_by_one_query_and_handled_in_order(referral: Side, probe: Probe) -> None:
    one, two = sorted((uuid4(), uuid4()))
    await take(
        referral, probe, message(given(two, 1), 1), message(given(one, 1), 1), message(given(two, 2), 2)
    )
    assert await referral.effects() == [(one, 1), (two, 1), (two, 2)]
    assert probe.loads == 1


async def test_an_event_that_comes_again_is_dropped(referral: Side, probe: Probe) -> None:
    case = uuid4()
    first, second = message(given(case, 1), 1), message(given(case, 2), 2)
    await take(referral, probe, first, second, first)
    await take(referral, probe, first)
    await take(referral, probe, second)
    assert await referral.effects() == [(case, 1), (case, 2)]
    assert await parked(referral) == []


async def test_without_its_mark_an_event_that_comes_again_is_doubled(referral: Side, probe: Probe) -> None:
    """The control: what the test above would show without de-duplication."""
    case = uuid4()
    await take(referral, probe, message(given(case, 1), 1))
    await referral.run("delete from chassis.marks")
    await take(referral, probe, message(given(case, 1), 1))
    assert await referral.effects() == [(case, 1), (case, 1)]


async def test_the_first_event_of_a_stream_is_accepted_at_any_sequence(referral: Side, probe: Probe) -> None:
    case = uuid4()
    await take(referral, probe, message(given(case, 41), 41), message(given(case, 42), 42))
    assert await marks(referral) == [(str(case), 42, False)]


async def test_marks_move_over_events_that_nobody_handles(referral: Side, probe: Probe) -> None:
    case = uuid4()
    ignored = ConsentRefusedV1(case_id=case, consent_id=case, revision=2)
    await take(referral, probe, message(given(case, 1), 1), message(ignored, 2), message(given(case, 3), 3))
    assert await referral.effects() == [(case, 1), (case, 3)]


async def test_the_same_stream_of_another_source_is_another_stream(referral: Side, probe: Probe) -> None:
    case = uuid4()
    await take(
        referral,
        probe,
        message(given(case, 1), 7),
        message(given(case, 2), 1, source="/th/intake"),
    )
    assert await referral.effects() == [(case, 1), (case, 2)]


async def test_a_gap_parks_its_stream_and_no_other(referral: Side, probe: Probe) -> None:
    case, other = uuid4(), uuid4()
    await take(
        referral,
        probe,
        message(given(case, 1), 1),
        message(given(case, 3), 3),
        message(given(other, 1), 1),
        message(given(case, 4), 4),
    )
    assert await referral.rows("select case_id, revision from probe.effects where case_id = :c", c=case) == [
        (case, 1)
    ]
    assert await referral.rows("select count(*) from probe.effects where case_id = :c", c=other) == [(1,)]
    assert await parked(referral) == [(3, "gap", "waiting"), (4, "behind a parked event", "waiting")]
    assert (str(case), 1, True) in await marks(referral)


async def test_a_missing_event_that_comes_late_still_waits_for_an_operator_and_then_all_run_in_order(
    referral: Side, probe: Probe
) -> None:
    case = uuid4()
    await take(referral, probe, message(given(case, 1), 1), message(given(case, 3), 3))
    await take(referral, probe, message(given(case, 2), 2))
    assert await replay(referral, probe, case) == (2, 0)
    assert await referral.effects() == [(case, 1), (case, 2), (case, 3)]
    await take(referral, probe, message(given(case, 4), 4))
    assert await marks(referral) == [(str(case), 4, False)]


async def test_a_gap_that_stands_is_passed_over_only_when_an_operator_says_so(
    referral: Side, probe: Probe
) -> None:
    case = uuid4()
    await take(referral, probe, message(given(case, 1), 1), message(given(case, 3), 3))
    assert await replay(referral, probe, case) == (0, 1)
    assert await replay(referral, probe, case, over_gap=True) == (1, 0)
    assert await marks(referral) == [(str(case), 3, False)]


async def test_a_poison_event_parks_its_stream_and_the_rest_of_the_batch_goes_on(
    referral: Side, probe: Probe
) -> None:
    probe.poison = {13}
    case = uuid4()
    others = [uuid4() for _ in range(20)]
    await take(
        referral,
        probe,
        *(message(given(other, 1), 1) for other in others[:10]),
        message(given(case, 12), 12),
        message(given(case, 13), 13),
        message(given(case, 14), 14),
        *(message(given(other, 1), 1) for other in others[10:]),
    )
    assert sorted(await referral.effects()) == sorted([(other, 1) for other in others] + [(case, 12)])
    assert await parked(referral) == [(13, "ValueError", "waiting"), (14, "behind a parked event", "waiting")]
    assert (str(case), 12, True) in await marks(referral)


async def test_the_first_event_of_a_stream_can_be_the_poison_one(referral: Side, probe: Probe) -> None:
    probe.poison = {5}
    case = uuid4()
    await take(referral, probe, message(given(case, 5), 5))
    assert await marks(referral) == [(str(case), 4, True)]
    probe.poison = set()
    assert await replay(referral, probe, case) == (1, 0)
    assert await referral.effects() == [(case, 5)]


async def test_a_withdrawal_runs_at_once_although_its_stream_is_parked_and_never_twice(
    referral: Side, probe: Probe
) -> None:
    probe.poison = {1}
    case = uuid4()
    withdrawal = message(withdrawn(case, 3), 3)
    await take(referral, probe, message(given(case, 1), 1), message(given(case, 2), 2), withdrawal)
    assert await referral.effects() == [(case, 3)]
    await take(referral, probe, withdrawal)
    await take(referral, probe, message(given(case, 4), 4), withdrawal)
    assert await referral.effects() == [(case, 3)]
    probe.poison = set()
    assert await replay(referral, probe, case) == (3, 0)
    assert await referral.effects() == [(case, 3), (case, 1), (case, 2), (case, 4)]
    await take(referral, probe, withdrawal, message(given(case, 5), 5))
    assert (await referral.effects())[4:] == [(case, 5)]


async def test_a_withdrawal_after_a_gap_runs_and_parks_its_stream(referral: Side, probe: Probe) -> None:
    case = uuid4()
    await take(referral, probe, message(given(case, 1), 1), message(withdrawn(case, 3), 3))
    assert await referral.effects() == [(case, 1), (case, 3)]
    assert await parked(referral) == [(3, "gap", "done")]


async def test_a_replay_that_fails_again_leaves_the_stream_parked(referral: Side, probe: Probe) -> None:
    probe.poison = {2}
    case = uuid4()
    await take(referral, probe, *(message(given(case, n), n) for n in (1, 2, 3)))
    assert await replay(referral, probe, case) == (0, 2)
    assert await parked(referral) == [(2, "ValueError", "waiting"), (3, "behind a parked event", "waiting")]


async def test_a_discarded_event_is_passed_over_by_the_replay(referral: Side, probe: Probe) -> None:
    probe.poison = {2}
    case = uuid4()
    await take(referral, probe, *(message(given(case, n), n) for n in (1, 2, 3)))
    async with referral.database.transaction(ORIGIN) as tx:
        assert await discard(tx, SOURCE, str(case), 2)
    assert await replay(referral, probe, case) == (1, 0)
    assert await referral.effects() == [(case, 1), (case, 3)]


async def test_the_worklist_of_parked_events_is_paged_oldest_first(referral: Side, probe: Probe) -> None:
    case = uuid4()
    await take(
        referral, probe, message(given(case, 1), 1), *(message(given(case, n), n) for n in range(3, 8))
    )
    found: list[int] = []
    after: Any = None
    async with referral.database.transaction(ORIGIN) as tx:
        for _ in range(4):
            rows, position = await list_parked(tx, 2, after)
            found += [row.sequence for row in rows]
            if position is None:
                break
            after = tuple(map(str, position))
    assert found == [3, 4, 5, 6, 7]


async def test_an_event_whose_body_does_not_fit_is_parked_with_its_stream(
    referral: Side, probe: Probe
) -> None:
    case = uuid4()
    broken = message(given(case, 1), 1)
    broken.value = b'{"case_id": 1}'
    await take(referral, probe, broken, message(given(case, 2), 2))
    assert await parked(referral) == [
        (1, "the body does not fit ConsentGivenV1", "waiting"),
        (2, "behind a parked event", "waiting"),
    ]


async def test_a_record_without_readable_headers_is_parked_alone_and_the_gap_it_leaves_parks_its_stream(
    referral: Side, probe: Probe
) -> None:
    case = uuid4()
    broken = message(given(case, 2), 2, offset=77)
    broken.headers = [(name, value) for name, value in broken.headers if name != "ce_sequence"]
    await take(referral, probe, message(given(case, 1), 1), broken, message(given(case, 3), 3))
    assert await referral.rows("select source, sequence, reason from chassis.parked order by sequence") == [
        (SOURCE, 3, "gap"),
        (admission.UNREADABLE, 77, admission.UNREADABLE),
    ]
    assert await replay(referral, probe, "consent.events/0", source=admission.UNREADABLE) == (0, 1)


async def test_a_record_that_can_be_read_after_all_waits_in_its_stream(referral: Side, probe: Probe) -> None:
    case = uuid4()
    late = message(given(case, 2), 2, offset=77)
    await take(referral, probe, message(given(case, 1), 1), message(given(case, 3), 3))
    unread = admission.IncomingRecord(
        late, (admission.UNREADABLE, "consent.events/0"), 77, marked=False, fault="unreadable"
    )
    await referral.inbox(probe).take([unread])
    assert await replay(referral, probe, "consent.events/0", source=admission.UNREADABLE) == (1, 0)
    assert await replay(referral, probe, case) == (2, 0)
    assert await referral.effects() == [(case, 1), (case, 2), (case, 3)]


async def test_access_records_have_no_sequence_and_no_mark(referral: Side, probe: Probe) -> None:
    case = uuid4()
    await take(
        referral, probe, *(message(RecordReadV1(case_id=case, resource="consent"), 0) for _ in range(2))
    )
    assert await marks(referral) == []


async def test_a_deadlock_is_retried_and_parks_nothing(referral: Side, probe: Probe) -> None:
    await referral.run(
        "create table probe.locked (id int primary key)", "insert into probe.locked values (1), (2)"
    )
    met = asyncio.Event()

    async def lock_one_then_two(tx: Transaction) -> None:
        await lock(tx, 1)
        met.set()
        await lock(tx, 2)

    probe.before_save = lock_one_then_two
    case = uuid4()
    batch = [message(given(case, 1), 1), message(given(case, 2), 2)]
    async with referral.database.transaction(ORIGIN) as tx:
        await lock(tx, 2)
        taking = asyncio.create_task(take(referral, probe, *batch))
        await met.wait()
        await asyncio.sleep(0.3)  # the consumer has waited longer: it is the one that PostgreSQL ends
        await lock(tx, 1)
    await taking
    assert probe.loads == 2
    assert await referral.effects() == [(case, 1), (case, 2)]
    assert await parked(referral) == []


async def lock(tx: Transaction, row: int) -> None:
    await tx.execute(text(f"select 1 from probe.locked where id = {row} for update"))


async def test_a_lost_connection_is_retried_and_parks_nothing(referral: Side, probe: Probe) -> None:
    killed: list[UUID] = []

    async def lose_it_once(tx: Transaction) -> None:
        if not killed:
            killed.append(uuid4())
            async with referral.database.engine.connect() as other:
                pid = (await tx.execute(text("select pg_backend_pid()"))).scalar_one()
                await other.exec_driver_sql(f"select pg_terminate_backend({pid})")
            await tx.execute(text("select 1"))

    probe.before_save = lose_it_once
    case = uuid4()
    await take(referral, probe, message(given(case, 1), 1))
    assert (len(killed), await referral.effects(), await parked(referral)) == (1, [(case, 1)], [])


async def test_a_value_that_the_database_cannot_hold_is_the_events_fault(
    referral: Side, probe: Probe
) -> None:
    case, other = uuid4(), uuid4()
    await take(referral, probe, message(given(case, 2**40), 1), message(given(other, 1), 1))
    assert await referral.effects() == [(other, 1)]
    assert await parked(referral) == [(1, "PostgreSQL: DataError", "waiting")]


async def test_a_service_whose_tables_are_missing_waits_and_parks_nothing(
    referral: Side, probe: Probe
) -> None:
    await referral.run("alter table probe.effects rename to away")
    said: list[str] = []
    inbox = referral.inbox(probe)
    case = uuid4()
    taking = asyncio.create_task(inbox.take(inbox.read([message(given(case, 1), 1)]), None, said.append))

    async def told() -> bool:
        return bool(said)

    await eventually(told)
    await referral.run("alter table probe.away rename to effects")
    await taking
    assert said[0] == "a batch waits: PostgreSQL: UndefinedTableError"
    assert (await referral.effects(), await parked(referral)) == ([(case, 1)], [])


async def test_offsets_move_with_the_batch_and_only_from_where_they_were(
    referral: Side, probe: Probe
) -> None:
    await referral.run("insert into chassis.offsets values ('consent.events', 0, 10)")
    inbox = referral.inbox(probe)
    case = uuid4()
    batch = inbox.read([message(given(case, 1), 1, offset=10), message(given(case, 2), 2, offset=11)])
    positions = {("consent.events", 0): 10}
    await inbox.take(batch, positions)
    assert positions == {("consent.events", 0): 12}
    with pytest.raises(OffsetsMoved):
        await inbox.take(batch, {("consent.events", 0): 10})
    assert await referral.rows("select next_offset from chassis.offsets") == [(12,)]
    assert await referral.effects() == [(case, 1), (case, 2)]


async def test_offsets_move_on_around_a_poison_event(referral: Side, probe: Probe) -> None:
    await referral.run("insert into chassis.offsets values ('consent.events', 0, 0)")
    probe.poison = {3}
    inbox = referral.inbox(probe)
    batch = inbox.read([message(given(uuid4(), n), 1, offset=n) for n in range(8)])
    await inbox.take(batch, {("consent.events", 0): 0})
    assert await referral.rows("select next_offset from chassis.offsets") == [(8,)]
    assert len(await referral.effects()) == 7


async def test_what_a_handler_says_names_its_cause_and_keeps_organisation_and_purpose(referral: Side) -> None:
    class Says(Probe):
        def on_event(self, effects: Any, event: Any, now: Any) -> Any:
            super().on_event(effects, event, now)
            return [RecordReadV1(case_id=event.case_id, resource="referral")]

    case, cause = uuid4(), uuid4()
    await take(referral, Says(), message(given(case, 1), 1, id=cause, purpose="protection"))
    assert await referral.rows(
        "select topic, actor, organisation, purpose, causationid from chassis.outbox"
    ) == [("referral.access", "system:referral", "th-care-agency", "protection", str(cause))]
