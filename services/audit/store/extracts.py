"""Requests for the other half of a case, and the parts of what was released to us."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import insert_missing, upsert_set
from contracts.events.extracts import ExtractedEntry
from services.audit.domain.account import Direction
from services.audit.domain.extract import WAITS, ExtractCase, ExtractState
from services.audit.store.tables import EXTRACT_PARTS, EXTRACTS

_READER = RowReader(ExtractCase, EXTRACTS)
_SHOWN = f"select {_READER.columns()} from audit.extracts"
_GET = f"{_SHOWN} where id = :id"
_HOLD = text(f"{_SHOWN} where id = any(:ids) and direction = :direction order by id for update")
_KNOWN = text("select id from audit.extracts where id = any(:ids)")
_OPEN = text(
    "select count(*) from audit.extracts where partner = :partner"
    f" and direction = '{Direction.IN}'"
    f" and (state = '{ExtractState.OPEN}' or (state = '{ExtractState.WITHDRAWN}' and due_at > :now))"
)
_DUE = text(
    "select due_at from audit.extracts where partner = :partner"
    f" and direction = '{Direction.OUT}' and state = '{ExtractState.OPEN}' and due_at >= :now order by due_at"
)
_ALONE = text(
    "select pg_advisory_xact_lock(hashtextextended('audit.extracts ' || cast(:partner as text), 0))"
)
_SAME = text(
    f"select id from audit.extracts where case_id = :case_id and partner = :partner and reason = :reason and about = :about"
    f" and direction = '{Direction.OUT}' and state = '{ExtractState.OPEN}'"
)
_SAVE = upsert_set(EXTRACTS)
_PART = insert_missing(EXTRACT_PARTS)
_ARRIVED = text("select count(*) from audit.extract_parts where request_id = :id and parts = :parts")
_RELEASED = text(
    f"""
    select e.partner, e.id, p.content from audit.extracts e join audit.extract_parts p on p.request_id = e.id
    where e.case_id = :case_id and e.direction = '{Direction.OUT}' and e.state = '{ExtractState.RELEASED}'
    order by e.id, p.part
    """
)


async def get(tx: Transaction, request_id: UUID, direction: Direction | None = None) -> ExtractCase | None:
    """A request. Without a direction, whichever there is: ours have identifiers that we make."""
    order = "order by direction desc limit 1" if direction is None else "and direction = :direction"
    asked = {"id": request_id} | ({} if direction is None else {"direction": direction})
    return _READER.first(await tx.execute(text(f"{_GET} {order}"), asked))


async def hold(tx: Transaction, request_id: UUID, direction: Direction) -> ExtractCase | None:
    """A request, locked, to move it."""
    return _READER.first(await tx.execute(_HOLD, {"ids": [request_id], "direction": direction}))


async def known(tx: Transaction, ids: Collection[UUID]) -> set[UUID]:
    """The identifiers among these by which anybody has asked: we a partner, or a partner us."""
    return set((await tx.execute(_KNOWN, {"ids": sorted(ids)})).scalars())


async def held(tx: Transaction, ids: Collection[UUID], direction: Direction) -> Mapping[UUID, ExtractCase]:
    """The requests among these that are here, locked."""
    rows = await tx.execute(_HOLD, {"ids": sorted(ids), "direction": direction})
    return {one.id: one for one in _READER.all(rows)}


async def save(tx: Transaction, extracts: Sequence[ExtractCase]) -> None:
    await _SAVE.write(tx, extracts)


async def open_of(tx: Transaction, partner: str) -> int:
    """How many requests of this partner wait for us. What it took back counts until it would have been due: whoever fishes asks no faster."""
    return int((await tx.execute(_OPEN, {"partner": partner, "now": tx.now})).scalar_one())


async def ask_alone(tx: Transaction, partner: str) -> None:
    """Whoever else asks this partner now goes on when this transaction has ended."""
    await tx.execute(_ALONE, {"partner": partner})


async def waiting_for(tx: Transaction, partner: str) -> Sequence[datetime]:
    """When the answers to what was asked of this partner are due, the next first, without those that are overdue."""
    return (await tx.execute(_DUE, {"partner": partner, "now": tx.now})).scalars().all()


async def same_open(tx: Transaction, asked: ExtractCase) -> bool:
    """True where the same was asked and has no answer yet."""
    given = {name: getattr(asked, name) for name in ("case_id", "partner", "reason")}
    return (await tx.execute(_SAME, {**given, "about": list(asked.about)})).first() is not None


@dataclass(frozen=True, slots=True)
class ExtractsSought:
    """The filter of the requests."""

    direction: Direction | None = None
    state: ExtractState | None = None
    partner: str | None = None
    case_id: UUID | None = None
    overdue: bool | None = None


async def oldest(
    tx: Transaction, sought: ExtractsSought, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[ExtractCase]:
    waits = ", ".join(f"'{state}'" for state in WAITS)
    late = f"(state in ({waits}) and due_at < :now)"
    given: dict[str, Any] = {name: value for name, value in asdict(sought).items() if value is not None}
    conditions = [f"{late} = :overdue" if name == "overdue" else f"{name} = :{name}" for name in given]
    parameters = {**given, "now": tx.now, "limit": limit} if "overdue" in given else {**given, "limit": limit}
    if after is not None:
        conditions.append("(asked_at, id) > (:at, :last)")
        parameters |= {"at": after[0], "last": after[1]}
    which = " and ".join(conditions) or "true"
    rows = await tx.execute(text(f"{_SHOWN} where {which} order by asked_at, id limit :limit"), parameters)
    return _READER.all(rows)


@dataclass(frozen=True, slots=True)
class ArrivedPart:
    """A part of what a partner released. The first of its number stays."""

    request_id: UUID
    part: int
    parts: int
    withheld: int
    content: list[dict[str, Any]]


async def add_part(tx: Transaction, arrived: ArrivedPart) -> bool:
    """Keep a part. True where all parts are here now."""
    await _PART.write(tx, [arrived], at=tx.now)
    here = await tx.execute(_ARRIVED, {"id": arrived.request_id, "parts": arrived.parts})
    return bool(here.scalar_one() == arrived.parts)


async def released(tx: Transaction, case_id: UUID) -> list[tuple[str, UUID, ExtractedEntry]]:
    """The entries that partners released about a case of ours: the cell, the request, and each entry."""
    rows = await tx.execute(_RELEASED, {"case_id": case_id})
    return [(row.partner, row.id, ExtractedEntry.model_validate(one)) for row in rows for one in row.content]
