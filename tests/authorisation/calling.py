"""A row of the table as a request, and the state of everything that a request could have changed."""

from collections.abc import Mapping
from typing import Any

import httpx2
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis.web.attempts import KIND as MANY_ATTEMPTS
from tests.authorisation.actors import Headers
from tests.authorisation.table import Row
from tests.harness import Harness

Made = Mapping[str, str]
"""Identifiers of what was made for a row, by the names that stand in its path and its body."""

_TABLES = text(
    "select format('%I.%I', schemaname, tablename) from pg_tables"
    " where schemaname not in ('pg_catalog', 'information_schema') order by 1"
)


_ATTEMPTS = text("select coalesce(sum(tries), 0) from chassis.attempts")


def _but(table: str) -> str:
    """A refused attempt leaves its trace in the log, and nothing else.

    Whoever seals is on record before the command is decided, as a key is made before what uses it: both are harmless unused.
    """
    if table == "chassis.outbox":
        return " where type is distinct from 'attempt.refused.v1'"
    if table == "chassis.work":
        return f" where kind <> '{MANY_ATTEMPTS}'"
    return " where false" if table in {"chassis.attempts", "vault.holds"} else ""


async def attempts(harness: Harness) -> int:
    """How many refused attempts on cases are in the log."""
    async with harness.service.database.engine.connect() as conn:
        return int((await conn.execute(_ATTEMPTS)).scalar_one())


def filled(value: Any, made: Made) -> Any:
    """The body of a row with identifiers in their places."""
    if isinstance(value, str):
        return made[value[1:-1]] if value.startswith("{") and value.endswith("}") else value
    if isinstance(value, Mapping):
        return {name: filled(one, made) for name, one in value.items()}
    return [filled(one, made) for one in value] if isinstance(value, list) else value


async def call(harness: Harness, row: Row, made: Made, headers: Headers) -> httpx2.Response:
    """The request of a row as it is meant: whoever changes something says that they have seen it."""
    headers = headers if row.method == "GET" else {"If-Match": row.seen, **headers}
    headers = {**filled(row.headers or {}, made), **headers}
    parts: dict[str, Any] = {}
    if row.body is not None:
        parts["json"] = filled(dict(row.body), made)
    if row.query is not None:
        parts["params"] = filled(dict(row.query), made)
    if row.file is not None:
        parts["files"] = {"file": ("cases.csv", row.file)}
    return await harness.client.request(row.method, row.path.format(**made), headers=headers, **parts)


class Digests:
    """The rows of all tables of a service, its vault among them, seen by somebody with every right: how many there are, and by
    which transactions they were written. Whatever writes a row, were it the same again, shows.
    """

    def __init__(self, admin_dsn: str, harness: Harness) -> None:
        databases = [str(harness.service.database.engine.url.database)]
        vault = harness.service.settings.vault_url
        if vault is not None:
            databases.append(str(make_url(vault.get_secret_value()).database))
        base = make_url(admin_dsn).set(drivername="postgresql+asyncpg")
        self._engines: list[AsyncEngine] = [create_async_engine(base.set(database=d)) for d in databases]
        self._statements: list[str] = []

    async def take(self) -> dict[str, str]:
        """Table → its rows."""
        if not self._statements:
            self._statements = [await self._statement(engine) for engine in self._engines]
        found: dict[str, str] = {}
        for engine, statement in zip(self._engines, self._statements, strict=True):
            async with engine.connect() as conn:
                rows = await conn.execute(text(statement))
                found |= {row.name: row.written for row in rows}
        return found

    async def _statement(self, engine: AsyncEngine) -> str:
        async with engine.connect() as conn:
            tables = (await conn.execute(_TABLES)).scalars().all()
        return " union all ".join(
            f"select '{table}' as name, count(*) || ' ' || coalesce(sum(cast(cast(t.xmin as text) as bigint)), 0) as written"
            f" from {table} as t{_but(table)}"
            for table in tables
        )

    async def close(self) -> None:
        for engine in self._engines:
            await engine.dispose()
