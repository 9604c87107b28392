"""What the relay relies on: a position is drawn after the stream's lock, by a transaction that has its id."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from chassis.outbox import MAX_PAYLOAD, TooLargeToSay
from contracts.events.access import RecordReadV1
from tests.chassis.pipeline import ORIGIN, Side, given, side, withdrawn

REFUSES_AN_UNNAMED_TRANSACTION = (
    """
    create function chassis.refuse() returns trigger language plpgsql as $$
    begin
        if pg_current_xact_id_if_assigned() is null then
            raise exception 'a position was drawn before the transaction had its id';
        end if;
        return new;
    end $$
    """,
    "create trigger named before insert on chassis.outbox for each row execute function chassis.refuse()",
)


@pytest.fixture
async def consent(postgres: Any) -> Any:
    async with side(postgres, "consent") as one:
        yield one


async def test_a_transaction_has_its_id_before_it_draws_a_position(consent: Side) -> None:
    await consent.run(*REFUSES_AN_UNNAMED_TRANSACTION)
    for _ in range(3):  # the sequence itself names the transaction in every 32nd draw, the first among them
        await consent.say(RecordReadV1(case_id=uuid4(), resource="consent"))
    await consent.say(given(uuid4(), 1))
    async with consent.database.transaction(ORIGIN) as tx:
        tx.publish("egress.kh", "channel", b"sealed")
    rows = await consent.rows("select pos, sequence from chassis.outbox order by pos")
    assert rows == [(1, 0), (2, 0), (3, 0), (4, 1), (5, 1)]


async def test_sequences_count_each_stream_in_the_order_of_saying(consent: Side) -> None:
    one, two = uuid4(), uuid4()
    await consent.say(given(one, 1), given(two, 1), withdrawn(one, 1), given(one, 2))
    await consent.say(withdrawn(two, 1))
    assert await consent.rows("select stream, sequence, type from chassis.outbox order by pos") == [
        (str(one), 1, "consent.given.v1"),
        (str(two), 1, "consent.given.v1"),
        (str(one), 2, "consent.withdrawn.v1"),
        (str(one), 3, "consent.given.v1"),
        (str(two), 2, "consent.withdrawn.v1"),
    ]


async def test_what_is_written_last_is_written_whole_or_not_at_all(consent: Side) -> None:
    """What belongs to no stream is written by a statement of its own, the last."""
    both = given(uuid4(), 1), RecordReadV1(case_id=uuid4(), resource="consent")
    await consent.run("alter table chassis.outbox add constraint of_streams check (sequence > 0)")
    with pytest.raises(IntegrityError):
        await consent.say(*both)
    assert await consent.rows("select type from chassis.outbox") == []
    await consent.run("alter table chassis.outbox drop constraint of_streams")
    await consent.say(*both)
    assert len(await consent.rows("select type from chassis.outbox")) == 2


async def test_a_second_writer_of_a_stream_draws_its_position_after_the_first_has_ended(
    consent: Side,
) -> None:
    case = uuid4()
    async with consent.database.transaction(ORIGIN) as tx:
        tx.say(given(case, 1))
        await tx.flush()
        second = asyncio.create_task(consent.say(given(case, 2)))
        await asyncio.sleep(0.1)
        tx.say(given(case, 3))
    await second
    assert [row[0] for row in await consent.rows("select sequence from chassis.outbox order by pos")] == [
        1,
        2,
        3,
    ]


async def test_an_event_too_large_for_the_broker_is_refused_with_everything_said_beside_it(
    consent: Side,
) -> None:
    with pytest.raises(TooLargeToSay):
        await _say_too_much(consent)
    assert await consent.rows("select count(*) from chassis.outbox") == [(0,)]


async def _say_too_much(consent: Side) -> None:
    async with consent.database.transaction(ORIGIN) as tx:
        tx.say(given(uuid4(), 1))
        tx.publish("egress.kh", "channel", b"x" * (MAX_PAYLOAD + 1))
