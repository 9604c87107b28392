"""`python -m tests.bench.lists [service …]`: the worklist among 100,000 cases of one organisation, and the lists of referrals,
returns and consents among as many of those, against a bare indexed select in the same run.

Each list is asked for 200 times, each time by another worker or with another value, in turns with the floor on one connection, under row-level
security; then as often while PostgreSQL's own clock runs, which says what the server took from the plan to the last row, by the wall and of its
processor. Exits with 1 where by that clock the 99th of a hundred takes longer than the gate.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import uvloop
from sqlalchemy import TextClause, text

from chassis.database import Database, Transaction
from chassis.migrate import migrate
from chassis.web.listing import BoundedCount, Order, Page
from deploy.local.testing import Databases, Run
from services.intake.app import VERSIONS
from services.intake.casefile import worklist_queries as lists
from services.intake.casefile.domain.listing import WaitingFor
from services.intake.casefile.worklist_queries import ListQuery
from tests.bench.cell import dsn
from tests.bench.listed import AGENCY, PAGE, SUPERVISOR, WORKER, WORKERS, Listed, each_worker
from tests.bench.server_clock import ServerClock, Spent, permitted, server_clock
from tests.bench.worklists import MADE, of_services

CASES, TURNS, WAYS, FIRST = 100_000, 200, 20, 10
"""A list is asked for in so many ways, again and again; the first turns prepare the statements and are not counted."""
GATE_MS = 2.0
FILL = f"""
    create temporary table made as select n, gen_random_uuid() as id, case when n % 997 = 0 then '{{}}'
        else array['th.worker-' || n % {WORKERS}] end as workers, now() - n * interval '7 minutes' as at from generate_series(1, {CASES}) n;
    insert into chassis.case_access (case_id, organisation, workers, handed_over)
        select id, '{AGENCY}', workers, n % 20 = 0 from made;
    insert into chassis.case_references (reference, case_id) select 'TH-' || n, id from made;
    insert into intake.cases (id, person_id, organisation, workers, channel, urgency, opened_at, opened_by, updated_at, state, flags,
        flagged, hold_until, transfer_state)
        select id, gen_random_uuid(), '{AGENCY}', workers, case when n % 3 = 0 then 'hotline' else 'screening-unit' end,
            case when n % 50 = 0 then 'immediate' when n % 5 = 0 then 'urgent' else 'routine' end, at, 'th.officer',
            at + n % 50 * interval '1 hour', case when n % 20 = 0 then 'handed_over' else 'open' end, repeat('x', 120), n % 100 = 1,
            case when n % 40 = 10 then now() + interval '20 days' end, case when n % 300 = 2 then 'requested' end
        from made;
    insert into intake.holds (id, case_id, organisation, until, placed_at, placed_by)
        select gen_random_uuid(), id, '{AGENCY}', now() + n % 30 * interval '1 day' + interval '1 hour', at, 'th.officer' from made where n % 40 = 10;
    insert into intake.attention (case_id, since, by, opened_at, alarmed_at, organisation, due_at)
        select id, at, 'th.officer', case when n % 30 <> 3 then at end, case when n % 600 = 3 then at end, '{AGENCY}',
            case when n % 30 = 3 and n % 20 <> 0 then now() + (n % 91 - 2) * interval '1 hour' end from made;
    insert into intake.tasks (id, organisation, case_id, kind, state, worker, due_at, raised_at, raised_by)
        select gen_random_uuid(), '{AGENCY}', id, 'call', 'open', workers[1], now() + (n % 211 - 3) * interval '1 hour', at, 'th.officer'
        from made, generate_series(1, 3) where n % 7 = 3 and n % 20 <> 0;
    vacuum analyze intake.listed_due; vacuum analyze intake.tasks; vacuum analyze chassis.case_access; vacuum analyze chassis.case_references; vacuum analyze intake.cases;
    vacuum analyze intake.listed_cases; vacuum analyze intake.holds; vacuum analyze intake.attention
"""
FLOOR = text(
    "select id from intake.cases where organisation = :organisation order by opened_at desc, id desc limit :limit"
)


def asked() -> dict[str, Listed]:
    now = datetime.now(UTC)
    return {
        "everything": Listed(SUPERVISOR),
        "everything, a page somewhere": Listed(SUPERVISOR, deep=True),
        "changed last": Listed(SUPERVISOR, {}, Order.CHANGED),
        "due soonest": Listed(SUPERVISOR, {}, Order.DUE),
        "open": Listed(SUPERVISOR, {"state": "open"}),
        "immediate": Listed(SUPERVISOR, {"urgency": "immediate"}),
        "by hotline": Listed(SUPERVISOR, {"channel": "hotline"}),
        "of one worker": Listed(SUPERVISOR, {"worker": each_worker()}),
        "of nobody": Listed(SUPERVISOR, {"worker": "nobody"}),
        "flagged": Listed(SUPERVISOR, {"flagged": True}),
        "on hold": Listed(SUPERVISOR, {"on_hold": True}),
        "immediate and on hold": Listed(SUPERVISOR, {"urgency": "immediate", "on_hold": True}),
        "unattended": Listed(SUPERVISOR, {"unattended": True}),
        "late": Listed(SUPERVISOR, {"late": True}),
        "not late": Listed(SUPERVISOR, {"late": False}),
        "due within a day": Listed(SUPERVISOR, {"due_by": now + timedelta(days=1)}, Order.DUE),
        "waiting for the recipient": Listed(SUPERVISOR, {"waiting_for": WaitingFor.RECIPIENT}),
        "waiting for assignment": Listed(SUPERVISOR, {"waiting_for": WaitingFor.ASSIGNMENT}),
        "waiting for the worker": Listed(SUPERVISOR, {"waiting_for": WaitingFor.WORKER}),
        "changed since yesterday": Listed(
            SUPERVISOR, {"updated_since": now - timedelta(days=1)}, Order.CHANGED
        ),
        "a worker's": Listed(WORKER),
        "a worker's, a page somewhere": Listed(WORKER, deep=True),
        "a worker's, urgent": Listed(WORKER, {"urgency": "urgent"}),
        "a worker's, changed last": Listed(WORKER, {}, Order.CHANGED),
        "a worker's, due soonest": Listed(WORKER, {}, Order.DUE),
    }


class Asks(Protocol):
    """The lists of one service: how a page of one, and the count beside it, are asked for."""

    @property
    def asked(self) -> Mapping[str, Listed]: ...

    @property
    def floor(self) -> TextClause: ...

    async def page(self, tx: Transaction, one: Listed, turn: int) -> tuple[Page, dict[str, Any]]: ...

    async def count(self, tx: Transaction, one: Listed, turn: int) -> BoundedCount: ...


@dataclass(frozen=True, slots=True)
class CaseLists:
    asked: Mapping[str, Listed] = field(default_factory=asked)
    floor: TextClause = FLOOR

    async def page(self, tx: Transaction, one: Listed, turn: int) -> tuple[Page, dict[str, Any]]:
        after = None
        if one.deep:
            somewhere = text(
                "select opened_at, id from intake.cases where organisation = :o order by opened_at desc offset :beyond limit 1"
            )
            row = (await tx.execute(somewhere, {"o": AGENCY, "beyond": one.beyond(turn, CASES)})).one()
            after = (row.opened_at, row.id)
        query = ListQuery(one.asked(turn), one.order)
        return await lists.statement_of(tx, one.actor(turn), query, after=after, limit=PAGE)

    async def count(self, tx: Transaction, one: Listed, turn: int) -> BoundedCount:
        return await lists.counted_cases(tx, one.actor(turn), ListQuery(one.asked(turn), one.order))


@dataclass(slots=True)
class Taken:
    """Milliseconds of a list, each turn: at the client, which waits for the last row, and at the server; of the floor, and of the list's count."""

    client: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    server: list[Spent] = field(default_factory=list)
    least: list[Spent] = field(default_factory=list)
    counted: list[Spent] = field(default_factory=list)
    rows: int = 0

    @property
    def elapsed(self) -> list[float]:
        return [one.elapsed for one in self.server]

    @property
    def undisturbed(self) -> float:
        """The slowest of the ways, each at the best of its turns: what is left where others take the processor in between."""
        return max(min(self.elapsed[way::WAYS]) for way in range(WAYS))

    @property
    def fine(self) -> bool:
        return p99(self.elapsed) <= GATE_MS

    def __str__(self) -> str:
        processor, least = ([one.processor for one in of] for of in (self.server, self.least))
        count = [one.elapsed for one in self.counted]
        return (
            f"{self.rows:>3} rows  client {_both(self.client)}  server {_both(self.elapsed)} ms of {GATE_MS:g}, processor {_both(processor)}, undisturbed {self.undisturbed:.2f}"
            f"  floor {_both(self.floor)}, processor {_both(least)}  count {_both(count)}"
            f"  {statistics.median(self.floor) / statistics.median(self.client):.2f}"
        )


def p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def _both(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} {p99(values):.2f}"


async def filled(databases: Databases, service: str, versions: Path, fill: str) -> Database:
    owner_url, app_url = await databases.create_database("lists")
    await migrate(owner_url, service, versions)
    conn = await asyncpg.connect(dsn(owner_url))
    await conn.execute("set corridor.organisation = '*'")
    for statement in fill.split(";"):
        await conn.execute(statement)
    await conn.close()
    return Database(app_url, publisher=service, cell="TH")


Pages = Sequence[tuple[Page, Mapping[str, Any]]]


async def at_the_client(tx: Transaction, of: Asks, pages: Pages, taken: Taken) -> None:
    for turn in range(-FIRST, TURNS):
        page, values = pages[turn % WAYS]
        began = time.perf_counter()
        (await tx.execute(of.floor, {"organisation": AGENCY, "limit": PAGE})).all()
        between = time.perf_counter()
        rows = (await page.rows(tx, values)).all()
        ended = time.perf_counter()
        if turn >= 0:
            taken.floor.append((between - began) * 1000)
            taken.client.append((ended - between) * 1000)
            taken.rows = max(taken.rows, len(rows))


async def at_the_server(tx: Transaction, clock: ServerClock, of: Asks, pages: Pages, taken: Taken) -> None:
    for turn in range(TURNS):
        page, values = pages[turn % WAYS]
        (await tx.execute(of.floor, {"organisation": AGENCY, "limit": PAGE})).all()
        taken.least.append(await clock.since())
        (await page.rows(tx, values)).all()
        taken.server.append(await clock.since())


async def measured(database: Database, of: Asks) -> bool:
    """Print each list; True where all of them pass the gate."""
    fine = True
    for name, one in of.asked.items():
        taken = Taken()
        async with database.transaction(one.actor(0).origin()) as tx:
            pages = [await of.page(tx, one, way) for way in range(WAYS)]
            await at_the_client(tx, of, pages, taken)
            async with server_clock(tx) as clock:
                await at_the_server(tx, clock, of, pages, taken)
                for way in range(WAYS):
                    await of.count(tx, one, way)
                    taken.counted.append(await clock.since())
        fine = fine and taken.fine
        print(f"{name:<34}{taken}", flush=True)
    await database.close()
    return fine


async def measure(databases: Databases, only: Sequence[str] = ()) -> bool:
    """Print the lists of these services, of all where none is named; True where all of them pass the gate."""
    print(
        f"lists of {CASES:,} rows, milliseconds: the median and the 99th of a hundred; floor: a bare indexed select of {PAGE} rows"
    )
    fine = True
    for service, of, versions, fill in _services():
        if not only or service in only:
            print(f"{service}")
            database = await filled(databases, service, versions, fill)
            async with permitted(databases.admin_dsn, databases.made[-1][1][1]):
                fine = await measured(database, of) and fine
    return fine


def _services() -> Iterable[tuple[str, Asks, Path, str]]:
    yield "intake", CaseLists(), VERSIONS, FILL
    for one in of_services():
        yield one.service, one, one.versions, f"{MADE};{one.fill}"


async def main(only: list[str]) -> int:
    run = Run.begin()
    databases = Databases(run.postgres_dsn())
    try:
        return int(not await measure(databases, only))
    finally:
        await databases.drop_all()
        run.end()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.lists", description=__doc__)
    names = [service for service, *_ in _services()]
    parser.add_argument("service", nargs="*", help=f"of {', '.join(names)}; none: all of them")
    asked = parser.parse_args().service
    if unknown := sorted({*asked} - {*names}):
        parser.error(f"no service with lists: {', '.join(unknown)}")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(asked)))
