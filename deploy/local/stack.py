"""The local stack: real servers and services of several cells, brought up in order and stopped whole."""

import asyncio
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from filelock import FileLock, Timeout

from contracts.catalogue import SERVICES
from deploy.local.cell import FRONT, Cell, environment, write_secret
from deploy.local.jars import kafka_jars
from deploy.local.prepare import prepare_broker, prepare_databases
from deploy.local.process import ServerError, ServerProcess
from deploy.local.trust import make_trust

ROOT = Path(__file__).parents[2]
STATE = Path(os.environ.get("CORRIDOR_STATE", ROOT / ".corridor" / "state"))
"""Where a stack keeps everything, unless a test or a second checkout says otherwise."""
READY_S = 300.0
Progress = Callable[[str], None]
"""Told the name of each step when it is done; STEPS of them."""


class InUseError(RuntimeError):
    """Another process runs a stack on this state."""


class Stack:
    """Cells on this machine. `processes` gives each service a process of its own instead of one for each cell.

    `extra` are settings that every service gets besides its own.
    """

    def __init__(
        self,
        codes: Sequence[str],
        *,
        state: Path = STATE,
        processes: bool = False,
        fresh: bool = False,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.state, self.processes, self.extra = state, processes, dict(extra or {})
        self._claim(fresh=fresh)
        self.cells: Mapping[str, Cell] = {code: Cell(code, state, partners=codes) for code in codes}
        self._children: list[ServerProcess] = []
        self._migrating = asyncio.Lock()  # Alembic's environment is one for the process

    def _claim(self, *, fresh: bool) -> None:
        """State belongs to one stack at a time; databases and topics are kept or wiped together."""
        self.state.parent.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self.state.with_suffix(".lock"))
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise InUseError("a stack is already running here; stop it first") from error
        if fresh:
            shutil.rmtree(self.state, ignore_errors=True)

    @property
    def steps(self) -> int:
        return 1 + 5 * len(self.cells)

    async def up(self, progress: Progress = lambda _: None) -> None:
        """Start everything and return when every service is ready. On any failure what was started is stopped."""
        try:
            await asyncio.to_thread(kafka_jars)
            self._keys()
            progress("Kafka at hand")
            await asyncio.gather(*(self._servers(cell, progress) for cell in self.cells.values()))
            for cell in self.cells.values():
                self._services(cell)
            await asyncio.gather(*(self._ready(cell, progress) for cell in self.cells.values()))
        except BaseException:
            await self.down()
            raise

    def _keys(self) -> None:
        """What the cells share is signed anew at each start: a trust list older than a day closes the border."""
        self.trust = make_trust(self.state / "border", list(self.cells), now=datetime.now(UTC))
        for cell in self.cells.values():
            cell.make_keys()

    async def _servers(self, cell: Cell, progress: Progress) -> None:
        await asyncio.gather(self._postgres(cell, progress), self._kafka(cell, progress))

    async def _postgres(self, cell: Cell, progress: Progress) -> None:
        await asyncio.to_thread(cell.postgres.start)
        progress(f"{cell.code}: PostgreSQL answers")
        async with self._migrating:
            await prepare_databases(cell)
        progress(f"{cell.code}: databases are migrated")

    async def _kafka(self, cell: Cell, progress: Progress) -> None:
        await asyncio.to_thread(cell.broker.start)
        progress(f"{cell.code}: Kafka answers")
        await prepare_broker(cell)
        progress(f"{cell.code}: topics, users and rights are set")

    def _services(self, cell: Cell) -> None:
        """One process for the cell, or one for each service and one for the front."""
        settings = {
            name: cell.settings(name, self.trust, self.cells, processes=self.processes) | self.extra
            for name in SERVICES
        }
        facts: dict[str, Any] = {
            "cell": cell.code,
            "port": cell.ports[FRONT],
            "issuer": cell.issuer,
            "keys": str(cell.keys),
        }
        alone = {name: values["port"] for name, values in settings.items()} if self.processes else {}
        facts |= {"services": {} if self.processes else settings, "elsewhere": alone}
        write_secret(cell.directory / "cell.json", json.dumps(facts))
        self._launch(cell, settings, facts)

    def _launch(self, cell: Cell, settings: Mapping[str, Any], _facts: Mapping[str, Any]) -> None:
        self._spawn(cell.directory / FRONT, ["corridor.cell", str(cell.directory / "cell.json")], {})
        if self.processes:
            for name in SERVICES:
                self._spawn(cell.directory / name, [f"services.{name}", "all"], environment(settings[name]))

    def _spawn(self, directory: Path, module: list[str], values: Mapping[str, str]) -> None:
        directory.mkdir(exist_ok=True)
        child = ServerProcess(directory)
        child.start([sys.executable, "-m", *module], secrets={"PYTHONPATH": str(ROOT), **values})
        self._children.append(child)

    async def _ready(self, cell: Cell, progress: Progress) -> None:
        """Wait until every service of the cell says ready. Raises ServerError with what the last one said was wrong."""
        deadline = time.monotonic() + READY_S
        said = "nothing"
        async with httpx2.AsyncClient(base_url=cell.base_url, timeout=5, trust_env=False) as client:
            for name in SERVICES:
                while True:
                    ok, said = await _answer(client, f"/{name}/health/ready")
                    if ok:
                        break
                    if time.monotonic() > deadline or not all(child.running for child in self._children):
                        raise ServerError(f"{cell.code}: {name} is not ready: {said}. Logs: {cell.directory}")
                    await asyncio.sleep(0.1)
        progress(f"{cell.code}: every service is ready")

    async def down(self) -> None:
        """Stop services first, then servers; nothing of the stack is left running."""
        await asyncio.gather(*(asyncio.to_thread(child.stop) for child in self._children))
        self._children.clear()
        servers = [server for cell in self.cells.values() for server in (cell.broker, cell.postgres)]
        await asyncio.gather(*(asyncio.to_thread(server.stop) for server in servers))
        self._lock.release()


async def _answer(client: httpx2.AsyncClient, path: str) -> tuple[bool, str]:
    try:
        answer = await client.get(path)
    except httpx2.TransportError as error:
        return False, type(error).__name__
    return answer.status_code == httpx2.codes.OK, answer.text[:500]
