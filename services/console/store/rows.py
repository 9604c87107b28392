"""Sessions: found by the hash of a cookie's secret, each for as long as it is used."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from chassis.database import Transaction
from chassis.tables import insert_set, update_set
from services.console.store.tables import SESSIONS

_INSERT = insert_set(SESSIONS)
_SEAL = update_set(SESSIONS, "sealed")
_USE = text(
    "update console.sessions set used_at = :now where id = :id and used_at > :idle_since and ends_at > :now returning sealed"
)
_END = text("delete from console.sessions where id = :id")
_KNOWN = text("select sealed from console.sessions where id = :id")
_CLEAR = text("delete from console.sessions where ends_at <= :now")


@dataclass(frozen=True, slots=True)
class SessionRow:
    id: str
    sealed: bytes
    used_at: datetime
    ends_at: datetime


async def insert(tx: Transaction, row: SessionRow) -> None:
    """Keep a new session; those whose hours are over go. Of one that was not used for too long it is still known whose it was."""
    await tx.execute(_CLEAR, {"now": tx.now})
    await _INSERT.write(tx, [row])


async def known(tx: Transaction, session_id: str) -> bytes | None:
    """The sealed part of a session that may be over."""
    return (await tx.execute(_KNOWN, {"id": session_id})).scalar_one_or_none()


async def use(tx: Transaction, session_id: str, idle: timedelta) -> bytes | None:
    """The sealed part of the session, which is used now; None where there is none, or it was not used for too long."""
    found = await tx.execute(_USE, {"id": session_id, "now": tx.now, "idle_since": tx.now - idle})
    return found.scalar_one_or_none()


async def reseal(tx: Transaction, session_id: str, sealed: bytes) -> None:
    await _SEAL.write(tx, [{"id": session_id, "sealed": sealed}])


async def end(tx: Transaction, session_id: str) -> None:
    await tx.execute(_END, {"id": session_id})
