"""Copies of played cases in the databases of a cell: all that each left in them, under identifiers of its own.

A row is a case's when it came to be while the cases were played, and when in each of its unique indexes something tells one copy of it from another: an identifier, a
hash, or else a number, which then goes down from the first. Identifiers and hashes differ wherever they stand, in documents too. Nothing is listed here, so that no table is forgotten.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import asyncpg

from deploy.local import postgres
from deploy.local.postgres import Postgres

FILLING = """\
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
checkpoint_timeout = 1h
autovacuum = off
maintenance_work_mem = 512MB
"""
"""PostgreSQL's settings while it is filled, and not while cases are played."""
AT_ONCE = 2
"""Databases that are filled at the same time."""
LARGEST = ("audit", "intake")
PASSED_OVER = ("outbox", "offsets")
"""What stands for the way of messages and not for a case."""
MARK = "@@@@@@@@"
IDENTIFIER = r"\m[0-9a-f]{8}(?=-[0-9a-f]{4}-|[0-9a-f]{56}\M)"
"""The first digits of a UUID or a SHA-256, in whatever text it stands; in a copy there are others."""
DIGITS = "lpad(to_hex(n * 2654435761 % 4294967296), 8, '0')"
"""Other ones for each copy, all over the range, as those of the identifiers that the product makes."""
TABLES = "select schemaname || '.' || relname from pg_stat_user_tables where n_live_tup > 0 and relname <> all($1) order by 1"
SIZE = "select pg_database_size(current_database())"
COLUMNS = """
select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
where attrelid = $1::text::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = '' order by attnum
"""
KEYS = """
select array_agg(a.attname::text) from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
where i.indrelid = $1::text::regclass and i.indisunique and a.attidentity = '' group by i.indexrelid
"""
MARKED = ("uuid", "text", "jsonb", "uuid[]", "text[]")
RESTING = "update pg_index set indisready = false where indrelid = '{}'::regclass"


@dataclass(slots=True)
class CaseTable:
    """A table in which cases leave rows. `keys` are the columns of each of its unique indexes."""

    name: str
    types: Mapping[str, str]
    keys: list[list[str]]
    spans: Mapping[str, int]

    @property
    def played(self) -> str:
        """Where the rows lie that are copied, with the mark for the first digits of each identifier."""
        return f'played."{self.name}"'

    def keep(self, first: int) -> str:
        """The statement that keeps the rows of the cases: those of transactions from the first on."""
        columns = ", ".join(f'{self._kept(column)} as "{column}"' for column in self.types)
        return f"create table {self.played} as select {columns} from {self.name} where xmin::text::bigint >= {first}"

    def leave(self) -> str:
        """The statement that forgets the rows of which nothing tells copies apart."""
        told = [" or ".join(self._told(column) for column in key) for key in self.keys]
        return (
            f"delete from {self.played} as r where not ({' and '.join(f'({one})' for one in told) or 'true'})"
        )

    def copy(self, copies: int) -> str:
        names = ", ".join(f'"{column}"' for column in self.types)
        values = ", ".join(self._copied(column) for column in self.types)
        numbers = f"(select n, {DIGITS} as own from generate_series(1::bigint, {copies}) n offset 0) as c"
        return (
            f"insert into {self.name} ({names}) select {values} from {numbers} cross join {self.played} as r"
        )

    def _kept(self, column: str) -> str:
        marked = self.types[column] in MARKED
        return (
            f"regexp_replace(\"{column}\"::text, '{IDENTIFIER}', '{MARK}', 'g')" if marked else f'"{column}"'
        )

    def _told(self, column: str) -> str:
        """Whether this column tells the copies of a row apart."""
        kind = self.types[column]
        return (
            f"r.\"{column}\" like '%{MARK}%'"
            if kind in MARKED
            else str(kind == "bytea" or column in self.spans)
        )

    def _copied(self, column: str) -> str:
        own, kind = f'r."{column}"', self.types[column]
        if kind in MARKED:
            return f"replace({own}, '{MARK}', c.own)::{kind}"
        if column in self.spans:
            return f"{own} - c.n * {self.spans[column]}"
        hashed = kind == "bytea" and any(column in key for key in self.keys)
        return f"overlay({own} placing decode(c.own, 'hex') from 1)" if hashed else own


async def described(connection: asyncpg.Connection, name: str) -> CaseTable:
    types = {row["name"]: row["type"] for row in await connection.fetch(COLUMNS, name)}
    keys = [row[0] for row in await connection.fetch(KEYS, name)]
    alone = [key for key in keys if not any(types[column] in (*MARKED, "bytea") for column in key)]
    numbers = {column for key in alone for column in key if types[column] == "bigint"}
    spans = {
        column: await connection.fetchval(f'select max("{column}") - min("{column}") + 1 from {name}')
        for column in numbers
    }
    return CaseTable(name, types, keys, spans)


async def _fill(dsn: str, first: int, copies: int) -> tuple[int, int]:
    """Fill a database; the rows and bytes that it holds more than before."""
    connection, rows = await asyncpg.connect(dsn), 0
    try:
        before = await connection.fetchval(SIZE)
        await connection.execute("create schema if not exists played")
        await connection.execute("analyze")
        for row in await connection.fetch(TABLES, PASSED_OVER):
            table = await described(connection, row[0])
            await connection.execute(table.keep(first))
            await connection.execute(table.leave())
            kept = await connection.fetchval(f"select count(*) from {table.played}")
            if kept:
                await _copied(connection, table, copies)
            rows += kept * copies
        return rows, await connection.fetchval(SIZE) - before
    finally:
        await connection.close()


async def _copied(connection: asyncpg.Connection, table: CaseTable, copies: int) -> None:
    """Copy the rows of a table; its indexes rest meanwhile, and what triggers write is copied from where they wrote it."""
    await connection.execute("set session_replication_role = replica")
    await connection.execute(RESTING.format(table.name))
    await connection.execute(table.copy(copies))
    await connection.execute(f"reindex table {table.name}")
    await connection.execute(f"vacuum (freeze, analyze) {table.name}")


async def fill(server: Postgres, databases: Iterable[str], first: int, copies: int) -> int:
    """Fill the databases of a server that is down, and leave it down; the bytes that it holds more than before."""
    began, free, usual = time.perf_counter(), asyncio.Semaphore(AT_ONCE), postgres.CONFIGURATION
    postgres.CONFIGURATION += FILLING
    try:
        await asyncio.to_thread(server.start)
    finally:
        postgres.CONFIGURATION = usual

    async def one(database: str) -> int:
        async with free:
            rows, size = await _fill(server.admin_dsn(database), first, copies)
            took = time.perf_counter() - began
            print(f"  {database:<12}{rows:>12,} rows, {size // 2**20:>7,} MB after {took:.0f} s", flush=True)
        return size

    try:
        ordered = sorted(databases, key=lambda name: name not in LARGEST)
        return sum(await asyncio.gather(*(one(database) for database in ordered)))
    finally:
        await asyncio.to_thread(server.stop)
