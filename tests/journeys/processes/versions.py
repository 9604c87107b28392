"""A stack of the version before, which is brought to this one service by service while it is used."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis.faults import sqlstate
from chassis.migrate import PATIENCE
from contracts.catalogue import SERVICES
from deploy.local.cell import FRONT, Cell, environment, write_secret
from deploy.local.place import ROOT
from deploy.local.prepare import prepare_broker, prepare_databases
from deploy.local.stack import Progress, Stack
from deploy.local.trust import make_trust

BEFORE = "8275315af4427d57a762fe84a4bde36b56a15425"
"""The commit of the version from which an upgrade is tried. A release moves it to the release before it."""
MIXED = ("intake", "consent", "referral", "exchange")
"""The services of the cell `apart` that have a process each before the upgrade too: its two versions work with each other in them.
The others are with the front then.
"""
_TABLES = text("select * from pg_tables where tableowner = current_user")
LOCK_NOT_AVAILABLE = "55P03"
ASK = """
import asyncio, json, sys
from pathlib import Path
from contracts.catalogue import SERVICES
from deploy.local.cell import Cell
from deploy.local.prepare import prepare_broker, prepare_databases
from deploy.local.trust import TrustFiles

part, processes, code, state, *partners = sys.argv[1:]
cells = {one: Cell(one, Path(state), partners=partners) for one in partners}
cell, trust = cells[code], TrustFiles(Path(state) / "border")
if part == "settings":
    cell.make_keys()
    print(json.dumps({name: cell.settings(name, trust, cells, processes=bool(processes)) for name in SERVICES}))
if part == "servers":
    asyncio.run(prepare_databases(cell))
    asyncio.run(prepare_broker(cell))
"""
"""A half of a cell's preparation as the version before does it, with its own modules."""


def is_shallow() -> bool:
    """Whether this clone has not its history, in which the version before is. In every other one it has to be found."""
    asked = ["git", "rev-parse", "--is-shallow-repository"]
    return (
        subprocess.run(asked, cwd=ROOT, capture_output=True, check=True, text=True).stdout.strip() == "true"
    )


def unpacked(directory: Path) -> Path:
    """The tree of the version before, out of the history of this clone."""
    directory.mkdir()
    packed = subprocess.Popen(["git", "archive", BEFORE], cwd=ROOT, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", str(directory)], stdin=packed.stdout, check=True)
    assert packed.wait() == 0
    return directory


class VersionStack(Stack):
    """Keys, tables, topics, settings and services are those of the tree `before`, until each cell is upgraded.

    The cell `apart` has a process for each service (before its upgrade, for those of `MIXED`), every other one process for all.
    """

    def __init__(self, codes: list[str], apart: str, *, state: Path, before: Path) -> None:
        super().__init__(codes, state=state, processes=True)
        self.apart, self.trees = apart, dict.fromkeys(codes, before)
        self._before = dict[str, Mapping[str, Any]]()

    async def upgrade(self, cell: Cell) -> None:
        """What is prepared comes first, under the running services of the version before; then one process after the other."""
        cell.make_keys()
        await prepare_databases(cell)
        for service in SERVICES:
            await add_columns(cell.owner_url(service))
        await prepare_broker(cell)
        self.trees[cell.code] = ROOT
        for name in MIXED if cell.code == self.apart else ():
            await asyncio.to_thread(self._children[f"{cell.code}: {name}"].stop)
            settings = cell.settings(name, self.trust, self.cells, processes=True)
            self._alone(cell, name, _with_the_front(settings, cell))
            await self._ready(cell, Progress())
        await asyncio.to_thread(self._children[f"{cell.code}: {FRONT}"].stop)
        del self._before[cell.code]
        self._services(cell)
        await self._ready(cell, Progress())

    def services_of(self, cell: Cell) -> list[str]:
        """A service that came since is not there before the upgrade."""
        return list(self._before.get(cell.code, SERVICES))

    def _services(self, cell: Cell) -> None:
        self.processes = cell.code == self.apart
        super()._services(cell)

    def _launch(self, cell: Cell, settings: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """The front with what is in its process, then whatever does not run yet by itself."""
        alone: Iterable[str] = settings if self.processes else ()
        if self.trees[cell.code] != ROOT:
            settings = self._before[cell.code]
            alone = MIXED if self.processes else ()
            together = {name: values for name, values in settings.items() if name not in alone}
            elsewhere = {name: settings[name]["port"] for name in alone}
            of_before = json.dumps({**facts, "services": together, "elsewhere": elsewhere})
            write_secret(cell.directory / "cell.json", of_before)
        self._spawn(cell, FRONT, ["corridor.cell", str(cell.directory / "cell.json")], {})
        for name in alone:
            if f"{cell.code}: {name}" not in self._children:
                self._alone(cell, name, settings[name])

    def _alone(self, cell: Cell, name: str, settings: Mapping[str, Any]) -> None:
        self._spawn(cell, name, [f"services.{name}", "all"], environment(settings))

    def _spawn(self, cell: Cell, name: str, module: list[str], values: Mapping[str, str]) -> None:
        super()._spawn(cell, name, module, {**values, **_from(self.trees[cell.code])})

    def _keys(self) -> None:
        self.trust = make_trust(self.state / "border", list(self.cells), now=datetime.now(UTC))
        for cell in self.cells.values():
            settings = json.loads(self._asked("settings", cell))
            if cell.code == self.apart:
                settings = {name: _with_the_front(values, cell) for name, values in settings.items()}
            self._before[cell.code] = settings

    async def _servers(self, cell: Cell, progress: Progress) -> None:
        await asyncio.gather(*(asyncio.to_thread(server.start) for server in (cell.postgres, cell.broker)))
        await asyncio.to_thread(self._asked, "servers", cell)

    def _asked(self, part: str, cell: Cell) -> str:
        tree, processes = self.trees[cell.code], "processes" if cell.code == self.apart else ""
        command = [sys.executable, "-c", ASK, part, processes, cell.code, str(self.state), *self.cells]
        environ = {**os.environ, **_from(tree)}
        return subprocess.run(
            command, cwd=tree, env=environ, check=True, capture_output=True, text=True
        ).stdout


async def add_columns(owner_url: str) -> None:
    """The most that a migration does, whatever the newest ones are: each table gets a column more."""
    engine = create_async_engine(owner_url)
    async with engine.connect() as conn:
        tables = list(await conn.execute(_TABLES))
    for table in tables:
        await _add_column(engine, f"{table.schemaname}.{table.tablename}")
    await engine.dispose()


async def _add_column(engine: AsyncEngine, table: str) -> None:
    while True:
        try:
            async with engine.begin() as conn:
                await conn.execute(PATIENCE)
                await conn.execute(text(f"alter table {table} add column of_a_later_release text"))
                return
        except DBAPIError as error:
            if sqlstate(error) != LOCK_NOT_AVAILABLE:
                raise


def _with_the_front(settings: Mapping[str, Any], cell: Cell) -> Mapping[str, Any]:
    """The settings of a service of the cell `apart`, which finds those that have no process of their own, or not yet, behind the front."""
    behind = {name: f"{cell.base_url}/{name}" for name in settings["peers"] if name not in MIXED}
    return {**settings, "peers": {**settings["peers"], **behind}}


def _from(code: Path) -> dict[str, str]:
    """The environment in which Python takes its modules from this tree, and from no folder that it is started in."""
    return {"PYTHONPATH": str(code), "PYTHONSAFEPATH": "1"}
