"""Faults of the surroundings, which pass and are retried, told from faults of one event, which do not."""

import traceback
from pathlib import Path

from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

SURROUNDINGS = ("08", "0A", "25", "28", "3D", "40", "42", "53", "55", "57", "58", "XX")
"""SQLSTATE classes that say nothing about the event in hand: connection, a statement that was prepared before a migration,
read-only after a failover, login, deadlock and serialisation, missing tables or rights, disk and memory, locks, shutdown, system errors."""


class TopicUnavailable(Exception):
    """A topic that does not exist or that this user may not see; the client would wait for it in silence, for ever."""


def transient(error: BaseException) -> bool:
    """True where the same batch may well succeed later: nothing is parked for such an error."""
    if isinstance(error, DBAPIError):
        state = sqlstate(error)
        by_code = state[:2] in SURROUNDINGS if state else isinstance(error, InterfaceError)
        return by_code or error.connection_invalidated
    return isinstance(error, OSError | TimeoutError | PoolTimeout)


def sqlstate(error: DBAPIError) -> str:
    """PostgreSQL's code of the error; empty where the connection had none. Of some kinds only the driver's own error has it."""
    kept = error.orig, getattr(error.orig, "__cause__", None)
    return next((code for one in kept if (code := getattr(one, "sqlstate", None))), "")


def place(error: BaseException) -> str:
    """The place where the error was raised, for the log: a traceback may hold data, a line of our own code does not."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "unknown"


def named(error: BaseException) -> str:
    """The error in words for an operator: names of classes and topics, never the content of the message."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TopicUnavailable):
        return str(error)
    if isinstance(error, KafkaError):
        return f"Kafka: {type(error).__name__} {_about(error)}".rstrip()
    if isinstance(error, DBAPIError) and error.orig is not None:
        cause = error.orig.__cause__ or error.orig
        return f"PostgreSQL: {type(cause).__name__}"
    return type(error).__name__


def _about(error: KafkaError) -> str:
    """The topics, group or address that an error of the client carries."""
    about = error.args[0] if error.args else ""
    if isinstance(about, frozenset | set):
        return ", ".join(sorted(map(str, about)))
    return about if isinstance(about, str) else ""
