"""`python -m deploy.local.nursery`: the processes of cells and services begin as forks of this one, which has imported what they are made of.

So it is imported once and not by each of them, and they share the memory of what none of them changes. A container, which has one
service, has no use for it.
"""

import contextlib
import gc
import json
import os
import runpy
import subprocess
import sys
import threading
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, cast

from contracts.catalogue import SERVICES
from deploy.local.place import ROOT

IMPORTED = ("chassis.main", "corridor.cell", *(f"services.{name}.app" for name in SERVICES))


class Nursery:
    """The nursery of a stack: made when the first service begins, and made again where it is gone."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def open(self) -> None:
        """Begin to import, so that the first service finds it done."""
        with self._turn:
            self._running()

    def begin(self, module: list[str], environment: Mapping[str, str], log: Path) -> int:
        """Begin `python -m MODULE…` with this environment, its output added to the log; the number of its process."""
        told = json.dumps({"module": module, "environment": dict(environment), "log": str(log)})
        with self._turn:
            process = self._running()
            wanted, begun = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
            wanted.write(f"{told}\n")
            wanted.flush()
            return int(begun.readline())

    def close(self) -> None:
        """End the nursery; what began in it goes on."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(BrokenPipeError):
                process.communicate()

    def _running(self) -> "subprocess.Popen[str]":
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deploy.local.nursery"], env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, text=True,
            )  # fmt: skip
        return self._process


def become(module: list[str], environment: Mapping[str, str], log: str) -> None:
    """Be, in a fork, the process that was asked for."""
    os.setsid()
    with open(os.devnull, "rb") as nothing, open(log, "ab") as written:  # noqa: PTH123
        for file, place in ((nothing, 0), (written, 1), (written, 2)):
            os.dup2(file.fileno(), place)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = list(module)
    Path("/proc/self/comm").write_text(module[0])
    runpy.run_module(module[0], run_name="__main__", alter_sys=True)


def main() -> None:
    """Fork for each line of the input, until it ends."""
    for name in IMPORTED:
        import_module(name)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            become(**json.loads(line))
            return
        print(child, flush=True)


if __name__ == "__main__":
    main()
