"""An export of the log, in parts: each is a transaction of its own, so that no length of it holds one open."""

from collections.abc import AsyncIterator
from datetime import datetime

from sqlalchemy import text

from chassis.database import Database, Origin, Transaction
from services.audit.domain.chain import LinkedLeaf
from services.audit.domain.exported import Export
from services.audit.domain.sought import Sought
from services.audit.queries import LEAVES, SLICE, linked_leaves
from services.audit.seeking import which


async def exported(database: Database, origin: Origin, export: Export) -> AsyncIterator[bytes]:
    """The export as it is sent. What is cut off has no last line."""
    yield export.first()
    after: tuple[datetime, int] | None = None
    while True:
        async with database.transaction(origin) as tx:
            part = await oldest(tx, export.sought, export.position, after)
        if part:
            yield export.part(part)
            after = (part[-1].leaf.time, part[-1].leaf.entry)
        if len(part) < SLICE:
            break
    yield export.last()


async def oldest(
    tx: Transaction, sought: Sought, position: int, after: tuple[datetime, int] | None
) -> list[LinkedLeaf]:
    """The next entries that were sought, by time and number, none beyond the position."""
    conditions, parameters = which(sought)
    conditions.append("entry <= :position")
    if after is not None:
        conditions.append("(time, entry) > (:at, :last)")
        parameters |= {"at": after[0], "last": after[1]}
    statement = f"select {LEAVES} from audit.entries where {' and '.join(conditions)} order by time, entry limit :limit"
    rows = await tx.execute(text(statement), {**parameters, "position": position, "limit": SLICE})
    return linked_leaves(rows.all())
