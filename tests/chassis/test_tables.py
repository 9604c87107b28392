"""Statements made from a Table and rows read by name, on a real PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Column, Computed, Identity, Index, MetaData, Table, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, INTEGER, JSONB, TEXT
from sqlalchemy.dialects.postgresql import UUID as UUID_COLUMN
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.schema import CreateSchema

from chassis.rows import RowReader
from chassis.tables import (
    TEXTS,
    TIMESTAMPTZ,
    SetStatement,
    delete_set,
    insert_missing,
    insert_set,
    required,
    source,
    update_set,
    upsert_set,
)
from deploy.local.testing import Databases

_META = MetaData(schema="probe")
BOATS = Table(
    "boats",
    _META,
    Column("id", UUID_COLUMN, primary_key=True),
    required("name", TEXT, unique=True),
    required("state", TEXT),
    required("crew", TEXTS),
    Column("owners", ARRAY(UUID_COLUMN)),
    Column("offset", INTEGER),
    Column("journey", JSONB),
    Column("left_at", TIMESTAMPTZ),
    required("version", INTEGER),
)
BERTHS = Table(
    "berths",
    _META,
    Column("boat", TEXT, primary_key=True),
    required("quay", TEXT),
    Column("place", INTEGER),
    required("state", TEXT),
)
ONE_BOAT = Index(
    "one_boat",
    BERTHS.c.quay,
    text("coalesce(place, 0)"),
    unique=True,
    postgresql_where=text("state = 'taken'"),
)
BY_STATE = Index("berths_state", BERTHS.c.state)
LOG = Table(
    "log", _META, Column("pos", BIGINT, Identity(always=True), primary_key=True), required("word", TEXT),
    Column("letters", INTEGER, Computed("length(word)", persisted=True)),
)  # fmt: skip

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
WORDS = ('he said "no"', "back\\slash", "comma, brace }", "", "null", "สวัสดี")


class State(StrEnum):
    MOORED = "moored"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Journey:
    to: str
    at: datetime


@dataclass(slots=True)
class Boat:
    id: UUID
    name: str
    state: State
    crew: tuple[str, ...]
    owners: tuple[UUID, ...] | None = None
    offset: int | None = None
    journey: Journey | None = None
    left_at: datetime | None = None
    version: int = 1
    stored: int = 0
    said: list[str] = field(default_factory=list)


READER = RowReader(Boat, BOATS, stored="version")


@pytest.fixture
async def conn(postgres: Databases) -> AsyncIterator[AsyncConnection]:
    owner_url, _ = await postgres.create_database("probe")
    engine = create_async_engine(owner_url)
    async with engine.connect() as connection:
        await connection.execute(CreateSchema("probe"))
        await connection.run_sync(_META.create_all)
        yield connection
    await engine.dispose()


def boat(name: str, **values: Any) -> Boat:
    return Boat(**{"id": uuid4(), "name": name, "state": State.MOORED, "crew": (), **values})


async def boats(conn: AsyncConnection) -> list[Boat]:
    return READER.all(
        await conn.execute(text(f"select {READER.columns('b')} from probe.boats as b order by name"))
    )


async def test_what_was_written_as_a_set_is_read_as_the_same_objects(conn: AsyncConnection) -> None:
    fleet = [
        boat("a", crew=WORDS, owners=(uuid4(), uuid4()), offset=7, version=3, stored=3),
        boat("b", state=State.LEFT, journey=Journey("Sihanoukville", NOON), left_at=NOON, stored=1),
        boat("c", crew=("one",), owners=(), stored=1),
    ]
    assert await insert_set(BOATS).write(conn, fleet) == 3
    assert await boats(conn) == fleet


async def test_a_null_in_an_array_stays_one(conn: AsyncConnection) -> None:
    named = boat("a", owners=(None, UUID(int=1)), crew=("NULL",))
    await insert_set(BOATS).write(conn, [named])
    row = (await conn.execute(text("select owners, crew from probe.boats"))).one()
    assert (row.owners, row.crew) == ([None, UUID(int=1)], ["NULL"])


async def test_rows_are_mappings_too_and_share_what_is_said_of_all(conn: AsyncConnection) -> None:
    rows = [{"id": uuid4(), "name": name} for name in ("a", "b")]
    await insert_set(BOATS, "id", "name", "state", "crew", "version").write(
        conn, rows, state="left", crew=("x",), version=2
    )
    assert [(b.name, b.state, b.crew, b.version) for b in await boats(conn)] == [
        ("a", State.LEFT, ("x",), 2),
        ("b", State.LEFT, ("x",), 2),
    ]


async def test_one_row_and_many_are_written_alike_whatever_of_them_is_shared(conn: AsyncConnection) -> None:
    there = Journey("Aranyaprathet", NOON)
    insert = insert_set(BOATS)
    await insert.write(conn, [boat("a", crew=WORDS, owners=(uuid4(),))])
    await insert.write(conn, [boat("b"), boat("c", offset=7)], crew=WORDS, journey=there)
    await insert.write(conn, [boat("d", left_at=NOON)], state=State.LEFT, owners=None)
    found = await boats(conn)
    assert [one.crew for one in found] == [WORDS, WORDS, WORDS, ()]
    assert [one.journey for one in found] == [None, there, there, None]
    assert [(one.offset, one.state) for one in found[2:]] == [(7, State.MOORED), (None, State.LEFT)]
    assert [one.owners is None for one in found] == [False, True, True, True]


def test_a_statement_that_names_its_values_beside_the_set_is_refused() -> None:
    columns = {"word": LOG.c.word}
    with pytest.raises(KeyError, match="source"):
        SetStatement(f"insert into probe.log (word) select :word from {source(columns)}", columns)


async def test_an_empty_set_asks_nothing_of_the_server() -> None:
    nobody: Any = None
    assert await insert_set(BOATS).write(nobody, []) == 0


async def test_rows_with_an_identity_are_counted_in_the_order_of_the_set(conn: AsyncConnection) -> None:
    words = [f"word {n}" for n in range(300, 0, -1)]
    await insert_set(LOG).write(conn, [{"word": word} for word in words])
    rows = await conn.execute(text("select word from probe.log order by pos"))
    assert list(rows.scalars()) == words


async def test_what_is_there_already_stays_and_another_conflict_is_an_error(conn: AsyncConnection) -> None:
    first = boat("a", stored=1)
    await insert_set(BOATS).write(conn, [first])
    again = [boat("other", id=first.id), boat("b", stored=1)]
    assert await insert_missing(BOATS, key=["id"]).write(conn, again) == 1
    assert await boats(conn) == [first, again[1]]
    assert await insert_missing(BOATS).write(conn, [boat("a")]) == 0
    with pytest.raises(IntegrityError):
        await insert_missing(BOATS, key=["id"]).write(conn, [boat("a")])


async def test_an_upsert_replaces_the_columns_named_and_only_where_it_may(conn: AsyncConnection) -> None:
    upsert = upsert_set(BOATS, update=["crew", "version"], where="t.version < excluded.version")
    one, two = boat("a", stored=1), boat("b", version=5, stored=5)
    await upsert.write(conn, [one, two])
    later = [boat("x", id=b.id, crew=("new",), version=3, stored=3) for b in (one, two)]
    assert await upsert.write(conn, later) == 1
    assert await boats(conn) == [boat("a", id=one.id, crew=("new",), version=3, stored=3), two]


async def test_an_upsert_replaces_everything_but_the_key_where_no_column_is_named(
    conn: AsyncConnection,
) -> None:
    one = boat("a", stored=1)
    await upsert_set(BOATS).write(conn, [one])
    later = boat("b", id=one.id, state=State.LEFT, crew=WORDS, version=2, stored=2)
    await upsert_set(BOATS).write(conn, [later])
    assert await boats(conn) == [later]


async def test_an_upsert_sets_expressions(conn: AsyncConnection) -> None:
    upsert = upsert_set(
        BOATS, update={"offset": 'coalesce(excluded."offset", t."offset")', "version": "t.version + 1"}
    )
    one = boat("a", offset=4)
    await upsert.write(conn, [one])
    await upsert.write(conn, [one])
    one.offset = None
    await upsert.write(conn, [one])
    assert [(b.offset, b.version) for b in await boats(conn)] == [(4, 3)]


async def test_a_row_that_was_changed_meanwhile_is_not_written(conn: AsyncConnection) -> None:
    one, two = boat("a"), boat("b")
    await insert_set(BOATS).write(conn, [one, two])
    update = update_set(BOATS, "state", "crew", "journey", "version", stored="stored")
    one.stored, one.version, one.state, one.crew, one.journey = 1, 2, State.LEFT, WORDS, Journey("Trat", NOON)
    assert await update.write(conn, [one]) == 1
    stale = boat("a", id=one.id, stored=1, version=2)
    two.stored, two.version = 1, 2
    assert await update.write(conn, [stale, two]) == 1
    assert [(b.state, b.crew, b.journey, b.version) for b in await boats(conn)] == [
        (State.LEFT, WORDS, one.journey, 2),
        (State.MOORED, (), None, 2),
    ]


async def test_an_upsert_by_another_unique_index(conn: AsyncConnection) -> None:
    one = boat("a", stored=1)
    await insert_set(BOATS).write(conn, [one])
    later = boat("a", crew=("new",), version=2)
    assert await upsert_set(BOATS, key=["name"], update=["crew"]).write(conn, [later]) == 1
    assert await boats(conn) == [boat("a", id=one.id, crew=("new",), stored=1)]


async def test_a_conflict_in_an_index_of_an_expression_and_of_some_rows(conn: AsyncConnection) -> None:
    def berth(boat: str, state: str = "taken", place: int | None = None) -> dict[str, object]:
        return {"boat": boat, "quay": "north", "place": place, "state": state}

    missing = insert_missing(BERTHS, key=ONE_BOAT)
    assert await missing.write(conn, [berth("a")]) == 1
    assert await missing.write(conn, [berth("b", place=0), berth("c", "free")]) == 1
    with pytest.raises(IntegrityError):
        async with conn.begin_nested():
            await missing.write(conn, [berth("a", place=1)])
    assert await upsert_set(BERTHS, key=ONE_BOAT, update=["place"]).write(conn, [berth("d", place=0)]) == 1
    rows = await conn.execute(text("select boat, place from probe.berths order by boat"))
    assert [tuple(row) for row in rows] == [("a", 0), ("c", None)]


def test_a_key_that_is_not_unique_is_refused_where_the_statement_is_made() -> None:
    for key in (["quay"], ["boat", "quay"], BY_STATE):
        with pytest.raises(KeyError, match="not unique"):
            insert_missing(BERTHS, key=key)
        with pytest.raises(KeyError, match="not unique"):
            upsert_set(BERTHS, key=key)


async def test_only_the_rows_with_a_key_of_the_set_are_removed(conn: AsyncConnection) -> None:
    one, two, three = boat("a", stored=1), boat("b", stored=1), boat("c", state=State.LEFT, stored=1)
    await insert_set(BOATS).write(conn, [one, two, three])
    remove = delete_set(BOATS, "id", "name", where="t.state = 'moored'")
    assert await remove.write(conn, [one, three, boat("b"), boat("x", id=two.id)]) == 1
    assert await boats(conn) == [two, three]


async def test_what_was_missing_is_returned(conn: AsyncConnection) -> None:
    one, two = boat("a"), boat("b")
    await insert_set(BOATS).write(conn, [one])
    added = await insert_missing(BOATS, returning="t.name").execute(conn, [one, two])
    assert list(added.scalars()) == ["b"]


async def test_an_update_returns_what_it_is_asked_for(conn: AsyncConnection) -> None:
    one = boat("a")
    await insert_set(BOATS).write(conn, [one])
    grown = update_set(
        BOATS, "state", also={"version": "t.version + 1"}, where="t.left_at is null", returning="t.version"
    )
    found = await grown.execute(conn, [{"id": one.id, "state": "left"}])
    assert list(found.scalars()) == [2]


def test_a_column_that_is_not_there_is_refused_where_the_statement_is_made() -> None:
    for made in (
        lambda: insert_set(BOATS, "id", "colour"),
        lambda: insert_set(BOATS, without=["colour"]),
        lambda: upsert_set(BOATS, update=["colour"]),
        lambda: upsert_set(BOATS, update={"colour": "'red'"}),
        lambda: update_set(BOATS, "colour"),
        lambda: update_set(BOATS, "name", key=["colour"]),
        lambda: RowReader(Boat, LOG),
    ):
        with pytest.raises(KeyError):
            made()


def test_a_value_that_the_statement_does_not_write_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        insert_set(LOG).asked([{"word": "x", "colour": "red"}])
    with pytest.raises(TypeError, match="colour"):
        insert_set(LOG).asked([{"word": "x"}], colour="red")
    with pytest.raises(KeyError):
        insert_set(LOG).asked([{"word": "x"}, {}])


@dataclass(frozen=True, slots=True)
class Word:
    word: str


async def test_a_reader_without_a_table_takes_every_attribute_from_the_query(conn: AsyncConnection) -> None:
    words = RowReader(Word)
    assert words.all(await conn.execute(text("select 1 as n, 'a' as word"))) == [Word("a")]
    assert words.one(await conn.execute(text("select 'b' as word, 2 as n"))) == Word("b")
    assert words.first(await conn.execute(text("select 'c' as word where false"))) is None
    loud = RowReader(Boat, BOATS, names=["id", "name", "state", "crew"], convert={"name": str.upper})
    found = await conn.execute(
        text("select gen_random_uuid() as id, 'a' as name, 'left' as state, array['x'] as crew")
    )
    assert [(b.name, b.state, b.crew, b.version) for b in loud.all(found)] == [("A", State.LEFT, ("x",), 1)]
    with pytest.raises(KeyError, match="word"):
        words.all(await conn.execute(text("select 'd' as other")))
