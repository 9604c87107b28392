"""Disclosures from abroad as the border remembers them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import insert_missing, insert_set, update_set
from services.exchange.domain.received import ReceivedDisclosure, ReceivedState
from services.exchange.store.tables import RECEIVED

Key = tuple[UUID, UUID]
"""The (case, disclosure) that names a grant: two cells cannot meet in one."""

_RECEIVED = RowReader(ReceivedDisclosure, RECEIVED)
_LOAD = text(
    f"""
    select {_RECEIVED.columns("g")} from exchange.received g
    join unnest(cast(:cases as uuid[]), cast(:ids as uuid[])) as k(case_id, id) using (case_id, id)
    order by g.case_id, g.id for update of g
    """
)
_LOCK = text(
    f"select {_RECEIVED.columns()} from exchange.received where sender_cell = :cell and id = :id for update"
)
_MOVE = update_set(RECEIVED, "state")
_ADD = insert_set(RECEIVED)
_TOMBSTONE = insert_missing(RECEIVED, "sender_cell", "id", "state", "referral_id", "at")


@dataclass(slots=True)
class Grants:
    """The working set of one key: the disclosure, where there is one."""

    key: Key
    disclosure: ReceivedDisclosure | None = None


@dataclass(frozen=True, slots=True)
class ArrivedDisclosure:
    """An opened disclosure as the border keeps it: sender, recipient, until when, and the categories that may go
    back. No data.
    """

    sender_cell: str
    id: UUID
    case_id: UUID
    referral_id: UUID
    reference: UUID
    sender: str
    recipient: str
    valid_until: datetime
    back_categories: tuple[str, ...] = field(default=())


async def load(tx: Transaction, keys: Sequence[Key]) -> dict[Key, Grants]:
    parameters = {"cases": [case for case, _ in keys], "ids": [id_ for _, id_ in keys]}
    found = {(one.case_id, one.id): one for one in _RECEIVED.all(await tx.execute(_LOAD, parameters))}
    return {key: Grants(key, found.get(key)) for key in keys}


async def save(tx: Transaction, grants: Sequence[Grants]) -> None:
    await _MOVE.write(tx, [g.disclosure for g in grants if g.disclosure is not None and g.disclosure.changed])


async def lock(tx: Transaction, cell: str, disclosure_id: UUID) -> ReceivedDisclosure | None:
    return _RECEIVED.first(await tx.execute(_LOCK, {"cell": cell, "id": disclosure_id}))


async def move(tx: Transaction, received: ReceivedDisclosure) -> None:
    await _MOVE.write(tx, [received])


async def add(tx: Transaction, arrived: ArrivedDisclosure) -> None:
    await _ADD.write(tx, [arrived], state=ReceivedState.OPEN, at=tx.now)


async def add_tombstone(tx: Transaction, cell: str, disclosure_id: UUID, referral_id: UUID) -> bool:
    """Add a tombstone for a recall that overtook its envelope: an envelope that comes later under this identifier is
    never opened.

    False when another process took that envelope in a moment ago: then there is something to close.
    """
    row = {
        "sender_cell": cell,
        "id": disclosure_id,
        "state": ReceivedState.TOMBSTONE,
        "referral_id": referral_id,
    }
    return await _TOMBSTONE.write(tx, [row], at=tx.now) == 1


async def recipient_of(tx: Transaction, case_id: UUID) -> str | None:
    """The organisation that a received case is for; None where nothing was received under it."""
    statement = "select recipient from exchange.received where case_id = :c order by at limit 1"
    found: str | None = (await tx.execute(text(statement), {"c": case_id})).scalar()
    return found


async def closing(tx: Transaction, case_id: UUID) -> bool:
    """True where something of this case was recalled and this cell has not answered yet."""
    statement = "select exists (select from exchange.received where case_id = :c and state = :recalled)"
    parameters = {"c": case_id, "recalled": ReceivedState.RECALLED.value}
    return bool((await tx.execute(text(statement), parameters)).scalar_one())
