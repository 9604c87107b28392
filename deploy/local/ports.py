"""Ports for local servers: found free once, then kept in the server's folder so that a restart has the same."""

import json
import os
import secrets
import socket
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
from filelock import FileLock

from deploy.local.trouble import Trouble

FIRST, LAST = 15_000, 31_999
"""Below the range that systems give to outgoing connections, so that none takes the port of a stopped server."""
ATTEMPTS = 200
RELEASE_S = 5.0
"""The seconds for which a port may still belong to a server of ours that is just ending."""


class NoFreePortError(Trouble):
    """No port was found free in the range, which means that something is very wrong on this machine."""


class PortTakenError(Trouble):
    """Another program listens on a port that a server of ours was given before."""


def free_port() -> int:
    """The next free port after the last that was given to anybody of this user.

    A port is bound only when its server starts, so a draw by chance would now and then give one port to two stacks.
    """
    given = Path(tempfile.gettempdir()) / f"corridor-ports-{os.getuid()}"
    with FileLock(f"{given}.lock"):
        port = int(given.read_text()) if given.exists() else FIRST + secrets.randbelow(LAST - FIRST)
        for _ in range(ATTEMPTS):
            port = FIRST + (port + 1 - FIRST) % (LAST - FIRST)
            if not _bound(port):
                given.write_text(str(port))
                return port
    raise NoFreePortError(f"no free port between {FIRST} and {LAST}")


def _bound(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def kept_ports(file: Path, names: tuple[str, ...]) -> dict[str, int]:
    """A port for each name: those in the file, and new ones, written there, for the rest."""
    ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
    for name in names:
        while name not in ports:
            port = free_port()
            if port not in ports.values():
                ports[name] = port
    file.write_text(json.dumps(ports))
    return ports


def require_free(ports: Mapping[str, int], file: Path) -> None:
    """Require free ports. Raises PortTakenError, naming the first that another program holds. `file` is where they
    are kept.
    """
    deadline = time.monotonic() + RELEASE_S
    for name, port in ports.items():
        while _taken(port):
            if time.monotonic() > deadline:
                raise PortTakenError(
                    f"port {port}, which {name} has here, is taken by {_holder(port)}: stop that, "
                    f"or remove {file} so that other ports are chosen"
                )
            time.sleep(0.1)


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # a socket that has only just closed does not hold the port
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _holder(port: int) -> str:
    try:
        connections = psutil.net_connections("tcp")
        pids = [
            c.pid for c in connections if c.laddr and c.laddr.port == port and c.status == psutil.CONN_LISTEN
        ]
        pid = next((pid for pid in pids if pid), None)
        return "another program" if pid is None else f"{psutil.Process(pid).name()} (process {pid})"
    except psutil.Error:
        return "another program"
