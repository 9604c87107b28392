"""`python -m tests.bench.lists [service …]`: the worklist among 100,000 cases of one organisation, and the lists of referrals,
returns and consents among as many of those, against a bare indexed select in the same run.

Each list is timed as the statement alone, from the call to its last row, in turns with the floor on one connection, under
row-level security. Exits with 1 where the 99th of a hundred takes longer than the gate.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvloop
from sqlalchemy import TextClause, text

from chassis.database import Database, Transaction
from chassis.identity.auth import Actor
from chassis.identity.policies import Policies
from chassis.migrate import migrate
from chassis.web.listing import Order
from deploy.local.testing import Databases, Run
from services.intake.app import VERSIONS
from services.intake.casefile import worklist_queries as lists
from services.intake.casefile.domain.listing import WaitingFor
from services.intake.casefile.worklist_queries import ListQuery
from tests.bench.cell import dsn
from tests.bench.worklists import MADE, Lists, of_services

CASES, WORKERS, ROUNDS, ROWS = 100_000, 1_000, 100, 50
GATE_MS = 2.0
AGENCY = "th-care-agency"
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
SUPERVISOR, WORKER = "supervisor", "case_worker"


@dataclass(frozen=True, slots=True)
class List:
    """A list that somebody asks for; `deep`: a page in the middle of it."""

    who: str
    filters: Mapping[str, object]
    order: Order = Order.NEWEST
    deep: bool = False


def asked() -> dict[str, List]:
    recent = datetime.now(UTC) - timedelta(days=1)
    return {
        "everything": List(SUPERVISOR, {}),
        "everything, a page in the middle": List(SUPERVISOR, {}, deep=True),
        "changed last": List(SUPERVISOR, {}, Order.CHANGED),
        "due soonest": List(SUPERVISOR, {}, Order.DUE),
        "open": List(SUPERVISOR, {"state": "open"}),
        "immediate": List(SUPERVISOR, {"urgency": "immediate"}),
        "by hotline": List(SUPERVISOR, {"channel": "hotline"}),
        "of one worker": List(SUPERVISOR, {"worker": "th.worker-7"}),
        "of nobody": List(SUPERVISOR, {"worker": "nobody"}),
        "flagged": List(SUPERVISOR, {"flagged": True}),
        "on hold": List(SUPERVISOR, {"on_hold": True}),
        "immediate and on hold": List(SUPERVISOR, {"urgency": "immediate", "on_hold": True}),
        "unattended": List(SUPERVISOR, {"unattended": True}),
        "late": List(SUPERVISOR, {"late": True}),
        "not late": List(SUPERVISOR, {"late": False}),
        "due within a day": List(SUPERVISOR, {"due_by": datetime.now(UTC) + timedelta(days=1)}, Order.DUE),
        "waiting for the recipient": List(SUPERVISOR, {"waiting_for": WaitingFor.RECIPIENT}),
        "waiting for assignment": List(SUPERVISOR, {"waiting_for": WaitingFor.ASSIGNMENT}),
        "waiting for the worker": List(SUPERVISOR, {"waiting_for": WaitingFor.WORKER}),
        "changed since yesterday": List(SUPERVISOR, {"updated_since": recent}, Order.CHANGED),
        "a worker's": List(WORKER, {}),
        "a worker's, a page in the middle": List(WORKER, {}, deep=True),
        "a worker's, urgent": List(WORKER, {"urgency": "urgent"}),
        "a worker's, changed last": List(WORKER, {}, Order.CHANGED),
        "a worker's, due soonest": List(WORKER, {}, Order.DUE),
    }


def actor(role: str, policies: Policies) -> Actor:
    return Actor(
        "issuer",
        "th.worker-7",
        "TH",
        AGENCY,
        frozenset({role}),
        "case-management",
        service=False,
        policies=policies,
    )


async def filled(databases: Databases, service: str, versions: Path, fill: str) -> Database:
    owner_url, app_url = await databases.create_database("lists")
    await migrate(owner_url, service, versions)
    conn = await asyncpg.connect(dsn(owner_url))
    await conn.execute("set corridor.organisation = '*'")
    for statement in fill.split(";"):
        await conn.execute(statement)
    await conn.close()
    return Database(app_url, publisher=service, cell="TH")


async def statement_of(tx: Transaction, who: Actor, one: List) -> tuple[TextClause, dict[str, Any]]:
    query = ListQuery(one.filters, one.order)
    conditions, values = await lists.conditions_of(tx, who, query)
    named = lists.lists_of(tx, who, query)
    after: tuple[datetime, UUID] | None = None
    if one.deep:
        middle = text(
            "select opened_at, id from intake.cases where organisation = :o order by opened_at desc offset :n limit 1"
        )
        row = (await tx.execute(middle, {"o": AGENCY, "n": CASES // 2})).one()
        after = (row.opened_at, row.id)
    more = {} if after is None else {"at": after[0], "after": after[1]}
    values |= {**lists.named(named), **more, "limit": ROWS, "now": tx.now}
    return lists.page_of(query, named, conditions, following=one.deep), values


async def timed(tx: Transaction, statement: TextClause, values: dict[str, Any]) -> tuple[float, int]:
    began = time.perf_counter()
    rows = (await tx.execute(statement, values)).all()
    return (time.perf_counter() - began) * 1000, len(rows)


Statement = Callable[[Transaction, Actor], Awaitable[tuple[TextClause, dict[str, Any]]]]


async def compared(
    database: Database, who: Actor, bare: TextClause, made: Statement
) -> tuple[list[float], list[float], int]:
    """Milliseconds of the floor and of the list, in turns, and the rows of the list."""
    floor: list[float] = []
    took: list[float] = []
    found = 0
    async with database.transaction(who.origin()) as tx:
        statement, values = await made(tx, who)
        for number in range(ROUNDS + 10):
            least, _ = await timed(tx, bare, {"organisation": AGENCY, "limit": ROWS})
            whole, found = await timed(tx, statement, values)
            if number >= 10:  # the first ones prepare the statements
                floor.append(least)
                took.append(whole)
    return floor, took, found


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


async def measured(database: Database, bare: TextClause, asked: Iterable[tuple[str, str, Statement]]) -> bool:
    """Print each list; True where all of them pass the gate."""
    policies, fine = Policies(Path("deploy/policies")), True
    for name, role, made in asked:
        floor, took, rows = await compared(database, actor(role, policies), bare, made)
        fine = fine and p99(took) <= GATE_MS
        times = f"p50 {statistics.median(took):.2f} p99 {p99(took):.2f} ms of {GATE_MS:g}, floor {statistics.median(floor):.2f} {p99(floor):.2f}"
        print(
            f"{name:<34}{rows:>3} rows  {times}  {statistics.median(floor) / statistics.median(took):.2f}",
            flush=True,
        )
    await database.close()
    return fine


async def of_cases(databases: Databases) -> bool:
    print(f"lists of {CASES:,} cases; the floor is a bare indexed select of {ROWS} rows")
    database = await filled(databases, "intake", VERSIONS, FILL)
    each = ((name, one.who, partial(statement_of, one=one)) for name, one in asked().items())
    return await measured(database, FLOOR, each)


async def of_service(databases: Databases, one: Lists) -> bool:
    print(f"lists of {CASES:,} rows of {one.service}")
    database = await filled(databases, one.service, one.versions, f"{MADE};{one.fill}")
    each = ((name, each.who, partial(one.statement, one=each)) for name, each in one.asked.items())
    return await measured(database, one.floor, each)


async def measure(databases: Databases, only: Sequence[str] = ()) -> bool:
    """Print the lists of these services, of all where none is named; True where all of them pass the gate."""
    fine = await of_cases(databases) if not only or "intake" in only else True
    for one in of_services():
        if not only or one.service in only:
            fine = await of_service(databases, one) and fine
    return fine


async def main(only: list[str]) -> int:
    run = Run.begin()
    databases = Databases(run.postgres_dsn())
    try:
        return int(not await measure(databases, only))
    finally:
        await databases.drop_all()
        run.end()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(sys.argv[1:])))
