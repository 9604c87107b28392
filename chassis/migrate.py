"""Bring a service's database to its newest shape, as its owner and under a lock, so that two starts do not race.

The service is in use meanwhile. A migration that would wait for it gives way, and is tried again.
"""

import asyncio
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis.faults import sqlstate

HERE = Path(__file__).parent
_LOCK = text("select pg_advisory_xact_lock(hashtext('corridor.migrate'))")
PATIENCE = text("select set_config('lock_timeout', '500', true)")
"""Shorter than PostgreSQL's `deadlock_timeout` of a second: so no transaction of a service becomes the victim. And whoever
comes after a waiting migration waits for it too, which nobody does for long.
"""
_GAVE_WAY = {"55P03", "40P01"}
TRIES, PAUSE_S = 60, 0.5

log = structlog.get_logger(__name__)


def upgrade(connection: Connection, schema: str, versions: Path, revision: str = "head") -> None:
    """Bring one schema to a revision, the newest where none is named."""
    connection.execute(text(f"create schema if not exists {schema}"))
    command.upgrade(_config(connection, schema, versions), revision)


def _config(connection: Connection, schema: str, versions: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations"))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "newline")
    config.attributes.update(connection=connection, schema=schema)
    return config


async def migrate(owner_url: str, service: str, versions: Path | None) -> None:
    """Run the chassis' migrations, then the service's own from `versions` (none: the service has no tables).

    Each revision of a database that is in use is a transaction of its own, so that few tables are locked at once.
    Raises DBAPIError where the service holds on to a table for a minute.
    """
    engine = create_async_engine(owner_url, hide_parameters=True)
    try:
        await _bring(engine, "chassis", HERE / "migrations" / "versions")
        if versions is not None:
            await _bring(engine, service, versions)
    finally:
        await engine.dispose()


async def _bring(engine: AsyncEngine, schema: str, versions: Path) -> None:
    tries = 0
    while True:
        try:
            async with engine.begin() as conn:
                await conn.execute(_LOCK)
                await conn.execute(PATIENCE)
                if await conn.run_sync(_step, schema, versions):
                    return
        except DBAPIError as error:
            tries += 1
            if sqlstate(error) not in _GAVE_WAY or tries >= TRIES:
                raise
            await asyncio.sleep(PAUSE_S)


def _step(connection: Connection, schema: str, versions: Path) -> bool:
    """One revision further, or all of them where there is nothing yet. True at the end."""
    config = _config(connection, schema, versions)
    context = MigrationContext.configure(connection, opts={"version_table_schema": schema})
    at, script = context.get_current_revision(), ScriptDirectory.from_config(config)
    if at is None:
        upgrade(connection, schema, versions)
        return True
    if at not in {one.revision for one in script.walk_revisions()}:  # after a release that was taken back
        log.warning("database is newer than this code", schema=schema, revision=at)
        return True
    if at == script.get_current_head():
        return True
    command.upgrade(config, "+1")
    return False
