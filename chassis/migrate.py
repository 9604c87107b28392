"""Bring a service's database to its newest shape, as its owner and under a lock, so that two starts do not race."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

HERE = Path(__file__).parent
_LOCK = text("select pg_advisory_xact_lock(hashtext('corridor.migrate'))")


def upgrade(connection: Connection, schema: str, versions: Path, revision: str = "head") -> None:
    """Bring one schema to a revision, the newest where none is named."""
    connection.execute(text(f"create schema if not exists {schema}"))
    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations"))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "newline")
    config.attributes.update(connection=connection, schema=schema)
    command.upgrade(config, revision)


async def migrate(owner_url: str, service: str, versions: Path | None) -> None:
    """Run the chassis' migrations, then the service's own from `versions` (none: the service has no tables)."""
    engine = create_async_engine(owner_url, hide_parameters=True)
    try:
        async with engine.begin() as conn:
            await conn.execute(_LOCK)
            await conn.run_sync(upgrade, "chassis", HERE / "migrations" / "versions")
            if versions is not None:
                await conn.run_sync(upgrade, service, versions)
    finally:
        await engine.dispose()
