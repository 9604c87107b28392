"""Reads of the log: one case's trail, and the whole chain in slices for its verification."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text

from chassis.database import Transaction
from services.audit.domain.chain import Leaf, Linked, Record

SLICE = 2000


class TrailEntry(BaseModel):
    entry: int
    time: datetime
    type: str
    source: str
    actor: str
    organisation: str
    purpose: str
    policy: str
    details: dict[str, Any]
    previous: str
    hash: str


async def trail(tx: Transaction, case_id: UUID, after: int, limit: int) -> list[TrailEntry]:
    """Everything logged on the case after an entry, oldest first."""
    rows = await tx.execute(
        text(
            "select entry, time, type, source, actor, organisation, purpose, policy, details, previous, hash"
            " from audit.entries where stream = :stream and entry > :after order by entry limit :limit"
        ),
        {"stream": str(case_id), "after": after, "limit": limit},
    )
    return [TrailEntry.model_validate(row, from_attributes=True) for row in rows]


async def slices(tx: Transaction, until: int) -> AsyncIterator[list[Linked]]:
    """The chain from its start to the entry `until`, in slices, so that its length does not matter to memory."""
    after = 0
    while True:
        rows = (
            await tx.execute(
                text(
                    "select * from audit.entries where entry > :after and entry <= :until order by entry limit :limit"
                ),
                {"after": after, "until": until, "limit": SLICE},
            )
        ).all()
        if not rows:
            return
        after = rows[-1].entry
        yield [_linked(row) for row in rows]


def _linked(row: Any) -> Linked:
    values = {name: getattr(row, name) for name in Leaf.__slots__}
    leaf = Leaf(**{**values, "event_id": str(row.event_id)})
    return Linked(leaf, row.previous, row.hash, Record(bytes(row.salt), row.details))


async def head(tx: Transaction) -> tuple[int, str]:
    row = (await tx.execute(text("select entry, hash from audit.head"))).one()
    return row.entry, row.hash
