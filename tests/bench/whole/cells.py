"""Two cells of a tree, this one or an earlier commit's, as the benchmark sees them: addresses, tokens, processes."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from deploy.local.kafka import Broker
from deploy.local.place import ROOT
from tests.bench.whole.script import AT_AGENCY, AT_SCREENING_UNIT, Opening

LAUNCH = Path(__file__).with_name("launch.py")
COUNTING = "shared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.max = 10000\npg_stat_statements.track = all\n"
CELLS = ("TH", "KH")
STARTS, PAUSE_S = 3, 5.0
EARLIER = "360c5df"
PEOPLE = ("th.officer", "th.supervisor", "th.worker")


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of one commit, and the folder in which its two cells keep everything between rounds."""

    name: str
    root: Path
    state: Path
    opening: Opening = AT_AGENCY

    @property
    def history(self) -> Path:
        """The file in which the clients write down what they did here."""
        return self.state.with_suffix(".jsonl")


@dataclass(frozen=True, slots=True)
class Running:
    """The two cells of a tree while they run."""

    tree: Tree
    tokens: Mapping[str, str]
    admins: dict[str, AdminClient] = field(default_factory=dict, kw_only=True)
    """The client that asks the broker of each cell, once it was asked."""

    def address(self, cell: str) -> str:
        return f"http://127.0.0.1:{self._facts(cell, 'cell.json')['port']}"

    def dsn(self, cell: str, database: str) -> str:
        """The superuser's address of a database; `{database}` for one that is filled in later."""
        folder = self.tree.state / cell.lower() / "postgres"
        password = (folder / "admin.password").read_text()
        port = self._facts(cell, "postgres/ports.json")["POSTGRES"]
        return f"postgresql://postgres:{password}@127.0.0.1:{port}/{database}"

    def ends(self, cell: str, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """The end of each partition at the cell's broker."""
        if not partitions:
            return {}
        if cell not in self.admins:
            broker = Broker(self.tree.state / cell.lower() / "kafka", name=cell)
            self.admins[cell] = AdminClient(broker.admin_config)
        asked = {TopicPartition(*one): OffsetSpec.latest() for one in partitions}
        found = self.admins[cell].list_offsets(asked)
        return {(tp.topic, tp.partition): future.result().offset for tp, future in found.items()}

    def pids(self, cell: str) -> dict[str, int]:
        """The process number of each server of a cell and of each process of its services, by name."""
        files = sorted((self.tree.state / cell.lower()).glob("*/server.json"))
        return {file.parent.name: json.loads(file.read_text())["pid"] for file in files}

    def processes(self) -> dict[str, list[int]]:
        """The process numbers of each kind of process, in both cells together."""
        found: dict[str, list[int]] = {"cells": [], "brokers": [], "databases": []}
        for cell in CELLS:
            for name, pid in self.pids(cell).items():
                found[{"kafka": "brokers", "postgres": "databases"}.get(name, "cells")].append(pid)
        return found

    def _facts(self, cell: str, name: str) -> Any:
        return json.loads((self.tree.state / cell.lower() / name).read_text())


@asynccontextmanager
async def running(
    tree: Tree, settings: Mapping[str, Any] | None = None, *, processes: bool = False, counting: bool = False
) -> AsyncIterator[Running]:
    """The cells of a tree, up and ready; stopped at the end, with what they hold kept for the next round.

    `settings` are of every service, besides its own; `processes` gives each service one; with `counting` PostgreSQL counts statements.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree.root),
        "CORRIDOR_CACHE": str(ROOT / ".corridor" / "cache"),
    }
    options = {
        "settings": dict(settings or {}),
        "processes": processes,
        "postgres": COUNTING if counting else "",
    }
    child = await _up(tree, json.dumps(options), environment)
    try:
        yield Running(tree, await _tokens(child))
    finally:
        await _stop(child)


async def _up(tree: Tree, options: str, environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    """The process that has the cells of a tree up. The earlier tree keeps its ports from turn to turn, and a connection of somebody else may have one of
    them for a moment: so it is tried again.
    """
    log = tree.state.with_suffix(".log")
    tree.state.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(STARTS):
        with log.open("ab") as errors:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-P", str(LAUNCH), str(tree.state), options, cwd=tree.root, env=environment,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        if await _line(child) == "up":
            return child
        await _stop(child)
        await asyncio.sleep(PAUSE_S)
    raise RuntimeError(f"the cells of {tree.name} did not come up: {log.read_text()[-2000:]}")


async def _stop(child: asyncio.subprocess.Process) -> None:
    if child.stdin is not None:
        child.stdin.close()
    await child.wait()


async def _line(child: asyncio.subprocess.Process) -> str:
    assert child.stdout is not None
    return (await child.stdout.readline()).decode().strip()


async def _tokens(child: asyncio.subprocess.Process) -> dict[str, str]:
    assert child.stdin is not None
    child.stdin.write(f"{' '.join(PEOPLE)}\n".encode())
    found: dict[str, str] = json.loads(await _line(child))
    return found


@contextmanager
def earlier(commit: str, folder: Path) -> Iterator[Path]:
    """The files of an earlier commit in a folder of their own, while this lasts."""
    place = folder / commit
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(place), commit], check=True)
    try:
        yield place
    finally:
        subprocess.run([*git, "remove", "--force", str(place)], check=True)


@contextmanager
def both_trees(folder: Path) -> Iterator[tuple[Tree, Tree]]:
    """This tree and the earlier commit's, while this lasts."""
    with earlier(EARLIER, folder) as place:
        yield (
            Tree("now", ROOT, folder / "now"),
            Tree(EARLIER, place, folder / "earlier", AT_SCREENING_UNIT),
        )
