"""`python -m tests.bench.volume`: whole cases among few and among many: what a million cases that lie in the tables cost the next one.

Some cases are played over the two cells, so that every row of theirs is one that the product wrote. They are then copied by SQL in the sending cell, each copy with
identifiers of its own, until there are so many as asked for; indexes and what triggers keep are filled by that. Between the copying the same number of cases
is played by the same clients. Work that is due, what lies in the outbox and the envelopes, which have numbers in a row, are not copied.
"""

import argparse
import asyncio
import itertools
import sys
import time
from collections.abc import Iterator, Mapping

import asyncpg
import uvloop

from deploy.local.cell import Cell
from deploy.local.place import ROOT
from deploy.local.testing import Run
from tests.bench.gates import Gate, table
from tests.bench.whole.cells import CELLS, Tree, running
from tests.bench.whole.turn import WARM_UP, Measured, clients_of, many, play, rest

GATE, STEP, SOURCE = 0.80, 250, 20
"""The gate; copies made in one statement; the cases that are played to be copied."""
KEPT = ("streams", "marks", "case_access", "case_references")
TABLES: Mapping[str, tuple[str, ...]] = {
    "vault": ("vault.keys",),
    "intake": (
        "chassis.idempotency", "intake.cases", "intake.fields", "intake.field_revisions", "intake.attention", "intake.blind_index", "intake.authorised",
        "intake.listed_cases", "intake.listed_due",
    ),
    "consent": ("chassis.idempotency", "consent.records", "consent.revisions", "consent.disclosures", "consent.ledger", "consent.ages"),
    "referral": ("chassis.idempotency", "referral.referrals", "referral.consents", "referral.age_groups"),
    "returns": ("returns.known",),
    "exchange": ("exchange.disclosures", "exchange.relations"),
    "notify": ("notify.notifications",),
    "audit": ("audit.entries",),
}  # fmt: skip
"""What a case leaves in each database, besides what every service keeps of each case."""
COLUMNS = """
with keys as (select i.indrelid, i.indkey::int2[] as places, bool_or(a.atttypid = 'uuid'::regtype or a.attname in ('stream', 'key', 'resource_id')) as named
    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey) where i.indisunique group by 1, 2)
select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
    exists (select from keys k where k.indrelid = a.attrelid and a.attnum = any(k.places)) as is_key,
    exists (select from keys k where k.indrelid = a.attrelid and a.attnum = any(k.places) and not k.named) as alone
from pg_attribute a where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attidentity = ''
order by a.attnum
"""
"""`alone`: in a key in which nothing else tells one copy from another."""
HEAD = "update audit.head h set entry = e.entry, hash = e.hash from (select entry, hash from audit.entries order by entry desc limit 1) e"
UUID_TEXT = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


async def statement(connection: asyncpg.Connection, name: str) -> str:
    """The statement that copies the rows of the played cases, from copy $1 to copy $2; what is of no case is there already."""
    columns = await connection.fetch(COLUMNS, name)
    largest = {
        column["name"]: await connection.fetchval(f'select max("{column["name"]}") from {name}')
        for column in columns
        if column["is_key"] and column["type"] == "bigint"
    }
    values = [_value(column, largest.get(column["name"])) for column in columns]
    names = ", ".join(f'"{column["name"]}"' for column in columns)
    return f'insert into {name} ({names}) select {", ".join(values)} from played."{name}" as r, generate_series($1::int, $2::int) n on conflict do nothing'


def _value(column: asyncpg.Record, largest: int | None) -> str:
    """The column in a copy: another identifier wherever one stands, another hash, another place; else what it is."""
    own = f'r."{column["name"]}"'
    if column["type"] == "uuid":
        return f"md5({own}::text || n)::uuid"
    if column["type"] == "text":
        other = f"{own} || '-' || n" if column["is_key"] and column["alone"] else own
        return f"case when {own} ~ '{UUID_TEXT}' then md5({own} || n)::uuid::text else {other} end"
    if column["type"] == "bytea" and column["is_key"]:
        return f"sha256({own} || n::text::bytea)"
    if column["type"] == "bigint" and largest is not None and column["alone"]:
        return f"{own} + n * {largest}::bigint"
    return own


def tables() -> Iterator[tuple[str, list[str]]]:
    for database, own in TABLES.items():
        kept = [] if database == "vault" else [f"chassis.{name}" for name in KEPT]
        yield database, [*kept, *own]


class Copier:
    """Copies the played cases in every database of the sending cell, while nothing else of it runs."""

    def __init__(self, tree: Tree) -> None:
        self._postgres = Cell("TH", tree.state, partners=CELLS).postgres
        self._copies = 0

    async def _keep(self) -> None:
        """Remember the rows that are copied: those that are there now."""
        for database, names in tables():
            connection = await asyncpg.connect(self._postgres.admin_dsn(database))
            await connection.execute("create schema if not exists played")
            for name in names:
                await connection.execute(f'create table played."{name}" as table {name}')
            await connection.close()

    async def until(self, cases: int) -> None:
        """Copy until there are so many cases, a database after the other."""
        began, copies = time.perf_counter(), cases // SOURCE
        await asyncio.to_thread(self._postgres.start)
        if not self._copies:
            await self._keep()
        for database, names in tables():
            connection = await asyncpg.connect(self._postgres.admin_dsn(database))
            await connection.execute("set synchronous_commit = off")
            await connection.execute(
                "set session_replication_role = replica"
            )  # what triggers write is copied too
            rows = 0
            for name in names:
                copy = await statement(connection, name)
                for first in range(self._copies + 1, copies + 1, STEP):
                    await connection.execute(copy, first, min(first + STEP - 1, copies), timeout=600)
                await connection.execute(f"vacuum analyze {name}", timeout=600)
                rows += await connection.fetchval(f"select count(*) from {name}")
            if database == "audit":
                await connection.execute(HEAD)
            await connection.close()
            took = time.perf_counter() - began
            print(f"  {cases:,} cases, {rows:,} rows in {database} after {took:.0f} s", flush=True)
        self._postgres.stop()
        self._copies = copies


async def measured(tree: Tree, sizes: tuple[int, int], cases: int, clients: int) -> list[Measured]:
    """A turn of whole cases among each number of cases."""
    numbers, copier, found = itertools.count(1), Copier(tree), []
    async with running(tree) as cells, clients_of(cells, clients) as ready:
        await play(ready, list(itertools.islice(numbers, SOURCE)))
        await rest(cells)
    for size in sizes:
        await copier.until(size)
        async with running(tree) as cells, clients_of(cells, clients) as ready:
            await play(ready, list(itertools.islice(numbers, clients * WARM_UP)))
            await rest(cells)
            found.append(await many(cells, ready, list(itertools.islice(numbers, cases))))
        parts = ", ".join(f"{kind} {seconds * 1000:.0f}" for kind, seconds in found[-1].cpu.items())
        print(
            f"among {size:>9,}   {found[-1].rate:.2f} cases/s, {found[-1].each * 1000:.0f} ms of CPU a case ({parts}), load {found[-1].load:.1f}",
            flush=True,
        )
    return found


async def main(told: argparse.Namespace) -> int:
    run = Run.begin()
    try:
        tree = Tree("now", ROOT, run.directory / "now")
        few, many_ = await measured(tree, (told.few, told.many), told.cases, told.clients)
    finally:
        run.end()
    among = f"among {told.many:,} against {told.few:,}"
    gates = [
        Gate(f"whole cases a second {among}", many_.rate / few.rate, GATE, least=True),
        Gate(f"cases for the same CPU {among}", few.each / many_.each, GATE, least=True),
    ]
    print(table(gates))
    return int(not all(gate.reached for gate in gates))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.volume", description=__doc__)
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--cases", type=int, default=100, help="that are played among each")
    parser.add_argument("--clients", type=int, default=8)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(parser.parse_args())))
