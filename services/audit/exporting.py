"""An export of the log, in parts: each is a transaction of its own, so that no length of it holds one open."""

from collections.abc import AsyncIterator

from chassis.database import Database, Origin
from services.audit.domain.exported import Export
from services.audit.queries import SLICE
from services.audit.search_queries import Place, oldest


async def exported(database: Database, origin: Origin, export: Export) -> AsyncIterator[bytes]:
    """The export as it is sent. What is cut off has no last line."""
    yield export.first()
    after: Place | None = None
    while True:
        async with database.transaction(origin) as tx:
            part = await oldest(tx, export.sought, export.position, after, SLICE)
        if part:
            yield export.part(part)
            after = (part[-1].leaf.time, part[-1].leaf.entry)
        if len(part) < SLICE:
            break
    yield export.last()
