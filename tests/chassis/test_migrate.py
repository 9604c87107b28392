"""Migrations of a database that is in use: they give way to the service, and a newer database is left as it is."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.faults import transient
from chassis.migrate import migrate
from chassis.web.answers import as_problem

FIRST = "create schema if not exists house; create table house.a (x int); create table house.b (x int)"
SECOND = "alter table house.b add column y int; alter table house.a add column y int"
COLUMNS = text(
    "select count(*) from information_schema.columns where table_schema = 'house' and column_name = 'y'"
)
EVERYTHING = text("select * from house.a")
READ_A, READ_B = text("select count(*) from house.a"), text("select count(*) from house.b")


def revision(folder: Path, number: int, sql: str) -> None:
    before = repr(str(number - 1)) if number > 1 else None
    steps = "".join(f"    op.execute({one!r})\n" for one in sql.split("; "))
    head = f"from alembic import op\n\nrevision = '{number}'\ndown_revision = {before}\n\n\ndef upgrade():\n"
    (folder / f"{number:04}_step.py").write_text(head + steps)


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    folder = tmp_path / "versions"
    folder.mkdir()
    revision(folder, 1, FIRST)
    return folder


@pytest.fixture
async def house(postgres, versions):
    """Owner's address and engine of a schema of two tables, of which a second revision is there and has not been run."""
    owner_url, _ = await postgres.create_database("house")
    await migrate(owner_url, "house", versions)
    revision(versions, 2, SECOND)
    engine = create_async_engine(owner_url)
    yield owner_url, engine
    await engine.dispose()


async def test_whoever_uses_the_tables_is_never_the_one_who_is_broken_off(house, versions):
    """The order of the locks is the other way round: one of the two has to end."""
    owner_url, engine = house
    async with engine.begin() as used:
        await used.execute(READ_A)
        migrating = asyncio.create_task(migrate(owner_url, "house", versions))
        async with engine.connect() as watch:
            while not await watch.scalar(text("select count(*) from pg_locks where not granted")):
                await asyncio.sleep(0.01)
        await used.execute(READ_B)  # which the migration has locked, until it gives way
    await migrating
    async with engine.connect() as conn:
        assert await conn.scalar(COLUMNS) == 2


async def test_a_database_that_a_later_release_has_changed_is_left_as_it_is(house, versions):
    owner_url, engine = house
    await migrate(owner_url, "house", versions)
    (versions / "0002_step.py").unlink()
    await migrate(owner_url, "house", versions)
    async with engine.connect() as conn:
        assert await conn.scalar(COLUMNS) == 2


async def test_a_statement_of_before_a_migration_is_to_be_tried_again_and_makes_no_event_a_parked_one(
    house, versions
):
    """PostgreSQL refuses it once: its result has a column more."""
    owner_url, engine = house
    async with engine.connect() as used:
        for _ in range(2):
            await used.execute(EVERYTHING)
            await used.rollback()
        await migrate(owner_url, "house", versions)
        with pytest.raises(DBAPIError) as refused:
            await used.execute(EVERYTHING)
        assert (transient(refused.value), as_problem(refused.value).status) == (True, 503)
        await used.rollback()
        await used.execute(EVERYTHING)
