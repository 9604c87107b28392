"""`python -m tests.bench.whole.command`: one HTTP command, *open a case*, against a bare ASGI route that makes the same inserts by asyncpg.

Intake alone, as a process that serves HTTP and nothing else, and the bare route, in turns on the same PostgreSQL and by the same clients. The ratio is of the CPU
seconds of the serving process, because on few cores the clients' own limits the rate; the rates stand beside it.
"""

import argparse
import asyncio
import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

import asyncpg
import httpx2
import psutil
import uvloop

from deploy.local.cell import Cell, environment
from deploy.local.place import ROOT
from deploy.local.testing import Run
from tests.bench.gates import Gate
from tests.bench.whole.bare_route import Rows
from tests.bench.whole.cells import CELLS, Tree, running
from tests.bench.whole.script import person

GATE, CLIENTS, COPY = 0.40, 8, "bare"
TABLES = """
select c.table_schema || '.' || c.table_name as name, array_agg(c.column_name::text order by c.ordinal_position) as columns
from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
where c.table_schema in ('intake', 'chassis') and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER' and c.is_identity = 'NO'
    and c.table_name not in ('listed_cases', 'listed_due')
group by c.table_schema || '.' || c.table_name
order by c.table_schema || '.' || c.table_name <> 'intake.cases', 1
"""
"""The tables in which a command leaves rows. Triggers fill the two that are left out, for the bare route as well."""
FINDERS = {
    "intake.cases": "id",
    "chassis.outbox": "stream",
    "chassis.streams": "stream",
    "chassis.idempotency": "resource_id",
}
"""The column by which a row belongs to a case, where it is not `case_id`."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a turn found: commands a second, and CPU seconds of the serving process for each."""

    rate: float
    cpu: float


async def sampled(vault_dsn: str, dsn: str, case: str) -> tuple[Rows, Rows]:
    """The rows that the command left: of the vault, and of intake's own database."""
    connection = await asyncpg.connect(dsn)
    sample: Rows = []
    for table in await connection.fetch(TABLES):
        finder = FINDERS.get(table["name"], "case_id")
        if finder in table["columns"]:
            names = ", ".join(f'"{column}"' for column in table["columns"])
            rows = await connection.fetch(
                f"select {names} from {table['name']} where {finder}::text = $1", case
            )
            if rows:
                sample.append((_insert(table["name"], table["columns"]), [tuple(row) for row in rows]))
    person = await connection.fetchval("select person_id from intake.cases where id = $1", UUID(case))
    await connection.close()
    vault = await asyncpg.connect(vault_dsn)
    key = await vault.fetchrow(
        "select person_id, wrapped, epoch from vault.keys where person_id = $1", person
    )
    await vault.close()
    return [(_insert("bare_keys", ["person_id", "wrapped", "epoch"]), [tuple(key)])], sample


def _insert(table: str, columns: list[str]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f"insert into {table} ({names}) values ({', '.join(f'${n}' for n in range(1, len(columns) + 1))})"


@asynccontextmanager
async def serving(
    command: list[str], base: str, values: dict[str, str], log: Path
) -> AsyncIterator[psutil.Process]:
    """A process that serves, from when it answers."""
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **values},
            stdout=out,
            stderr=out,
        )
    try:
        async with httpx2.AsyncClient(base_url=base, trust_env=False) as http:
            for _ in range(600):
                try:
                    await http.post("/v1/cases", json={})
                    break
                except httpx2.TransportError:
                    await asyncio.sleep(0.1)
        yield psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait()


async def asked(base: str, bearer: str, process: psutil.Process, count: int) -> Served:
    numbers = iter(range(count))

    async def client() -> None:
        async with httpx2.AsyncClient(base_url=base, timeout=60, trust_env=False) as http:
            for number in numbers:
                headers = {"Authorization": f"Bearer {bearer}", "Idempotency-Key": str(uuid4())}
                answer = await http.post("/v1/cases", json=person(number, "agency"), headers=headers)
                answer.raise_for_status()

    before, began = process.cpu_times(), time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    took, after = time.perf_counter() - began, process.cpu_times()
    return Served(count / took, (after.user + after.system - before.user - before.system) / count)


async def _prepared(tree: Tree) -> tuple[str, tuple[Rows, Rows]]:
    """A token, and the rows of a command that was given to the whole cell once; its servers are stopped afterwards."""
    async with running(tree) as cells:
        bearer = cells.tokens["th.supervisor"]
        async with httpx2.AsyncClient(base_url=cells.address("TH"), timeout=60, trust_env=False) as http:
            headers = {"Authorization": f"Bearer {bearer}", "Idempotency-Key": str(uuid4())}
            answer = await http.post("/intake/v1/cases", json=person(1, "agency"), headers=headers)
            case = answer.raise_for_status().json()["id"]
        return bearer, await sampled(cells.dsn("TH", "vault"), cells.dsn("TH", "intake"), case)


async def measured(tree: Tree, rounds: int, count: int) -> list[tuple[Served, Served]]:
    """For each round what intake and what the bare route took."""
    bearer, sample = await _prepared(tree)
    file = tree.state.with_suffix(".pickle")
    file.write_bytes(pickle.dumps(sample))
    cell, log = Cell("TH", tree.state, partners=CELLS), tree.state.with_suffix(".log")
    settings = json.loads((cell.directory / "cell.json").read_text())["services"]["intake"]
    await asyncio.to_thread(cell.postgres.start)
    try:
        await _copy(cell)
        values = environment(settings | {"port": cell.ports["intake"], "metrics_port": cell.ports["metrics"]})
        ports = cell.ports["intake"], cell.ports["consent"]
        intake, bare = (f"http://127.0.0.1:{port}" for port in ports)
        route = ["tests.bench.whole.bare_route", str(ports[1]), cell.postgres.admin_dsn(COPY), str(file)]
        found = []
        async with (
            serving(["services.intake", "api"], intake, values, log) as one,
            serving(route, bare, {}, log) as other,
        ):
            for number in range(rounds + 1):
                turns = await asked(intake, bearer, one, count), await asked(bare, bearer, other, count)
                found += [turns] if number else []
        return found
    finally:
        cell.postgres.stop()


async def _copy(cell: Cell) -> None:
    """A copy of intake's database, so that the bare route's rows are nobody's, with the vault's table in it."""
    admin = await asyncpg.connect(cell.postgres.admin_dsn())
    await admin.execute(f"create database {COPY} template intake")
    await admin.close()
    own = await asyncpg.connect(cell.postgres.admin_dsn(COPY))
    await own.execute("create table bare_keys (person_id uuid primary key, wrapped bytea, epoch text)")
    await own.close()


async def measure(tree: Tree, rounds: int = 3, count: int = 300) -> list[Gate]:
    """Print each round, and answer what they come to."""
    ratios = []
    for one, bare in await measured(tree, rounds, count):
        ratios.append(bare.cpu / one.cpu)
        print(
            f"command         open a case {one.rate:.0f}/s, {one.cpu * 1000:.2f} ms of CPU; bare route {bare.rate:.0f}/s, {bare.cpu * 1000:.2f} ms  {ratios[-1]:.2f}",
            flush=True,
        )
    return [Gate("one command: CPU of a bare ASGI route in it", median(ratios), GATE, least=True)]


async def main(told: argparse.Namespace) -> int:
    run = Run.begin()
    try:
        (gate,) = await measure(Tree("now", ROOT, run.directory / "command"), told.rounds, told.commands)
        print(gate)
        return int(not gate.reached)
    finally:
        run.end()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.whole.command", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--commands", type=int, default=400, help="of each side in a round")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main(parser.parse_args())))
