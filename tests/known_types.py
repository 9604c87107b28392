"""The types of PostgreSQL itself, asked for once in a process: each new connection of asyncpg asks the server anew what `uuid[]` is
(two to five times 7 ms of a core), and a test has connections of its own.

A type of a database's own (an identifier of 16384 or more) is asked for as ever.
"""

from types import SimpleNamespace
from typing import Any

from asyncpg import Connection

FIRST_OWN = 16384
_ask = Connection._introspect_types
_known: dict[frozenset[int], list[Any]] = {}
_NOTHING_ASKED = SimpleNamespace(name="known")
"""Stands for the statement by which the server was asked; asyncpg looks at its name alone."""


async def _asked_once(self: Any, typeoids: set[int], timeout: Any) -> tuple[list[Any], Any]:
    wanted = frozenset(typeoids)
    if wanted in _known:
        return _known[wanted], _NOTHING_ASKED
    rows, statement = await _ask(self, typeoids, timeout)
    if max(wanted) < FIRST_OWN:
        _known[wanted] = rows
    return rows, statement


Connection._introspect_types = _asked_once
