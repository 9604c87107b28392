"""Entries of the log by what they are about. Every statement is led by an index, however long the log is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from chassis.database import Transaction
from chassis.problems import NotFound
from contracts.catalogue import event_class
from services.audit.domain.chain import LinkedLeaf
from services.audit.domain.sought import COMMON, Sought
from services.audit.queries import LEAVES, SHOWN, TrailEntry, linked_leaves

_ABOUT = " or ".join(f"details ->> '{name}' = :about" for name in COMMON)
_CONDITIONS: Mapping[str, str] = {
    "case_id": "stream = :case_id",
    "actor": "actor = :actor",
    "organisation": "organisation = :organisation",
    "purpose": "purpose = :purpose",
    "type": "type = :type",
    "about": f"({_ABOUT})",
    "since": "time >= :since",
    "until": "time < :until",
}
_NAMED = ("case_id", "actor", "organisation", "about", "type")
"""The parts that name something. Where nothing was ever logged of it, the name is wrong, and no empty page says so."""

Place = tuple[datetime, int]
"""The place of an entry in the order of the search: its time, then its number."""


async def require_known(tx: Transaction, sought: Sought) -> None:
    """Raises NotFound where nothing was ever logged of the case, actor, organisation, matter or event that is sought."""
    given = _parameters(sought)
    for name in _NAMED:
        if name not in given or (name == "type" and event_class(str(given[name])) is not None):
            continue
        statement = text(f"select exists (select from audit.entries where {_CONDITIONS[name]})")
        if not (await tx.execute(statement, {name: given[name]})).scalar_one():
            raise NotFound(f"nothing was ever logged of this `{name}`")


async def newest(tx: Transaction, sought: Sought, before: Place | None, limit: int) -> list[TrailEntry]:
    """The entries before a place, newest first."""
    statement, parameters = search(sought, before, limit)
    rows = await tx.execute(text(statement), parameters)
    return [TrailEntry.model_validate(row, from_attributes=True) for row in rows]


async def oldest(
    tx: Transaction, sought: Sought, position: int, after: Place | None, limit: int
) -> list[LinkedLeaf]:
    """The next entries that were sought, by time and number, none beyond the position."""
    conditions, parameters = which(sought)
    conditions.append("entry <= :position")
    if after is not None:
        conditions.append("(time, entry) > (:at, :last)")
        parameters |= {"at": after[0], "last": after[1]}
    statement = f"select {LEAVES} from audit.entries where {' and '.join(conditions)} order by time, entry limit :limit"
    rows = await tx.execute(text(statement), {**parameters, "position": position, "limit": limit})
    return linked_leaves(rows.all())


def search(sought: Sought, before: Place | None, limit: int) -> tuple[str, dict[str, Any]]:
    conditions, parameters = which(sought)
    if before is not None:
        conditions.append("(time, entry) < (:at, :last)")
        parameters |= {"at": before[0], "last": before[1]}
    where = f"where {' and '.join(conditions)} " if conditions else ""
    statement = f"select {SHOWN} from audit.entries {where}order by time desc, entry desc limit :limit"
    return statement, {**parameters, "limit": limit}


def which(sought: Sought) -> tuple[list[str], dict[str, Any]]:
    """The conditions of what is sought, with their parameters."""
    parameters = _parameters(sought)
    return [_CONDITIONS[name] for name in parameters], parameters


def _parameters(sought: Sought) -> dict[str, Any]:
    given = sought.given()
    return given | {name: str(given[name]) for name in ("case_id", "about") if name in given}
