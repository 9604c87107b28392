"""`python -m tests.bench.tables`: statements made from a Table against the same written by hand, interleaved on a real PostgreSQL.

Ratios are hand / made of the fifth of the rounds that was disturbed least: 1.00 is equal, more is faster.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any
from uuid import UUID, uuid4

import uvloop
from pydantic_core import to_json
from sqlalchemy import Column, MetaData, Table, text
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.schema import CreateTable

from chassis.rows import RowReader
from chassis.tables import TIMESTAMPTZ, insert_missing, required, update_set
from deploy.local.testing import Databases, Run

ROUNDS = 60
SIZES = (1, 50, 500)
FIXED = {"id": "uuid", "half": "text", "case_id": "uuid", **{f"fixed{n}": "text" for n in range(8)}}
MOVING = {
    "state": "text",
    **{f"code{n}": "text" for n in range(4)},
    "fields": "jsonb",
    **{f"at{n}": "timestamptz" for n in range(6)},
    "version": "integer",
}
ALL = {**FIXED, **MOVING}
KINDS: dict[str, Any] = {
    "uuid": pg.UUID, "text": pg.TEXT, "jsonb": pg.JSONB, "timestamptz": TIMESTAMPTZ, "integer": pg.INTEGER,
}  # fmt: skip
ROWS = Table(
    "rows",
    MetaData(schema="bench"),
    *(
        Column(name, KINDS[kind], primary_key=True) if name in {"id", "half"} else required(name, KINDS[kind])
        for name, kind in ALL.items()
    ),
)


class State(StrEnum):
    DRAFT = "draft"
    SENT = "sent"


@dataclass(slots=True)
class Half:
    id: UUID
    half: str
    case_id: UUID
    fixed0: str
    fixed1: str
    fixed2: str
    fixed3: str
    fixed4: str
    fixed5: str
    fixed6: str
    fixed7: str
    state: State
    code0: str
    code1: str
    code2: str
    code3: str
    fields: tuple[str, ...]
    at0: datetime
    at1: datetime
    at2: datetime
    at3: datetime
    at4: datetime
    at5: datetime
    version: int
    stored: int = 0


NOW = datetime(2026, 11, 26, tzinfo=UTC)


def some() -> Half:
    words = [f"word-{n}" for n in range(8)]
    moments = [NOW] * 6
    return Half(
        uuid4(),
        "outgoing",
        uuid4(),
        *words,
        State.DRAFT,
        *words[:4],
        ("cor_FullName", "cor_Age"),
        *moments,
        1,
        1,
    )


def _unnest(columns: dict[str, str]) -> str:
    arrays = ", ".join(f"cast(:{name} as {kind}[])" for name, kind in columns.items())
    return f"unnest({arrays}) as u({', '.join(columns)})"


def _hand(rows: list[Half], columns: dict[str, str]) -> dict[str, list[Any]]:
    return {
        name: [to_json(v).decode() for v in map(attrgetter(name), rows)]
        if name == "fields"
        else list(map(attrgetter(name), rows))
        for name in columns
    }


UPDATED = {"id": "uuid", "half": "text", **MOVING, "stored": "integer"}
HAND_INSERT = text(
    f"insert into bench.rows ({', '.join(ALL)}) select {', '.join(ALL)} from {_unnest(ALL)} on conflict (id, half) do nothing"
)
HAND_UPDATE = text(
    f"update bench.rows as r set {', '.join(f'{name} = u.{name}' for name in MOVING)} from {_unnest(UPDATED)}"
    " where r.id = u.id and r.half = u.half and r.version = u.stored"
)
HAND_READ = text(
    f"select {', '.join([*ALL, 'version as stored'])} from bench.rows where id = any(cast(:ids as uuid[]))"
)
INSERT = insert_missing(ROWS, key=("id", "half"))
UPDATE = update_set(ROWS, *MOVING, stored="stored")
READER = RowReader(Half, ROWS, stored="version")
READ = text(f"select {READER.columns()} from bench.rows where id = any(cast(:ids as uuid[]))")
_STATES = {str(state): state for state in State}
_STATE, _FIELDS = list(ALL).index("state"), list(ALL).index("fields")


def _by_position(row: Any) -> Half:
    values = list(row)
    values[_STATE], values[_FIELDS] = _STATES[values[_STATE]], tuple(values[_FIELDS])
    return Half(*values)


async def hand_insert(conn: AsyncConnection, rows: list[Half]) -> None:
    await conn.execute(HAND_INSERT, _hand(rows, ALL))


async def hand_update(conn: AsyncConnection, rows: list[Half]) -> None:
    await conn.execute(HAND_UPDATE, _hand(rows, UPDATED))


async def hand_read(conn: AsyncConnection, rows: list[Half]) -> None:
    found = await conn.execute(HAND_READ, {"ids": [row.id for row in rows]})
    assert len([_by_position(row) for row in found]) == len(rows)


async def made_insert(conn: AsyncConnection, rows: list[Half]) -> None:
    await INSERT.write(conn, rows)


async def made_update(conn: AsyncConnection, rows: list[Half]) -> None:
    assert await UPDATE.write(conn, rows) == len(rows)


async def made_read(conn: AsyncConnection, rows: list[Half]) -> None:
    assert len(READER.all(await conn.execute(READ, {"ids": [row.id for row in rows]}))) == len(rows)


Leg = Callable[[AsyncConnection, list[Half]], Awaitable[None]]
PAIRS: dict[str, tuple[Leg, Leg]] = {
    "insert": (hand_insert, made_insert),
    "update": (hand_update, made_update),
    "read": (hand_read, made_read),
}


async def once(conn: AsyncConnection, leg: Leg, rows: list[Half]) -> float:
    began = time.perf_counter()
    await leg(conn, rows)
    return time.perf_counter() - began


async def measured(conn: AsyncConnection, size: int) -> dict[str, list[tuple[float, float]]]:
    """Each round does all three in both ways, in turns as to which goes first."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in PAIRS}
    for number in range(ROUNDS):
        ways = [0, 1] if number % 2 else [1, 0]
        sets = [[some() for _ in range(size)] for _ in ways]
        for name, pair in PAIRS.items():
            took = {way: await once(conn, pair[way], sets[way]) for way in ways}
            found[name].append((took[0], took[1]))
        await conn.commit()
    return found


async def main() -> None:
    run = Run.begin()
    databases = Databases(run.postgres_dsn())
    owner_url, _ = await databases.create_database("bench")
    engine = create_async_engine(owner_url)
    async with engine.connect() as conn:
        await conn.execute(text("create schema bench"))
        await conn.execute(CreateTable(ROWS))
        await conn.commit()
        for size in SIZES:
            for name, pairs in (await measured(conn, size)).items():
                hand, made = (statistics.quantiles(times, n=5)[0] * 1e6 for times in zip(*pairs, strict=True))
                print(
                    f"{name:<8}{size:>4} rows  hand {hand:>8.0f} us  made {made:>8.0f} us  {hand / made:.2f}"
                )
    await engine.dispose()
    await databases.drop_all()
    run.end()


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m tests.bench.tables", description=__doc__).parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
