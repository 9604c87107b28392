"""Disclosures from abroad as the border remembers them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from services.exchange.domain.received import Held, ReceivedDisclosure

Key = tuple[UUID, UUID]
"""(case, disclosure): two cells cannot meet in one."""

_LOAD = text(
    """
    select g.* from exchange.received g
    join unnest(cast(:cases as uuid[]), cast(:ids as uuid[])) as k(case_id, id) using (case_id, id)
    order by g.case_id, g.id for update of g
    """
)
_MOVE = text(
    """
    update exchange.received as g set state = n.state
    from unnest(cast(:cells as text[]), cast(:ids as uuid[]), cast(:states as text[])) as n(sender_cell, id, state)
    where g.sender_cell = n.sender_cell and g.id = n.id
    """
)


@dataclass(slots=True)
class Grants:
    """The working set of one key: the disclosure, where there is one."""

    key: Key
    disclosure: ReceivedDisclosure | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """What is kept of an opened disclosure: who, to whom, until when, and what may go back. No data."""

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
    found = {key: Grants(key) for key in keys}
    for row in await tx.execute(_LOAD, parameters):
        found[row.case_id, row.id].disclosure = _received(row)
    return found


async def save(tx: Transaction, grants: Sequence[Grants]) -> None:
    changed = [g.disclosure for g in grants if g.disclosure is not None and g.disclosure.changed]
    if changed:
        parameters = {
            "cells": [d.sender_cell for d in changed],
            "ids": [d.id for d in changed],
            "states": [d.state.value for d in changed],
        }
        await tx.execute(_MOVE, parameters)


async def lock(tx: Transaction, cell: str, disclosure_id: UUID) -> ReceivedDisclosure | None:
    statement = "select * from exchange.received where sender_cell = :cell and id = :id for update"
    row = (await tx.execute(text(statement), {"cell": cell, "id": disclosure_id})).first()
    return None if row is None else _received(row)


async def move(tx: Transaction, received: ReceivedDisclosure) -> None:
    parameters = {"cells": [received.sender_cell], "ids": [received.id], "states": [received.state.value]}
    await tx.execute(_MOVE, parameters)


async def add(tx: Transaction, arrived: Arrived) -> None:
    statement = """
        insert into exchange.received (sender_cell, id, state, case_id, referral_id, reference, sender, recipient,
                                       valid_until, back_categories, at)
        values (:sender_cell, :id, 'open', :case_id, :referral_id, :reference, :sender, :recipient, :valid_until,
                :back_categories, :now)
    """
    parameters = {name: getattr(arrived, name) for name in Arrived.__slots__}
    parameters["back_categories"] = list(arrived.back_categories)
    await tx.execute(text(statement), {**parameters, "now": tx.now})


async def add_tombstone(tx: Transaction, cell: str, disclosure_id: UUID, referral_id: UUID) -> bool:
    """A recall that overtook its envelope: what comes later under this identifier is never opened.

    False when another process took that envelope in a moment ago: then there is something to close.
    """
    statement = (
        "insert into exchange.received (sender_cell, id, state, referral_id, at)"
        " values (:cell, :id, :state, :referral, :now) on conflict do nothing"
    )
    state = Held.TOMBSTONE.value
    parameters = {"cell": cell, "id": disclosure_id, "state": state, "referral": referral_id, "now": tx.now}
    return (await tx.execute(text(statement), parameters)).rowcount == 1


async def recipient_of(tx: Transaction, case_id: UUID) -> str | None:
    """The organisation that a received case is for; None where nothing was received under it."""
    statement = "select recipient from exchange.received where case_id = :c order by at limit 1"
    found: str | None = (await tx.execute(text(statement), {"c": case_id})).scalar()
    return found


async def closing(tx: Transaction, case_id: UUID) -> bool:
    """Whether something of this case was recalled and this cell has not answered yet."""
    statement = "select exists (select from exchange.received where case_id = :c and state = :recalled)"
    parameters = {"c": case_id, "recalled": Held.RECALLED.value}
    return bool((await tx.execute(text(statement), parameters)).scalar_one())


def _received(row: Any) -> ReceivedDisclosure:
    return ReceivedDisclosure(
        row.id,
        row.sender_cell,
        Held(row.state),
        row.case_id,
        row.referral_id,
        row.reference,
        row.valid_until,
        tuple(row.back_categories),
    )
