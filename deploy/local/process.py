"""A server process that is found again by its folder and never outlives its owner.

Its identity lies in a file, so that another process can stop it; a reaper beside it ends it when the owner is gone,
however the owner went.
"""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil

from deploy.local import reaper
from deploy.local.nursery import Nursery
from deploy.local.patience import Patience
from deploy.local.trouble import Trouble

STOP_S = 20.0


class ServerError(Trouble):
    """A server did not come up; the end of its log is in the message."""


def kept_password(directory: Path) -> str:
    """The password of a server's administrator, made once and kept in the server's folder."""
    file = directory / "admin.password"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(16))
    return file.read_text()


class ServerProcess:
    """A server process. `directory` holds `server.json` (its identity) and `server.log` (its output)."""

    def __init__(self, directory: Path, *, stop_signal: signal.Signals = signal.SIGTERM) -> None:
        self.log = directory / "server.log"
        self._file = directory / "server.json"
        self._signal = stop_signal
        self._children: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        command: list[str],
        *,
        owner: int | None = None,
        user: int | None = None,
        remove: Path | None = None,
        secrets: Mapping[str, str] | None = None,
        nursery: Nursery | None = None,
    ) -> None:
        """Runs the command in a session of its own until stopped or until the process `owner` (default: this) ends.

        `remove` is a folder that the reaper deletes if it has to act; `secrets` go into the environment. With a `nursery`
        the command is a module and its arguments, and begins there.
        """
        environment = {**os.environ, **(secrets or {})}
        if nursery is not None:
            self.log.touch()
            self._identify(nursery.begin(command, environment, self.log), owner, remove)
            return
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                user=user, group=user, env=environment, extra_groups=None if user is None else [],
            )  # fmt: skip
        self._children = [child]
        self._identify(child.pid, owner, remove)

    def _identify(self, pid: int, owner: int | None, remove: Path | None) -> None:
        """Write down which process it is, and set its reaper beside it."""
        created = psutil.Process(pid).create_time()
        started = {"pid": pid, "created": created, "signal": int(self._signal)}
        watch = self._watch(owner or os.getpid(), started, remove)
        self._children.append(watch)
        self._file.write_text(json.dumps({**started, "reaper": watch.pid}))

    @property
    def running(self) -> bool:
        known = self._known()
        return known is not None and reaper.alive(known["pid"], known["created"])

    def wait_until(self, ready: Callable[[], bool], quiet_s: float | None = None) -> None:
        """Wait as long as the server's log grows. Raises ServerError when the process ends, or falls silent and is
        not ready.
        """
        patience = Patience(self.log_size, quiet_s)
        while not ready():
            ended = not self.running
            if ended or patience.over:
                how = "ended" if ended else f"was not ready after {patience.waited_s:.0f} s"
                raise ServerError(f"{self.log.parent.name} {how}; {self.last_words()}")
            time.sleep(0.05)

    def last_words(self) -> str:
        """The end of the server's log, for a message."""
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        return f"{self.log} ends with:\n{tail}"

    def log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0

    def stop(self) -> None:
        """Stop politely, then by force; does nothing when the server is not running."""
        known = self._known()
        if known is not None:
            reaper.end(known["pid"], known["created"], known["signal"], STOP_S)
        self._forget(known)

    def kill(self) -> None:
        """SIGKILL to the server and to its children, as when a machine loses power."""
        known = self._known()
        if known is not None:
            reaper.end(known["pid"], known["created"], signal.SIGKILL, STOP_S)
        self._forget(known)

    def _watch(self, owner: int, started: dict[str, float], remove: Path | None) -> subprocess.Popen[bytes]:
        facts = {
            "owner": owner,
            "owner_created": psutil.Process(owner).create_time(),
            **started,
            "remove": str(remove) if remove else None,
        }
        return subprocess.Popen(
            [sys.executable, "-I", reaper.__file__, json.dumps(facts)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def _known(self) -> dict[str, int] | None:
        if not self._file.exists():
            return None
        known: dict[str, int] = json.loads(self._file.read_text())
        return known

    def _forget(self, known: dict[str, int] | None) -> None:
        if known is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(known["reaper"], signal.SIGKILL)
        for child in self._children:
            child.wait()
        self._children = []
        self._file.unlink(missing_ok=True)
