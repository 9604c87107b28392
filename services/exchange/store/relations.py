"""Pairwise references: how two organisations name one case to each other, and the process codes that wait for it.

A reference is derived from what both sides know, never from the case of this cell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from pydantic import TypeAdapter
from sqlalchemy import text

from chassis.database import Transaction
from contracts.border.items import Journey
from services.exchange.domain.disclosure import Authorised
from services.exchange.domain.process import Pair, Relation, WaitingCode
from services.exchange.domain.sent import QueueState, WrongMove, before

_ENSURE = text(
    """
    insert into exchange.relations (own, other, reference, case_id, other_cell)
    select * from unnest(cast(:own as text[]), cast(:other as text[]), cast(:reference as uuid[]),
                         cast(:case_id as uuid[]), cast(:other_cell as text[]))
    on conflict do nothing
    """
)
_LOAD = text(
    """
    select r.case_id, r.own, r.other, r.reference, coalesce((
        select g.back_categories from exchange.received g
        where g.case_id = r.case_id and g.recipient = r.own and g.sender = r.other and g.state = 'open'
          and g.valid_until > :now
        order by g.at desc limit 1), '{}') as back
    from exchange.relations r
    join unnest(cast(:case_id as uuid[]), cast(:own as text[]), cast(:other as text[]))
         as k(case_id, own, other) using (case_id, own, other)
    order by r.case_id, r.own, r.other for update of r
    """
)
_QUEUE = text(
    """
    insert into exchange.process_items (item_id, case_id, own, other, code, subject_id, reason, at, journey)
    select item_id, case_id, own, other, code, subject_id, reason, at, journey
    from unnest(cast(:item_id as uuid[]), cast(:case_id as uuid[]), cast(:own as text[]), cast(:other as text[]),
                cast(:code as text[]), cast(:subject_id as uuid[]), cast(:reason as text[]),
                cast(:at as timestamptz[]), cast(:journey as jsonb[]))
         with ordinality as u(item_id, case_id, own, other, code, subject_id, reason, at, journey, ord)
    order by ord on conflict (item_id) do nothing
    """
)


_JOURNEY = TypeAdapter(Journey)


@dataclass(frozen=True, slots=True)
class Known:
    """A relation as stored. `live` once an envelope about the case passed between the two."""

    own: str
    other: str
    reference: UUID
    case_id: UUID
    other_cell: str
    live: bool


@dataclass(frozen=True, slots=True)
class Queued:
    """A process item with where it stands: `first` of its relation, and nothing of the case before it still unsealed."""

    item: WaitingCode
    pair: Pair
    state: QueueState
    seals: int
    first: bool
    disclosure_pending: bool


async def ensure_references(tx: Transaction, authorised: Sequence[tuple[UUID, Authorised]]) -> None:
    """Each case and pair gets its reference once; a second disclosure to the same organisation uses the first's."""
    if not authorised:
        return
    ordered = sorted(authorised, key=lambda pair: (pair[1].case_id, pair[1].sender, pair[1].recipient))
    await tx.execute(
        _ENSURE,
        {
            "own": [a.sender for _, a in ordered],
            "other": [a.recipient for _, a in ordered],
            "reference": [uuid5(disclosure_id, "reference") for disclosure_id, _ in ordered],
            "case_id": [a.case_id for _, a in ordered],
            "other_cell": [a.recipient_cell for _, a in ordered],
        },
    )


async def load(tx: Transaction, keys: Sequence[Pair]) -> dict[Pair, Relation]:
    """Locked, so that items of one relation are queued in the order in which their events came."""
    parameters = {
        "case_id": [k.case_id for k in keys],
        "own": [k.own for k in keys],
        "other": [k.other for k in keys],
        "now": tx.now,
    }
    relations = {key: Relation(key) for key in keys}
    for row in await tx.execute(_LOAD, parameters):
        pair = Pair(row.case_id, row.own, row.other)
        relations[pair] = Relation(pair, row.reference, frozenset(row.back))
    return relations


async def save(tx: Transaction, relations: Sequence[Relation]) -> None:
    rows = [(relation.pair, item) for relation in relations for item in relation.waiting]
    if not rows:
        return
    await tx.execute(
        _QUEUE,
        {
            "item_id": [i.item_id for _, i in rows],
            "case_id": [p.case_id for p, _ in rows],
            "own": [p.own for p, _ in rows],
            "other": [p.other for p, _ in rows],
            "code": [i.code for _, i in rows],
            "subject_id": [i.subject_id for _, i in rows],
            "reason": [i.reason for _, i in rows],
            "at": [i.at for _, i in rows],
            "journey": [
                None if i.journey is None else _JOURNEY.dump_json(i.journey).decode() for _, i in rows
            ],
        },
    )


async def by_case(tx: Transaction, pair: Pair, *, lock: bool = False) -> Known | None:
    statement = "select * from exchange.relations where case_id = :c and own = :own and other = :other"
    row = (
        await tx.execute(
            text(statement + (" for update" if lock else "")),
            {"c": pair.case_id, "own": pair.own, "other": pair.other},
        )
    ).first()
    return None if row is None else _known(row)


async def by_reference(tx: Transaction, own: str, other: str, reference: UUID) -> Known | None:
    row = (
        await tx.execute(
            text("select * from exchange.relations where own = :own and other = :other and reference = :r"),
            {"own": own, "other": other, "r": reference},
        )
    ).first()
    return None if row is None else _known(row)


async def add(tx: Transaction, known: Known) -> bool:
    """Whether it was new; False when another case or reference took the place meanwhile."""
    statement = (
        "insert into exchange.relations (own, other, reference, case_id, other_cell, live)"
        " values (:own, :other, :reference, :case_id, :other_cell, :live) on conflict do nothing"
    )
    parameters = {name: getattr(known, name) for name in Known.__slots__}
    return (await tx.execute(text(statement), parameters)).rowcount == 1


async def now_live(tx: Transaction, pair: Pair) -> None:
    statement = "update exchange.relations set live = true where case_id = :c and own = :own and other = :other and not live"
    await tx.execute(text(statement), {"c": pair.case_id, "own": pair.own, "other": pair.other})


async def queued(tx: Transaction, item_id: UUID) -> Queued | None:
    row = (
        await tx.execute(
            text(
                """
                select p.*, not exists (
                    select from exchange.process_items e where e.case_id = p.case_id and e.own = p.own
                      and e.other = p.other and e.state = 'waiting' and e.pos < p.pos) as first,
                  exists (
                    select from exchange.disclosures d where d.case_id = p.case_id and d.sender = p.own
                      and d.recipient = p.other and d.state in ('expected', 'due')) as pending
                from exchange.process_items p where p.item_id = :id
                """
            ),
            {"id": item_id},
        )
    ).first()
    if row is None:
        return None
    journey = None if row.journey is None else _JOURNEY.validate_python(row.journey)
    item = WaitingCode(row.item_id, row.code, row.subject_id, row.reason, row.at, journey)
    return Queued(
        item, Pair(row.case_id, row.own, row.other), QueueState(row.state), row.seals, row.first, row.pending
    )


async def move_queued(tx: Transaction, item_id: UUID, to: QueueState) -> None:
    """Raises WrongMove where the code does not stand where it could become that."""
    statement = (
        "update exchange.process_items set state = :to, seals = seals + case when :to = 'sealed' then 1 else 0 end"
        " where item_id = :id and state = any(cast(:before as text[]))"
    )
    moved = await tx.execute(text(statement), {"id": item_id, "to": to.value, "before": sorted(before(to))})
    if moved.rowcount != 1:
        raise WrongMove(f"a process code that is not {' or '.join(sorted(before(to)))} does not become {to}")


def _known(row: Any) -> Known:
    return Known(row.own, row.other, row.reference, row.case_id, row.other_cell, row.live)
