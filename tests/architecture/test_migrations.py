"""A migration that was released is never edited, takes nothing away, and loses no row of a database of the version before."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chassis.migrate import upgrade
from deploy.local.testing import Databases
from deploy.released_migrations import ROOT, digest, migrations, recorded, sql

CHASSIS = "chassis"
FULL, SPARSE = 1, 2
"""Two rows of each table: one with a value in every column, one with nulls wherever they may be."""
CHOSEN: Mapping[tuple[str, str], Any] = {
    ("intake.fields", "source"): {FULL: "received", SPARSE: "own"},
    ("intake.pairs", "second_id"): {FULL: UUID(int=SPARSE)},
    ("intake.pairs", "decision"): {FULL: "same-person"},
}
"""Values that a check over two columns asks for."""
ONE_ROW = frozenset({"intake.pairs"})
"""Tables of which the two cases make one row and no second."""
TAKES_AWAY = re.compile(
    r"\b(drop (table|column|schema)|rename|alter column \S+ (type|set not null)|truncate|delete from)\b",
    re.IGNORECASE,
)
BODY = re.compile(r"\$\$.*?\$\$", re.DOTALL)
"""The body of a function: what it will do once it is called, and nothing that the migration does."""
MOMENT = datetime(2026, 11, 26, 12, tzinfo=UTC)


def versions_of(schema: str) -> Path:
    folder = ROOT / "chassis" if schema == CHASSIS else ROOT / "services" / schema
    return folder / "migrations" / "versions"


def revisions_of(schema: str) -> list[str]:
    """Oldest first."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "chassis" / "migrations"))
    config.set_main_option("version_locations", str(versions_of(schema)))
    config.set_main_option("path_separator", "newline")
    found = ScriptDirectory.from_config(config).walk_revisions()
    return [script.revision for script in reversed(list(found))]


SCHEMAS = [CHASSIS, *sorted(path.parts[-3] for path in ROOT.glob("services/*/migrations/versions"))]


def test_a_released_migration_does_what_it_did_when_it_was_released() -> None:
    """A new one is recorded by `python -m deploy.released_migrations`, which never records another for an old one."""
    assert {str(migration): digest(migration) for migration in migrations()} == recorded(), (
        "put back what was edited, and write a new migration"
    )


@pytest.mark.parametrize("migration", [m for m in migrations() if not m.name.startswith("0001_")], ids=str)
def test_a_later_migration_takes_nothing_away(migration: Path) -> None:
    assert TAKES_AWAY.findall(BODY.sub("", sql(migration))) == []


async def columns_of(conn: AsyncConnection, schema: str) -> dict[str, dict[str, tuple[str, bool]]]:
    """Table → column that is written → (type, whether it may be null)."""
    rows = await conn.execute(
        text(
            "select table_name, column_name, format('%s', coalesce(e.data_type || '[]', c.data_type)) as type,"
            " is_nullable = 'YES' as nullable from information_schema.columns c"
            " left join information_schema.element_types e on e.object_schema = c.table_schema"
            " and e.object_name = c.table_name and e.collection_type_identifier = c.dtd_identifier"
            " where table_schema = :schema and table_name <> 'alembic_version' and is_identity = 'NO'"
            " and is_generated = 'NEVER'"
        ),
        {"schema": schema},
    )
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for row in rows:
        found.setdefault(row.table_name, {})[row.column_name] = (row.type, row.nullable)
    return found


async def codes_of(conn: AsyncConnection, schema: str) -> dict[tuple[str, str], str]:
    """(table, column) → the first of the words that a check lets it have."""
    rows = await conn.execute(
        text(
            "select c.conrelid::regclass::text as name, pg_get_constraintdef(c.oid) as rule from pg_constraint c"
            " join pg_namespace n on n.oid = c.connamespace where n.nspname = :schema and c.contype = 'c'"
        ),
        {"schema": schema},
    )
    found = {}
    for row in rows:
        if words := re.search(r"\((\w+) = ANY \(ARRAY\['([^']*)'", row.rule):
            found[row.name, words[1]] = words[2]
    return found


def value(kind: str, n: int) -> Any:
    """The same for one kind in all tables, so that what refers to a row finds it."""
    values = {
        "uuid": UUID(int=n),
        "text": f"x{n}",
        "integer": n,
        "bigint": n,
        "smallint": n,
        "boolean": True,
        "jsonb": json.dumps({"n": n}),
        "bytea": bytes([n]),
        "date": date(2026, 11, n),
        "timestamp with time zone": MOMENT,
        "text[]": [f"x{n}"],
        "uuid[]": [UUID(int=n)],
        "bigint[]": [n],
    }
    return values[kind]


async def fill(conn: AsyncConnection, schema: str) -> None:
    """Two rows in each table that has none, after those of the tables that it refers to."""
    codes, tables = await codes_of(conn, schema), await columns_of(conn, schema)
    left = {name: columns for name, columns in tables.items() if not await rows_in(conn, f"{schema}.{name}")}
    while left:
        done = [
            name for name, columns in left.items() if await _filled(conn, f"{schema}.{name}", columns, codes)
        ]
        assert done, f"no row fits into any of {sorted(left)}"
        left = {name: columns for name, columns in left.items() if name not in done}


async def _filled(
    conn: AsyncConnection,
    table: str,
    columns: Mapping[str, tuple[str, bool]],
    codes: Mapping[tuple[str, str], str],
) -> bool:
    try:
        async with conn.begin_nested():
            for n in (FULL,) if table in ONE_ROW else (FULL, SPARSE):
                row = {
                    name: CHOSEN.get((table, name), {}).get(n) or codes.get((table, name)) or value(kind, n)
                    for name, (kind, nullable) in columns.items()
                    if n == FULL or not nullable
                }
                names = ", ".join(f'"{name}"' for name in row)
                given = ", ".join(f"cast(:{name} as {columns[name][0]})" for name in row)
                once = " on conflict do nothing" if "one" in row else ""
                await conn.execute(text(f"insert into {table} ({names}) values ({given}){once}"), row)
    except DBAPIError as error:
        if "foreign key" not in str(error.orig):
            raise
        return False
    return True


async def rows_in(conn: AsyncConnection, table: str) -> list[dict[str, Any]]:
    return list((await conn.execute(text(f"select to_jsonb(t) from {table} t"))).scalars())


async def filled(engine: AsyncEngine, schema: str) -> dict[str, list[dict[str, Any]]]:
    """Every table's rows, after those that were empty have some."""
    async with engine.begin() as conn:
        await conn.execute(text("select set_config('corridor.organisation', '*', true)"))
        await fill(conn, schema)
        return {name: await rows_in(conn, f"{schema}.{name}") for name in await columns_of(conn, schema)}


async def at(engine: AsyncEngine, schema: str, revision: str) -> None:
    def run(connection: Connection) -> None:
        upgrade(connection, schema, versions_of(schema), revision)

    async with engine.begin() as conn:
        await conn.run_sync(run)


@pytest.mark.parametrize("schema", SCHEMAS)
async def test_no_row_is_lost_and_no_value_changed_from_one_version_to_the_next(
    schema: str, postgres: Databases
) -> None:
    owner_url, _ = await postgres.create_database(schema)
    engine = create_async_engine(owner_url)
    if schema != CHASSIS:
        await at(engine, CHASSIS, "head")
    before: dict[str, list[dict[str, Any]]] = {}
    for revision in revisions_of(schema):
        await at(engine, schema, revision)
        now = await filled(engine, schema)
        for table, rows in before.items():
            assert len(now[table]) == len(rows), (revision, table)
            assert all(any(row.items() <= later.items() for later in now[table]) for row in rows), (
                revision,
                table,
            )
        before = now
    await engine.dispose()
    assert all(before.values()), "a table has no rows to lose"
