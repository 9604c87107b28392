"""Distrusts: got under a lock, saved where nobody was faster; what counts no more now; and the keys of the trust list."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.problems import NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import insert_missing, one_of, update_set, upsert_set
from contracts.border.governed import TrustList
from services.exchange.domain.distrust import (
    ACTS,
    Distrust,
    DistrustKind,
    DistrustMoved,
    Distrusts,
    DistrustState,
    DistrustSubject,
)
from services.exchange.outgoing import distrust_moved
from services.exchange.store.tables import DISTRUSTS, LISTED_KEYS, ONE_DISTRUST

_GET = text("select * from exchange.distrusts where id = :id")
_LOCK = text("select * from exchange.distrusts where id = :id for update")
_ACTS = f"state in {one_of(ACTS)}"
_LOST = f"""
    select name as kid, organisation from exchange.distrusts where kind = '{DistrustKind.KEY}' and {_ACTS}
    union select kid, organisation from exchange.listed_keys where lost_since is not null
"""
_ACTIVE = text(
    f"""
    select kid as name, organisation, null as agreement_version from ({_LOST}) as l
    union all select name, null, agreement_version from exchange.distrusts where kind = '{DistrustKind.AGREEMENT}' and {_ACTS}
    """
)
_OF_LOST_KEY = text(
    f"select exists (select from exchange.envelopes e join ({_LOST}) as l on l.kid = any(e.keys)"
    " where e.cell = :cell and e.sha256 = :sha256)"
)
_KEY = text("select organisation, use from exchange.listed_keys where kid = :kid")
_ADD = insert_missing(DISTRUSTS, key=ONE_DISTRUST)
_SAVE = update_set(DISTRUSTS, "state", "decided_by", "decided_at", "version", stored="before")
_LIST_KEYS = upsert_set(LISTED_KEYS)
_UNLISTED = text("update exchange.listed_keys set listed = false where listed and not kid = any(:kids)")
_WHATS = RowReader(DistrustSubject, DISTRUSTS)
_OWN = (
    "id",
    "ticket",
    "state",
    "declared_by",
    "declared_at",
    "due_at",
    "decided_by",
    "decided_at",
    "version",
)
"""The members of a distrust besides what it is about."""


async def get(
    tx: Transaction, distrust_id: UUID, *, lock: bool = False, expected: int | None = None
) -> Distrust:
    """Raises NotFound, or PreconditionFailed where it is not as the caller saw it."""
    row = (await tx.execute(_LOCK if lock else _GET, {"id": distrust_id})).first()
    if row is None:
        raise NotFound
    found = of_row(row)
    if expected is not None and found.version != expected:
        raise PreconditionFailed
    return found


async def add(tx: Transaction, distrust: Distrust, facts: Sequence[DistrustMoved]) -> bool:
    """False where the same counts no more already."""
    row = {**_WHATS.values(distrust.what), **{name: getattr(distrust, name) for name in _OWN}}
    if await _ADD.write(tx, [row]) != 1:
        return False
    tx.say(*map(distrust_moved, facts))
    return True


async def save(tx: Transaction, distrust: Distrust, facts: Sequence[DistrustMoved]) -> None:
    """Raises PreconditionFailed."""
    row = {name: getattr(distrust, name) for name in ("id", "state", "decided_by", "decided_at", "version")}
    if await _SAVE.write(tx, [{**row, "before": distrust.version - 1}]) != 1:
        raise PreconditionFailed
    tx.say(*map(distrust_moved, facts))


async def active(tx: Transaction) -> Distrusts:
    """All that counts no more now, by whoever's word: of the operators here, or of the trust list."""
    keys: dict[str, str] = {}
    agreements: set[tuple[str, int]] = set()
    for row in await tx.execute(_ACTIVE):
        if row.agreement_version is None:
            keys[row.name] = row.organisation
        else:
            agreements.add((row.name, row.agreement_version))
    return Distrusts(keys, frozenset(agreements))


async def used_a_lost_key(tx: Transaction, cell: str, sha256: str) -> bool:
    """True for an envelope of ours that was signed with, or sealed to, a key that was lost since."""
    return bool((await tx.execute(_OF_LOST_KEY, {"cell": cell, "sha256": sha256})).scalar_one())


async def listed_key(tx: Transaction, kid: str) -> tuple[str, str] | None:
    """Organisation and use of a key that is or was on the trust list."""
    row = (await tx.execute(_KEY, {"kid": kid})).first()
    return None if row is None else (row.organisation, row.use)


async def put_keys(tx: Transaction, trusted: TrustList) -> None:
    """Write the keys of the list in force; one that is no more on it stays, so that it can still be named."""
    await tx.execute(_UNLISTED, {"kids": list(trusted.keys)})
    await _LIST_KEYS.write(tx, list(_rows(trusted)))


def _rows(trusted: TrustList) -> Iterable[Mapping[str, Any]]:
    for kid, one in trusted.keys.items():
        terms = {"use": one.use, "not_before": one.not_before, "not_after": one.not_after}
        yield {"kid": kid, "organisation": one.key.organisation, **terms, "listed": True, "lost_since": None}
    for kid, lost in trusted.lost.items():
        terms = {"use": lost.use, "not_before": None, "not_after": None}
        yield {
            "kid": kid,
            "organisation": lost.organisation,
            **terms,
            "listed": False,
            "lost_since": lost.since,
        }


def of_row(row: Row[Any]) -> Distrust:
    values = {name: getattr(row, name) for name in _OWN}
    return Distrust(what=_WHATS.row(row), **{**values, "state": DistrustState(row.state)})
