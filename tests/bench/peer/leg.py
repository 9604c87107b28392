"""The peer's turn: two cells of it on the servers of two cells that were stopped, the same clients and script, the same judge."""

import asyncio
import json
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from joserfc.jwk import OKPKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import CreateSchema

from deploy.local.cell import Cell
from deploy.local.place import ROOT
from deploy.local.ports import free_port
from tests.bench.peer.parts import SERVICES
from tests.bench.peer.sealing import new_key, token
from tests.bench.peer.tables import COMMON, FOR_THE_JUDGE, Base
from tests.bench.whole.cells import CELLS, PEOPLE, Running, Tree
from tests.bench.whole.floor import kafka_of
from tests.bench.whole.script import AGENCY

DATABASES = (*SERVICES, "returns", "notify")
"""The judge looks into all of them; in the last two is nothing, ever."""
UP_S = 60.0


@dataclass(frozen=True, slots=True)
class RunningPeer(Running):
    """The two cells of the peer while they run, as the clients and the judge see them."""

    cells: Mapping[str, Cell]
    ports: Mapping[str, int]
    children: Mapping[str, int]

    def address(self, cell: str) -> str:
        return f"http://127.0.0.1:{self.ports[cell]}"

    def dsn(self, cell: str, database: str) -> str:
        return _database(self.cells[cell], self.tree.name).format(database=database)

    def pids(self, cell: str) -> dict[str, int]:
        folder = self.cells[cell].directory
        found = {
            name: json.loads((folder / name / "server.json").read_text()) for name in ("kafka", "postgres")
        }
        return {name: facts["pid"] for name, facts in found.items()} | {"cell": self.children[cell]}


@asynccontextmanager
async def running_peer(state: Path) -> AsyncIterator[RunningPeer]:
    """The peer on the servers of two cells whose services do not run, in databases and topics of its own."""
    name, cells = f"peer{secrets.token_hex(3)}", {code: Cell(code, state, partners=CELLS) for code in CELLS}
    async with AsyncExitStack() as exits:
        for cell in cells.values():
            await asyncio.gather(asyncio.to_thread(cell.broker.start), asyncio.to_thread(cell.postgres.start))
            exits.callback(cell.broker.stop)
            exits.callback(cell.postgres.stop)
            await _prepare(cell, name)
        keys, ports = _keys(), {code: free_port() for code in CELLS}
        children = {}
        for code in CELLS:
            file = state.parent / f"{name}-{code}.json"
            file.write_text(json.dumps(_facts(code, cells, keys, ports[code], name)))
            children[code] = exits.enter_context(_process(file))
        await _answering([*ports.values()])
        tokens = {person: _token(person, keys["issuer"]) for person in PEOPLE}
        yield RunningPeer(Tree(name, ROOT, state.parent / name), tokens, cells, ports, children)


async def _prepare(cell: Cell, name: str) -> None:
    admin = await asyncpg.connect(cell.postgres.admin_dsn())
    for database in DATABASES:
        await admin.execute(f"create database {name}_{database}")
    await admin.close()
    for database in DATABASES:
        await _make_tables(_database(cell, name, "postgresql+asyncpg").format(database=database), database)
    client = AIOKafkaAdminClient(**kafka_of(cell))
    await client.start()
    topics = [f"{name}.{cell.code}.{topic}" for topic in (*SERVICES, "envelopes")]
    await client.create_topics([NewTopic(topic, 1, 1) for topic in topics])
    await client.close()


async def _make_tables(address: str, service: str) -> None:
    engine = create_async_engine(address)
    mine = [one for one in Base.metadata.sorted_tables if one.schema in (COMMON, service)]
    async with engine.begin() as connection:
        for schema in {one.schema for one in mine if one.schema}:
            await connection.execute(CreateSchema(schema))
        await connection.run_sync(Base.metadata.create_all, tables=mine)
        for statement in FOR_THE_JUDGE:
            await connection.execute(text(statement))
    await engine.dispose()


def _database(cell: Cell, name: str, scheme: str = "postgresql") -> str:
    """The address of a service's database, with `{database}` in it."""
    rest = cell.postgres.admin_dsn("postgres").partition("://")[2].rpartition("/")[0]
    return f"{scheme}://{rest}/{name}_{{database}}"


def _keys() -> dict[str, OKPKey]:
    made = {f"{code} signer": OKPKey.generate_key("Ed25519") for code in CELLS}
    made |= {f"{code} reader": OKPKey.generate_key("X25519") for code in CELLS}
    return made | {"issuer": OKPKey.generate_key("Ed25519")}


def _facts(
    code: str, cells: Mapping[str, Cell], keys: Mapping[str, OKPKey], port: int, name: str
) -> dict[str, Any]:
    partner = next(other for other in CELLS if other != code)
    own = {kind: keys[f"{code} {kind}"].as_dict(private=True) for kind in ("signer", "reader")}
    theirs = {f"partner_{kind}": keys[f"{partner} {kind}"].as_dict(private=False) for kind in own}
    return {
        "code": code, "partner": partner, "port": port, "name": name,
        "database": _database(cells[code], name, "postgresql+asyncpg"),
        "kafka": _login(cells[code]), "partner_kafka": _login(cells[partner]),
        "keys": {**own, **theirs, "issuer": keys["issuer"].as_dict(private=False)},
        "master": new_key().hex(),
    }  # fmt: skip


def _login(cell: Cell) -> dict[str, str]:
    broker = cell.broker
    return {
        "bootstrap": broker.bootstrap,
        "user": broker.admin_user,
        "password": broker.admin_password,
        "ca": str(broker.ca_file),
    }


def _token(person: str, issuer: OKPKey) -> str:
    role = person.partition(".")[2]
    return token({"sub": person, "org": AGENCY, "role": role, "exp": int(time.time()) + 3600}, issuer)


@contextmanager
def _process(facts: Path) -> Iterator[int]:
    with facts.with_suffix(".log").open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.peer", str(facts)], cwd=ROOT, stdout=out, stderr=out
        )
    try:
        yield child.pid
    finally:
        child.terminate()
        child.wait()


async def _answering(ports: list[int]) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        deadline = time.monotonic() + UP_S
        while ports:
            try:
                await http.get(f"http://127.0.0.1:{ports[-1]}/openapi.json")
                ports.pop()
            except httpx2.TransportError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.1)
