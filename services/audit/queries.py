"""Reads of the log: one case's trail, and the chain part by part for its verification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.rows import RowReader
from services.audit.domain.chain import Leaf, LinkedLeaf, Record
from services.audit.domain.timeline import LEFT_OUT, LoggedEvent
from services.audit.store.readings import LOOKED, TRIED

SLICE = 2000


class TrailEntry(BaseModel):
    entry: int
    time: datetime
    type: str
    stream: Annotated[str, Field(description="what it is logged on: a case, where it is about one")]
    source: str
    actor: str
    organisation: str
    purpose: str
    policy: str
    details: dict[str, Any]
    previous: str
    hash: str


SHOWN = "entry, time, type, stream, source, actor, organisation, purpose, policy, details, previous, hash"
_OPERATIONS = text(
    f"select {SHOWN} from audit.entries where type = 'operation.performed.v1'"
    " and (cast(:before as bigint) is null or entry < :before) order by entry desc limit :limit"
)
_FILTERS: Mapping[str, str] = {
    "type": "type = :type",
    "actor": "actor = :actor",
    "since": "time >= :since",
    "until": "time < :until",
}


async def logged(tx: Transaction, case_id: UUID) -> bool:
    """True where anything ever happened under this identifier here."""
    statement = text("select exists (select from audit.entries where stream = :stream)")
    return bool((await tx.execute(statement, {"stream": str(case_id)})).scalar_one())


async def trail(
    tx: Transaction, case_id: UUID, filters: Mapping[str, object], after: int, limit: int
) -> list[TrailEntry]:
    """The entries of the case after one of them, oldest first."""
    conditions = " and ".join(("stream = :stream", "entry > :after", *(_FILTERS[name] for name in filters)))
    rows = await tx.execute(
        text(f"select {SHOWN} from audit.entries where {conditions} order by entry limit :limit"),
        {**filters, "stream": str(case_id), "after": after, "limit": limit},
    )
    return [TrailEntry.model_validate(row, from_attributes=True) for row in rows]


async def operations(tx: Transaction, before: int | None, limit: int) -> list[TrailEntry]:
    """The commands of operators, newest first, whichever stream they were about."""
    rows = await tx.execute(_OPERATIONS, {"before": before, "limit": limit})
    return [TrailEntry.model_validate(row, from_attributes=True) for row in rows]


_EVENTS = RowReader(LoggedEvent)
_HAPPENED = text(
    "select entry, time, cast(event_id as text) as event_id, source, type, actor, organisation, causationid, details"
    " from audit.entries where stream = :stream and type <> all(cast(:left_out as text[])) order by entry"
)


async def happened(tx: Transaction, case_id: UUID) -> list[LoggedEvent]:
    """Everything that was said on the case and stands in its timeline."""
    asked = {"stream": str(case_id), "left_out": list(LEFT_OUT)}
    return _EVENTS.all(await tx.execute(_HAPPENED, asked))


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One reading of the case, or a refused attempt at it."""

    entry: int
    time: datetime
    source: str
    actor: str
    organisation: str
    purpose: str
    details: dict[str, Any]
    allowed: bool


_READINGS = RowReader(ReadingRow)
_READ = text(
    f"""
    select * from (
        select entry, time, source, actor, organisation, purpose, details, {LOOKED} as allowed
        from audit.entries where stream = :stream and ({LOOKED} or {TRIED})
    ) as read
    where (cast(:by as text) is null or actor = :by) and (cast(:allowed as boolean) is null or allowed = :allowed)
      and (cast(:before as bigint) is null or entry < :before)
    order by entry desc limit :limit
    """
)


async def readings(
    tx: Transaction, case_id: UUID, *, by: str | None, allowed: bool | None, before: int | None, limit: int
) -> list[ReadingRow]:
    """Newest first."""
    asked = {"stream": str(case_id), "by": by, "allowed": allowed, "before": before, "limit": limit}
    return _READINGS.all(await tx.execute(_READ, asked))


@dataclass(frozen=True, slots=True)
class Link:
    """The link of an entry to the one before it."""

    previous: str
    hash: str


_CONTENT, _LINKS, _RECORDS = RowReader(Leaf), RowReader(Link), RowReader(Record)
LEAVES = (
    "entry, time, cast(event_id as text) as event_id, source, type, stream, actor, organisation, purpose, policy,"
    " commitment, previous, hash, salt, details"
)
_SLICE = text(
    f"select {LEAVES} from audit.entries where entry > :after and entry <= :until order by entry limit :limit"
)


async def part(tx: Transaction, after: int, until: int) -> list[LinkedLeaf]:
    """The next entries of the chain, not past `until`: so many that the length of the log does not matter to memory."""
    rows = await tx.execute(_SLICE, {"after": after, "until": until, "limit": SLICE})
    return linked_leaves(rows.all())


def linked_leaves(rows: Sequence[Row[Any]]) -> list[LinkedLeaf]:
    """The entries whose columns `LEAVES` were read."""
    if not rows:
        return []
    leaves, links, records = _CONTENT.of(rows), _LINKS.of(rows), _RECORDS.of(rows)
    return [
        LinkedLeaf(leaf, link.previous, link.hash, record)
        for leaf, link, record in zip(leaves, links, records, strict=True)
    ]
