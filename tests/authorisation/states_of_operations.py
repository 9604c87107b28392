"""The operators' things: what stands still in a service, in every state. The routes are those of the chassis, everywhere the same."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from aiokafka import TopicPartition

from chassis.events.kafka import KafkaLink
from tests.authorisation.thing import Thing, as_made, asked
from tests.authorisation.worlds import Made, World

REPLAY = "/v1/replays/{replay_id}"
STOP = f"{REPLAY}/stop"
WHY = {"reason": "accepted", "ticket": "OPS-7"}


async def _stuck(world: World) -> Made:
    made = await world.failed_work()
    return {**made, "id": made["work_id"]}


async def _caused(world: World) -> Made:
    made = await world.parked_for()
    return {**made, "id": made["cause"]}


async def _caused_and_replayed(world: World) -> Made:
    made = await _caused(world)
    await world.ask("operator", "POST", "/v1/replays", {**WHY, "cause": made["cause"]})
    return made


async def _replaying(world: World) -> Made:
    made = await world.replaying()
    return {**made, "id": made["replay_id"]}


async def _replay_stopped(world: World) -> Made:
    made = await _replaying(world)
    await world.ask("operator", "POST", STOP.format(**made), WHY)
    return made


async def _holds_the_consumer(world: World) -> Made:
    """The only stop: it has not handled what it stopped at."""
    await world._run("update chassis.stops set ended_at = now() where ended_at is null")
    statement = (
        'insert into chassis.stops (id, stopped_at, topic, partition, "offset", reason, place, streams)'
        " values (:id, now(), 'unread', 0, 0, 'ValueError', 'handlers.py:1', 25)"
    )
    await world._run(statement, id=(stop_id := uuid4()))
    return {"stop_id": str(stop_id)}


class _Broker:
    """Has one event of every partition, for whoever asks from where it can be read."""

    def client(self) -> "_Broker":
        return self

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def topics(self) -> set[str]:
        return {"somewhere"}

    async def beginning_offsets(self, asked: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(asked, 0)

    async def end_offsets(self, asked: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(asked, 1)


async def _broker_answers(world: World) -> Made:
    return await _read_from(world, _Broker())


async def _broker_is_away(world: World) -> Made:
    service = world.harness.service
    return await _read_from(world, KafkaLink(service.settings, service.name))


async def _read_from(world: World, link: Any) -> Made:
    await world.read_from()
    world.harness.service.link = link
    return {"topic": "somewhere"}


OPERATIONS_THINGS = (
    Thing(
        "notify",
        "/v1/parked",
        as_made("parked"),
        commands=frozenset({"/v1/parked/replay", "/v1/parked/discard"}),
        listed="stream",
    ),
    Thing(
        "notify",
        "/v1/parked/causes",
        {"parked": _caused, "being replayed": _caused_and_replayed},
        commands=frozenset({"/v1/replays"}),
        listed="id",
    ),
    Thing(
        "notify",
        "/v1/replays",
        {"running": _replaying, "stopped": _replay_stopped},
        commands=frozenset({STOP}),
        listed="id",
    ),
    Thing(
        "notify",
        REPLAY,
        {**as_made("replaying"), "stopped": asked("replaying", ("operator", "POST", STOP, WHY))},
        commands=frozenset({STOP}),
    ),
    Thing(
        "notify",
        "/v1/work",
        {"failed": _stuck},
        commands=frozenset({"/v1/work/{work_id}/retry"}),
        listed="id",
    ),
    Thing(
        "directory",
        "/v1/consumer",
        {"stopped": _holds_the_consumer},
        commands=frozenset({"/v1/stops/{stop_id}/end"}),
        within="stop",
    ),
    Thing(
        "directory",
        "/v1/offsets",
        {"broker answers": _broker_answers, "broker is away": _broker_is_away},
        commands=frozenset({"/v1/offsets"}),
        listed="topic",
    ),
)
"""The consumer of the directory is stopped, and its broker is away: what is parked by others is parked in another service."""
