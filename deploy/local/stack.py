"""The local stack: real servers and services of several cells, brought up in order and stopped whole."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import httpx2
from filelock import FileLock, Timeout

from contracts.catalogue import SERVICES
from deploy.local.backup import begin_again
from deploy.local.cell import FRONT, Cell, environment, write_secret
from deploy.local.countries import known_countries, read_all
from deploy.local.jars import kafka_jars
from deploy.local.nursery import Nursery
from deploy.local.patience import Patience
from deploy.local.place import COUNTRIES, ROOT, STATE, make_folder, require_passable
from deploy.local.prepare import prepare_broker, prepare_databases
from deploy.local.process import ServerError, ServerProcess
from deploy.local.trouble import Trouble
from deploy.local.trust import make_trust


class Progress:
    """Hears of the progress of a start. This one is silent."""

    def done(self, step: str) -> None:
        """One of `Stack.steps` is done."""

    def say(self, text: str) -> None:
        """Something moves inside a step."""


class InUseError(Trouble):
    """Another process runs a stack on this state."""


class NobodyThereError(Trouble):
    """A country was asked for that has no folder."""


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
        _require_folders(codes)
        read_all(codes)
        self._claim(fresh=fresh)
        self.cells: Mapping[str, Cell] = {code: Cell(code, state, partners=codes) for code in codes}
        self._children: dict[str, Child] = {}
        self._nursery = Nursery()
        self._migrating = asyncio.Lock()  # Alembic's environment is one for the process

    def _claim(self, *, fresh: bool) -> None:
        """State belongs to one stack at a time; databases and topics are kept or wiped together."""
        make_folder(self.state.parent)
        self._lock = FileLock(self.state.with_suffix(".lock"))
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise InUseError(_who_runs(self.state)) from error
        if fresh:
            shutil.rmtree(self.state, ignore_errors=True)
        require_passable(make_folder(self.state))
        _runner(self.state).write_text(str(os.getpid()))

    @property
    def steps(self) -> int:
        return 1 + 5 * len(self.cells)

    @property
    def servers(self) -> "Mapping[str, Server]":
        """Every process that has to run, by a name for people: the ones that others stand on come first."""
        kinds: dict[str, Server] = {}
        for code, cell in self.cells.items():
            kinds |= {f"{code}: PostgreSQL": cell.postgres, f"{code}: Kafka": cell.broker}
        return kinds | self._children

    async def up(self, progress: Progress | None = None) -> None:
        """Start everything and return when every service is ready. On any failure every started process is stopped."""
        progress = progress or Progress()
        try:
            for cell in self.cells.values():
                await asyncio.to_thread(cell.require_ports, processes=self.processes)
            await asyncio.to_thread(kafka_jars, say=progress.say)
            self._nursery.open()
            self._keys()
            progress.done("Kafka's jars are here")
            await asyncio.gather(*(self._servers(cell, progress) for cell in self.cells.values()))
            for cell in self.cells.values():
                self._services(cell)
            await asyncio.gather(*(self._ready(cell, progress) for cell in self.cells.values()))
        except BaseException:
            await self.down()
            raise

    def _keys(self) -> None:
        """The files that the cells share are signed anew at each start: a trust list older than a day closes the border."""
        self.trust = make_trust(self.state / "border", list(self.cells), now=datetime.now(UTC))
        for cell in self.cells.values():
            cell.make_keys()

    async def _servers(self, cell: Cell, progress: Progress) -> None:
        await asyncio.gather(self._postgres(cell, progress), self._kafka(cell, progress))

    async def _postgres(self, cell: Cell, progress: Progress) -> None:
        await asyncio.to_thread(cell.postgres.start)
        progress.done(f"{cell.code}: PostgreSQL answers")
        async with self._migrating:
            await prepare_databases(cell)
            await begin_again(cell)
        progress.done(f"{cell.code}: databases are migrated")

    async def _kafka(self, cell: Cell, progress: Progress) -> None:
        await asyncio.to_thread(cell.broker.start)
        progress.done(f"{cell.code}: Kafka answers")
        await prepare_broker(cell)
        progress.done(f"{cell.code}: topics, users and rights are set")

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
            "console": cell.console_url,
            "keys": str(cell.keys),
        }
        alone = {name: values["port"] for name, values in settings.items()} if self.processes else {}
        facts |= {"services": {} if self.processes else settings, "elsewhere": alone}
        facts["metrics"] = sorted({values["metrics_port"] for values in settings.values()})
        write_secret(cell.directory / "cell.json", json.dumps(facts))
        targets = [f"127.0.0.1:{port}" for port in facts["metrics"]]
        (cell.directory / "prometheus.json").write_text(json.dumps([{"targets": targets}]))
        self._launch(cell, settings, facts)

    def _launch(self, cell: Cell, settings: Mapping[str, Any], _facts: Mapping[str, Any]) -> None:
        self._spawn(cell, FRONT, ["corridor.cell", str(cell.directory / "cell.json")], {})
        if self.processes:
            for name in settings:
                self._spawn(cell, name, [f"services.{name}", "all"], environment(settings[name]))

    def _spawn(self, cell: Cell, name: str, module: list[str], values: Mapping[str, str]) -> None:
        code = values.get("PYTHONPATH", str(ROOT))
        forked = code == str(ROOT)  # the nursery has this tree's code and no other
        child = Child(cell.directory / name, module, values, self._nursery if forked else None)
        child.start()
        self._children[f"{cell.code}: {name}"] = child

    def services_of(self, cell: Cell) -> Sequence[str]:
        """The services that the cell runs now."""
        del cell
        return SERVICES

    async def _ready(self, cell: Cell, progress: Progress) -> None:
        """Wait until every service of the cell says ready. Raises ServerError with the fault that the last one named."""
        own = [child for name, child in self._children.items() if name.startswith(f"{cell.code}:")]
        async with httpx2.AsyncClient(base_url=cell.base_url, timeout=5, trust_env=False) as client:
            for name in self.services_of(cell):
                said = "nothing"
                patience = Patience(lambda: (said, [child.log_size() for child in own]))  # noqa: B023 - used in the loop
                while True:
                    ok, said = await _answer(client, f"/{name}/health/ready")
                    if ok:
                        break
                    ended = next((child for child in own if not child.running), None)
                    if ended is not None:
                        raise ServerError(f"{cell.code}: {ended.name} ended; {ended.last_words()}")
                    if patience.over:
                        waited = f"{cell.code}: {name} was not ready after {patience.waited_s:.0f} s"
                        raise ServerError(f"{waited}, but said: {said}; {own[0].last_words()}")
                    await asyncio.sleep(0.1)
        progress.done(f"{cell.code}: every service is ready")

    async def down(self) -> None:
        """Stop services first, then servers; nothing of the stack is left running."""
        await asyncio.gather(*(asyncio.to_thread(child.stop) for child in self._children.values()))
        self._children.clear()
        await asyncio.to_thread(self._nursery.close)
        servers = [server for cell in self.cells.values() for server in (cell.broker, cell.postgres)]
        await asyncio.gather(*(asyncio.to_thread(server.stop) for server in servers))
        _runner(self.state).unlink(missing_ok=True)
        self._lock.release()


class Server(Protocol):
    """A process of the stack that can be looked at, and started when it has ended."""

    @property
    def running(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


class Child:
    """A process of our own code, which can be started again as it was."""

    def __init__(
        self, directory: Path, module: list[str], values: Mapping[str, str], nursery: Nursery | None = None
    ) -> None:
        directory.mkdir(exist_ok=True)
        self.name, self._process, self._nursery = directory.name, ServerProcess(directory), nursery
        self._command = module if nursery else [sys.executable, "-m", *module]
        self._secrets = {"PYTHONPATH": str(ROOT), **values}

    @property
    def running(self) -> bool:
        return self._process.running

    def log_size(self) -> int:
        return self._process.log_size()

    def last_words(self) -> str:
        return self._process.last_words()

    def start(self) -> None:
        self._process.start(self._command, secrets=self._secrets, nursery=self._nursery)

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        self._process.kill()


def _require_folders(codes: Sequence[str]) -> None:
    there = known_countries()
    strangers = [code for code in codes if code not in there]
    if strangers:
        raise NobodyThereError(
            f"{', '.join(strangers)} has no folder in {COUNTRIES.name}; choose among {', '.join(there)}"
        )


def _runner(state: Path) -> Path:
    """The file that names the process that runs the stack, for a second one that comes."""
    return state / "runner.pid"


def _who_runs(state: Path) -> str:
    """The message for a second process: which one runs the stack, and where its cells are."""
    runner = _runner(state)
    process = f" (process {runner.read_text()})" if runner.exists() else ""
    facts = [json.loads(file.read_text()) for file in sorted(state.glob("*/cell.json"))]
    cells = ", ".join(f"{one['cell']} at http://127.0.0.1:{one['port']}" for one in facts)
    where = f": {cells}" if cells else ""
    return f"a stack is already running here{process}{where}. Use it, or stop it with Ctrl-C in its terminal"


async def _answer(client: httpx2.AsyncClient, path: str) -> tuple[bool, str]:
    try:
        answer = await client.get(path)
    except httpx2.TransportError as error:
        return False, type(error).__name__
    return answer.status_code == httpx2.codes.OK, answer.text[:500]
