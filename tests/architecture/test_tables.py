"""Each `Table` is the table that the migrations leave, and each table of a schema has one: of services and of the chassis."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.migrate import migrate
from deploy.local.testing import Databases

SERVICES = Path(__file__).parents[2] / "services"
CHASSIS = "chassis"
WITH_TABLES = [CHASSIS, *sorted(path.parts[-3] for path in SERVICES.glob("*/migrations/versions"))]

_COLUMNS = text(
    """
    select c.table_name, c.column_name, format_type(a.atttypid, a.atttypmod) as type, c.is_nullable = 'YES' as nullable,
        c.is_identity = 'YES' as identity, c.column_default is not null as filled
    from information_schema.columns c
    join pg_attribute a on a.attrelid = format('%I.%I', c.table_schema, c.table_name)::regclass and a.attname = c.column_name
    where c.table_schema = :schema and c.table_name <> 'alembic_version'
    """
)
_KEYS = text(
    """
    select k.table_name, k.column_name from information_schema.table_constraints c
    join information_schema.key_column_usage k using (constraint_schema, constraint_name)
    where c.table_schema = :schema and c.constraint_type = 'PRIMARY KEY' and k.table_name <> 'alembic_version'
    """
)
Columns = dict[str, tuple[str, bool, bool, bool]]


def modules_of(service: str) -> list[str]:
    """One, or one for each room of a service that has rooms."""
    if service == CHASSIS:
        return ["chassis.own_tables"]
    found = sorted((SERVICES / service).rglob("tables.py"))
    return [".".join(path.relative_to(SERVICES.parent).with_suffix("").parts) for path in found]


def tables_of(service: str) -> dict[str, Table]:
    metas: list[MetaData] = [import_module(name).META for name in modules_of(service)]
    assert {meta.schema for meta in metas} == {service}
    tables = [table for meta in metas for table in meta.tables.values()]
    assert len({table.name for table in tables}) == len(tables), "a table is stated in one room"
    return {table.name: table for table in tables}


def _stated(table: Table) -> Columns:
    dialect: Any = postgresql.dialect()
    return {
        column.name: (
            str(column.type.compile(dialect)).lower().replace(" without time zone", ""),
            bool(column.nullable),
            column.identity is not None,
            column.server_default is not None and column.identity is None,
        )
        for column in table.c
    }


@pytest.mark.parametrize("service", WITH_TABLES)
async def test_each_table_of_a_service_is_stated_as_its_migrations_leave_it(
    service: str, postgres: Databases
) -> None:
    owner_url, _ = await postgres.create_database(service)
    versions = SERVICES / service / "migrations" / "versions"
    await migrate(owner_url, service, None if service == CHASSIS else versions)
    engine = create_async_engine(owner_url)
    async with engine.connect() as conn:
        columns = (await conn.execute(_COLUMNS, {"schema": service})).all()
        keys = (await conn.execute(_KEYS, {"schema": service})).all()
    await engine.dispose()
    migrated: dict[str, Columns] = {row.table_name: {} for row in columns}
    for row in columns:
        migrated[row.table_name][row.column_name] = (row.type, row.nullable, row.identity, row.filled)
    stated = tables_of(service)
    assert {name: _stated(table) for name, table in stated.items()} == migrated
    assert {name: {c.name for c in table.primary_key} for name, table in stated.items()} == {
        name: {key.column_name for key in keys if key.table_name == name} for name in migrated
    }
