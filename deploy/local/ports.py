"""Ports for local servers: found free once, then kept in the server's folder so that a restart has the same."""

import json
import secrets
import socket
from pathlib import Path

FIRST, LAST = 15_000, 31_999
"""Below the range that systems give to outgoing connections, so that none takes the port of a stopped server."""
ATTEMPTS = 200


class NoFreePortError(RuntimeError):
    """No port was found free in the range, which means that something is very wrong on this machine."""


def free_port() -> int:
    for _ in range(ATTEMPTS):
        port = FIRST + secrets.randbelow(LAST - FIRST)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise NoFreePortError(f"no free port between {FIRST} and {LAST}")


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
