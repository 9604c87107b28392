"""A stack of the version before, which is brought to this one service by service while it is used."""

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from contracts.catalogue import SERVICES
from deploy.local.backup import begin_again
from deploy.local.cell import FRONT, Cell, environment
from deploy.local.place import ROOT
from deploy.local.prepare import prepare_broker, prepare_databases
from deploy.local.stack import Child, Progress, Stack

BEFORE = "54f342a881ff73bf33a68812fe95c1bc944ffb8b"
"""The commit of the version from which an upgrade is tried. A release moves it to the release before it."""
PREPARE = """
import asyncio, sys
from pathlib import Path
from deploy.local.cell import Cell
from deploy.local.prepare import prepare_broker, prepare_databases

async def prepare(part, code, state, *partners):
    cell = Cell(code, Path(state), partners=partners)
    await {"databases": prepare_databases, "broker": prepare_broker}[part](cell)

asyncio.run(prepare(*sys.argv[1:]))
"""


def is_known() -> bool:
    """A clone without its history has no version before."""
    found = subprocess.run(
        ["git", "cat-file", "-e", f"{BEFORE}^{{commit}}"], cwd=ROOT, capture_output=True, check=False
    )
    return found.returncode == 0


def unpacked(directory: Path) -> Path:
    """The tree of the version before, out of the history of this clone."""
    directory.mkdir()
    packed = subprocess.Popen(["git", "archive", BEFORE], cwd=ROOT, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", str(directory)], stdin=packed.stdout, check=True)
    assert packed.wait() == 0
    return directory


class VersionStack(Stack):
    """Its services, tables, topics and policies are those of the tree `code`, until each is upgraded."""

    def __init__(self, codes: list[str], *, state: Path, code: Path) -> None:
        super().__init__(codes, state=state, processes=True)
        self.code = code

    async def upgrade(self, cell: Cell) -> None:
        """The tables first, under the running services of the version before; then one service after the other."""
        await prepare_databases(cell)
        await prepare_broker(cell)
        before, self.code = self.code, ROOT
        try:
            for name in (*SERVICES, FRONT):
                await self._replace(cell, name)
        finally:
            self.code = before

    async def _replace(self, cell: Cell, name: str) -> None:
        await asyncio.to_thread(self._children[f"{cell.code}: {name}"].stop)
        module = ["corridor.cell", str(cell.directory / "cell.json")]
        values: Mapping[str, str] = {}
        if name != FRONT:
            settings = cell.settings(name, self.trust, self.cells, processes=True)
            module, values = [f"services.{name}", "all"], environment(settings)
        self._spawn(cell, name, module, values)
        await self._ready(cell, Progress())

    def _spawn(self, cell: Cell, name: str, module: list[str], values: Mapping[str, str]) -> None:
        here = {key: value.replace(str(ROOT), str(self.code)) for key, value in values.items()}
        child = Child(cell.directory / name, module, {**here, **_from(self.code)})
        child.start()
        self._children[f"{cell.code}: {name}"] = child

    async def _postgres(self, cell: Cell, progress: Progress) -> None:
        await asyncio.to_thread(cell.postgres.start)
        await self._prepared("databases", cell)
        await begin_again(cell)
        progress.done(f"{cell.code}: databases are those of the version before")

    async def _kafka(self, cell: Cell, progress: Progress) -> None:
        await asyncio.to_thread(cell.broker.start)
        await self._prepared("broker", cell)
        progress.done(f"{cell.code}: topics, users and rights are those of the version before")

    async def _prepared(self, part: str, cell: Cell) -> None:
        command = [sys.executable, "-c", PREPARE, part, cell.code, str(self.state), *cell.partners]
        done = await asyncio.create_subprocess_exec(*command, cwd=self.code, env=_from(self.code))
        assert await done.wait() == 0


def _from(code: Path) -> dict[str, str]:
    """The environment in which Python takes its modules from this tree, and from no folder that it is started in."""
    return {"PYTHONPATH": str(code), "PYTHONSAFEPATH": "1"}
