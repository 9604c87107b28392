"""Each `Table` makes the table that the migrations leave, and each table of a schema has one: of services and of the chassis."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import MetaData, Table, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import CreateSchema

from chassis.migrate import migrate
from deploy.local.testing import Databases

SERVICES = Path(__file__).parents[2] / "services"
CHASSIS = "chassis"
WITH_TABLES = [CHASSIS, *sorted(path.parts[-3] for path in SERVICES.glob("*/migrations/versions"))]

_MADE = text(
    """
    with tables as (
        select oid, relname from pg_class
        where relnamespace = cast(:schema as regnamespace) and relkind in ('r', 'p') and relname <> 'alembic_version'
    )
    select relname, 'column ' || attname || ' ' || format_type(atttypid, atttypmod)
        || case when attnotnull then ' not null' else '' end
        || case when attidentity = '' then '' else concat(' identity ', attidentity) end
        || coalesce(' default ' || pg_get_expr(adbin, adrelid), '') as part
    from tables join pg_attribute on attrelid = tables.oid and attnum > 0 and not attisdropped
        left join pg_attrdef on adrelid = attrelid and adnum = attnum
    union all
    select relname, pg_get_constraintdef(c.oid) from tables join pg_constraint c on conrelid = tables.oid
    where contype in ('p', 'u', 'f', 'x')
    union all
    select relname, pg_get_indexdef(indexrelid) from tables join pg_index on indrelid = tables.oid
    where indisunique and not exists (select from pg_constraint where conindid = indexrelid)
    """
)
"""As PostgreSQL itself writes them. Indexes that are there for speed alone, and checks, are the migrations' own."""


def modules_of(schema: str) -> list[str]:
    """One, or one for each room of a service that has rooms."""
    if schema == CHASSIS:
        return ["chassis.own_tables"]
    found = sorted((SERVICES / schema).rglob("tables.py"))
    return [".".join(path.relative_to(SERVICES.parent).with_suffix("").parts) for path in found]


def stated(schema: str) -> list[MetaData]:
    metas: list[MetaData] = [import_module(name).META for name in modules_of(schema)]
    assert {meta.schema for meta in metas} == {schema}
    return metas


def tables_of(schema: str) -> dict[str, Table]:
    tables = [table for meta in stated(schema) for table in meta.tables.values()]
    assert len({table.name for table in tables}) == len(tables), "a table is stated in one room"
    return {table.name: table for table in tables}


async def parts_of(url: str, schema: str, metas: Sequence[MetaData] = ()) -> dict[str, list[str]]:
    """Each table's columns, keys and references; those of `metas` are made first."""
    engine = create_async_engine(url)
    async with engine.begin() as conn:
        if metas:
            await conn.execute(CreateSchema(schema))
        for meta in metas:
            await conn.run_sync(meta.create_all)
        rows = (await conn.execute(_MADE, {"schema": schema})).all()
    await engine.dispose()
    found: dict[str, list[str]] = {}
    for row in sorted(rows):
        found.setdefault(row.relname, []).append(row.part)
    return found


@pytest.mark.parametrize("schema", WITH_TABLES)
async def test_each_table_is_stated_as_its_migrations_leave_it(schema: str, postgres: Databases) -> None:
    """Columns with types, nulls, defaults and identities; primary, unique and foreign keys; unique indexes with their conditions."""
    migrated, _ = await postgres.create_database(schema)
    await migrate(
        migrated, schema, None if schema == CHASSIS else SERVICES / schema / "migrations" / "versions"
    )
    made, _ = await postgres.create_database(f"{schema}_stated")
    assert tables_of(schema)
    assert await parts_of(made, schema, stated(schema)) == await parts_of(migrated, schema)
