"""The floor of a whole case: the same bytes in as many durable steps, and nothing else: no rule, no right, no log, no retry.

A client inserts a row for each command. Each row's message goes from stage to stage: consumed in batches, copied into a table with the offset in one
transaction, produced again; between the cells it is signed, encrypted, opened. The stages are those that a referral passes on its way abroad.
"""

import asyncio
import itertools
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.helpers import create_ssl_context
from joserfc import jwe, jws
from joserfc.jwk import OKPKey

from deploy.local.cell import Cell
from tests.bench.whole.cells import CELLS
from tests.bench.whole.turn import WARM_UP, Plan, quantile

MESSAGE, ROW = os.urandom(650).hex().encode(), os.urandom(1_500)
"""Bytes of a message, and of the rows of one step, as the servers count them in the product's way of a case."""
COMMANDS = 5
FLOOR_CASES = 5
"""The floor plays so many times the cases, for it takes less time."""
STAGES = (
    ("TH", "consent"),
    ("TH", "audit"),
    ("TH", "due"),
    ("TH", "token"),
    ("TH", "sealed"),
    ("KH", "inbox"),
    ("KH", "opened"),
    ("KH", "received"),
)
"""Each is a topic, a consumer and a transaction; the last three are abroad. A message to the log goes with each."""
ALGORITHMS = ["Ed25519", "ECDH-ES+A256KW", "A256GCM"]
TABLE = "create table {name} (id uuid primary key, content bytea not null)"
OFFSETS = "create table offsets (topic text primary key, next bigint not null)"
Turned = Callable[[bytes], bytes]


def kafka_of(cell: Cell) -> dict[str, Any]:
    """What a client of its broker is told."""
    broker = cell.broker
    return {
        "bootstrap_servers": broker.bootstrap,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": broker.admin_user,
        "sasl_plain_password": broker.admin_password,
        "ssl_context": create_ssl_context(cafile=str(broker.ca_file)),
    }


@dataclass(slots=True)
class Server:
    """The broker and the PostgreSQL of one cell, with a connection and a producer for each who needs one."""

    cell: Cell
    exits: AsyncExitStack
    prefix: str

    @property
    def kafka(self) -> dict[str, Any]:
        return kafka_of(self.cell)

    async def connection(self) -> asyncpg.Connection:
        made = await asyncpg.connect(self.cell.postgres.admin_dsn(self.prefix))
        self.exits.push_async_callback(made.close)
        return made

    async def started(self, made: Any) -> Any:
        await made.start()
        self.exits.push_async_callback(getattr(made, "stop", None) or made.close)
        return made

    async def prepare(self, names: Sequence[str]) -> None:
        """A database of the floor's own, with a table for each stage, and a topic for each."""
        connection = await asyncpg.connect(self.cell.postgres.admin_dsn())
        await connection.execute(f'create database "{self.prefix}"')
        await connection.close()
        own = await self.connection()
        for name in names:
            await own.execute(TABLE.format(name=name))
        await own.execute(OFFSETS)
        admin = await self.started(AIOKafkaAdminClient(**self.kafka))
        await admin.create_topics([NewTopic(f"{self.prefix}.{name}", 1, 1) for name in names])


@dataclass(slots=True)
class Stage:
    """Consumes its topic, stores each batch with its offset in one transaction, and says it to the next and to the log."""

    name: str
    server: Server
    onward: Callable[[list[tuple[bytes, bytes]]], Awaitable[None]]
    turned: Turned = bytes

    async def run(self) -> None:
        topic = f"{self.server.prefix}.{self.name}"
        consumer = await self.server.started(AIOKafkaConsumer(**self.server.kafka, enable_auto_commit=False))
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek(partition, 0)
        connection = await self.server.connection()
        while True:
            records = (await consumer.getmany(timeout_ms=500)).get(partition)
            if not records:
                continue
            said = [(record.key, self.turned(record.value)) for record in records]
            async with connection.transaction():
                rows = [(UUID(bytes=record.key), ROW) for record in records]
                await connection.copy_records_to_table(self.name, records=rows)
                await connection.execute(
                    "insert into offsets values ($1, $2) on conflict (topic) do update set next = excluded.next",
                    topic, records[-1].offset + 1,
                )  # fmt: skip
            await self.onward(said)


class Floor:
    """All stages of both cells, and the clients in front of them."""

    def __init__(self, servers: dict[str, Server], exits: AsyncExitStack) -> None:
        self._servers, self._exits = servers, exits
        self._waiting: dict[bytes, asyncio.Future[float]] = {}

    async def start(self) -> None:
        self._producers = {code: await self._producer(code) for code in CELLS}
        signer, recipient = OKPKey.generate_key("Ed25519"), OKPKey.generate_key("X25519")
        turned = {
            "sealed": lambda said: _sealed(said, signer, recipient),
            "inbox": bytes,
            "opened": lambda raw: _opened(raw, signer, recipient),
        }
        for (code, name), after in itertools.zip_longest(STAGES, STAGES[1:]):
            stage = Stage(name, self._servers[code], self._to(code, after), turned.get(name, bytes))
            self._run(stage)
        for code in CELLS:
            self._run(Stage("log", self._servers[code], _nowhere))

    def _run(self, stage: Stage) -> None:
        task = asyncio.create_task(stage.run())
        self._exits.callback(task.cancel)

    async def _producer(self, code: str) -> AIOKafkaProducer:
        server = self._servers[code]
        return await server.started(AIOKafkaProducer(**server.kafka, acks="all", enable_idempotence=True))

    def _to(
        self, code: str, after: tuple[str, str] | None
    ) -> Callable[[list[tuple[bytes, bytes]]], Awaitable[None]]:
        async def say(said: list[tuple[bytes, bytes]]) -> None:
            if after is None:
                for key, _ in said:
                    self._waiting.pop(key).set_result(time.perf_counter())
                return
            onward = (self._say(*after, key, value) for key, value in said)
            await asyncio.gather(*onward, *(self._log(code) for _ in said))

        return say

    async def _say(self, code: str, name: str, key: bytes, value: bytes) -> None:
        server = self._servers[code]
        await (await self._producers[code].send(f"{server.prefix}.{name}", value, key))

    async def _log(self, code: str) -> None:
        await self._say(code, "log", uuid4().bytes, MESSAGE)

    async def play(self, clients: int, cases: int) -> list[float]:
        """Seconds of each crossing, from the last command's commit."""
        left = iter(range(cases))
        played = await asyncio.gather(*(self._client(left) for _ in range(clients)))
        return [seconds for one in played for seconds in one]

    async def _client(self, left: Any) -> list[float]:
        connection, took = await self._servers["TH"].connection(), []
        for _ in left:
            for _ in range(COMMANDS):
                await connection.execute("insert into commands values ($1, $2)", uuid4(), ROW)
                await self._log("TH")
            key, sent = uuid4().bytes, time.perf_counter()
            self._waiting[key] = arrived = asyncio.get_running_loop().create_future()
            await self._say("TH", STAGES[0][1], key, MESSAGE)
            took.append(await arrived - sent)
        return took


async def _nowhere(said: list[tuple[bytes, bytes]]) -> None:
    """What the log takes goes no further."""


def _sealed(content: bytes, signer: OKPKey, recipient: OKPKey) -> bytes:
    signed = jws.serialize_compact({"alg": "Ed25519"}, content, signer, algorithms=ALGORITHMS)
    return jwe.encrypt_compact(
        {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}, signed.encode(), recipient, algorithms=ALGORITHMS
    ).encode()


def _opened(raw: bytes, signer: OKPKey, recipient: OKPKey) -> bytes:
    signed = jwe.decrypt_compact(raw.decode(), recipient, algorithms=ALGORITHMS).plaintext
    return bytes(jws.deserialize_compact(signed.decode(), signer, algorithms=ALGORITHMS).payload)


@dataclass(frozen=True, slots=True)
class FloorTurn:
    """Cases a second by many clients, and the seconds of each crossing of one alone."""

    rate: float
    crossings: list[float]

    @property
    def crossing(self) -> float:
        return quantile(self.crossings, 0.5)

    def __str__(self) -> str:
        p50, p99 = (quantile(self.crossings, share) * 1000 for share in (0.5, 0.99))
        return f"{self.rate:6.2f} cases/s, crossing p50 {p50:.0f} p99 {p99:.0f} ms"


async def floor_turn(state: Path, plan: Plan) -> FloorTurn:
    """A turn of the floor on the servers of two cells that were stopped."""
    prefix, cells = f"floor_{uuid4().hex[:8]}", {code: Cell(code, state, partners=CELLS) for code in CELLS}
    try:
        servers_of = [server for cell in cells.values() for server in (cell.broker, cell.postgres)]
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in servers_of))
        async with AsyncExitStack() as exits:
            servers = {code: Server(cell, exits, prefix) for code, cell in cells.items()}
            for code, server in servers.items():
                await server.prepare(["commands", "log", *(name for cell, name in STAGES if cell == code)])
            floor = Floor(servers, exits)
            await floor.start()
            await floor.play(plan.clients, WARM_UP * plan.clients)
            crossings = await floor.play(1, plan.alone)
            began = time.perf_counter()
            await floor.play(plan.clients, plan.cases * FLOOR_CASES)
            return FloorTurn(plan.cases * FLOOR_CASES / (time.perf_counter() - began), crossings)
    finally:
        for cell in cells.values():
            cell.broker.stop()
            cell.postgres.stop()
