"""What the statements of cases read and write in the databases of a cell, as PostgreSQL counts it. Other load on the machine changes it little: a slow case has more of the stack's own looks beside it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

import asyncpg

from tests.bench.whole.cells import Running
from tests.bench.whole.counts import Amounts

CELL = "TH"
"""The cell that sends, and that is filled."""
RESET = "create extension if not exists pg_stat_statements; select pg_stat_statements_reset()"
STATEMENTS = """
select d.datname as database, s.query, sum(s.calls)::float8 as calls, sum(s.shared_blks_hit + s.shared_blks_read)::float8 as pages,
    sum(s.shared_blks_read)::float8 as from_disk, sum(s.total_exec_time)::float8 as ms, sum(s.wal_bytes)::float8 as log_bytes,
    sum(s.wal_fpi)::float8 as images
from pg_stat_statements s join pg_database d on d.oid = s.dbid where s.userid <> 'postgres'::regrole and s.toplevel group by 1, 2
"""
NUMBER = re.compile(r"\$\d+")
"""A parameter, which the same statement may have under another number in another turn."""
SHOWN, WIDTH = 8, 150


@dataclass(frozen=True, slots=True)
class Reads(Amounts):
    """Of one statement, or of all of them, for each case: pages read, and of them those that were not in PostgreSQL's memory; the milliseconds that it took; and
    what it wrote into the log, where a page that was not changed since the last checkpoint stands whole, as an image.
    """

    calls: float = 0
    pages: float = 0
    from_disk: float = 0
    ms: float = 0
    log_bytes: float = 0
    images: float = 0

    def __str__(self) -> str:
        return (
            f"{self.ms:.0f} ms, {self.pages:.0f} pages, {self.from_disk:.0f} of them not in its memory, "
            f"{self.log_bytes / 1000:.0f} kB of log with {self.images:.0f} images"
        )


async def begin(cells: Running) -> None:
    connection = await asyncpg.connect(cells.dsn(CELL, "postgres"))
    await connection.execute(RESET)
    await connection.close()


async def read(cells: Running, cases: int) -> dict[tuple[str, str], Reads]:
    """What each statement read since the beginning, for each case, by its database and text."""
    connection = await asyncpg.connect(cells.dsn(CELL, "postgres"))
    rows = await connection.fetch(STATEMENTS)
    await connection.close()
    found: dict[tuple[str, str], Reads] = {}
    for row in rows:
        key = row["database"], " ".join(NUMBER.sub("$", row["query"]).split())
        found[key] = found.get(key, Reads()) + Reads(*(row[f.name] / cases for f in fields(Reads)))
    return found


def grown(few: Mapping[tuple[str, str], Reads], many: Mapping[tuple[str, str], Reads]) -> str:
    """The statements that read most more among many, each with its pages for a case."""
    more = {key: reads.pages - few.get(key, Reads()).pages for key, reads in many.items()}
    lines = []
    for key in sorted(more, key=lambda key: -more[key])[:SHOWN]:
        before, after = few.get(key, Reads()), many[key]
        lines.append(
            f"  {before.pages:7.1f} → {after.pages:7.1f} pages, {before.log_bytes / 1000:5.1f} → {after.log_bytes / 1000:5.1f} kB of log, "
            f"{before.ms:6.2f} → {after.ms:6.2f} ms, {after.calls:.1f} calls, {key[0]}: {key[1][:WIDTH]}"
        )
    return "\n".join(lines)
