"""Verifications of the log: begun, loaded under a lock, saved."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import upsert_set
from services.audit.domain.verification import Verification
from services.audit.store.tables import VERIFICATIONS

_READER = RowReader(Verification, VERIFICATIONS)
_GET = f"select {_READER.columns()} from audit.verifications where id = :id"
_LIST = text(
    f"""
    select {_READER.columns()} from audit.verifications
    where cast(:at as timestamptz) is null or (begun_at, id) < (cast(:at as timestamptz), cast(:last as uuid))
    order by begun_at desc, id desc limit :limit
    """
)
_SAVE = upsert_set(VERIFICATIONS)


async def save(tx: Transaction, verification: Verification) -> None:
    await _SAVE.write(tx, [verification])


async def hold(tx: Transaction, verification_id: UUID) -> Verification | None:
    """A verification, locked, to move it."""
    return _READER.first(await tx.execute(text(f"{_GET} for update"), {"id": verification_id}))


async def get(tx: Transaction, verification_id: UUID) -> Verification | None:
    return _READER.first(await tx.execute(text(_GET), {"id": verification_id}))


async def newest(
    tx: Transaction, limit: int, after: tuple[object, object] | None = None
) -> Sequence[Verification]:
    at, last = after or (None, None)
    return _READER.all(await tx.execute(_LIST, {"at": at, "last": last, "limit": limit}))
