"""Forms that were not sent: sealed, each found by what only a browser's secret gives, and gone with its session."""

from dataclasses import dataclass

from sqlalchemy import text

from chassis.database import Transaction
from chassis.tables import upsert_set
from services.console.store.tables import UNSENT

_KEEP = upsert_set(UNSENT, update=("sealed",))
_COUNT = text("select count(*) from console.unsent where session = :session and id <> :id")
_OF = text("select id, sealed from console.unsent where session = :session")
_TAKE = text("delete from console.unsent where id = :id and session = :session returning sealed")


@dataclass(frozen=True, slots=True)
class UnsentRow:
    id: str
    session: str
    sealed: bytes


async def keep(tx: Transaction, rows: list[UnsentRow]) -> None:
    await _KEEP.write(tx, rows)


async def others(tx: Transaction, row: UnsentRow) -> int:
    """How many others the session has."""
    return int((await tx.execute(_COUNT, {"session": row.session, "id": row.id})).scalar_one())


async def of_session(tx: Transaction, session_id: str) -> list[bytes]:
    return [row.sealed for row in await tx.execute(_OF, {"session": session_id})]


async def take(tx: Transaction, session_id: str, unsent_id: str) -> bytes | None:
    found = await tx.execute(_TAKE, {"session": session_id, "id": unsent_id})
    return found.scalar_one_or_none()
