"""Pairwise references: how two organisations name one case to each other, and the process codes that wait for it.

A reference is derived from the first disclosure, which both sides know, never from the case of this cell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import insert_missing, one_of
from services.exchange.domain.disclosure import UNSEALED, AuthorisedDisclosure
from services.exchange.domain.process import Pair, Relation, WaitingCode
from services.exchange.domain.received import ReceivedState
from services.exchange.domain.sent import QueueState, WrongItemMove, before
from services.exchange.store.tables import PROCESS_ITEMS, RELATIONS

_ENSURE = insert_missing(RELATIONS, without=["live"])
_ADD = insert_missing(RELATIONS)
_LOAD = text(
    f"""
    select r.case_id, r.own, r.other, r.reference, coalesce((
        select g.back_categories from exchange.received g
        where g.case_id = r.case_id and g.recipient = r.own and g.sender = r.other and g.state = '{ReceivedState.OPEN}'
          and g.valid_until > :now
        order by g.at desc limit 1), '{{}}') as back
    from exchange.relations r
    join unnest(cast(:case_id as uuid[]), cast(:own as text[]), cast(:other as text[]))
         as k(case_id, own, other) using (case_id, own, other)
    order by r.case_id, r.own, r.other for update of r
    """
)
_QUEUE = insert_missing(PROCESS_ITEMS, without=["state", "seals"], key=["item_id"])


@dataclass(frozen=True, slots=True)
class KnownRelation:
    """A relation as stored. `live` once an envelope about the case passed between the two."""

    own: str
    other: str
    reference: UUID
    case_id: UUID
    other_cell: str
    live: bool


_KNOWN = RowReader(KnownRelation, RELATIONS)
_RELATION = f"select {_KNOWN.columns()} from exchange.relations"
_ITEMS = RowReader(WaitingCode, PROCESS_ITEMS)


@dataclass(frozen=True, slots=True)
class QueuedCode:
    """A process code with its place in the queue: `first` of its relation, and nothing of the case before it still
    unsealed.
    """

    item: WaitingCode
    pair: Pair
    state: QueueState
    seals: int
    first: bool
    disclosure_pending: bool


async def ensure_references(tx: Transaction, authorised: Sequence[tuple[UUID, AuthorisedDisclosure]]) -> None:
    """Each case and pair gets its reference once; a second disclosure to the same organisation uses the first's."""
    ordered = sorted(authorised, key=lambda pair: (pair[1].case_id, pair[1].sender, pair[1].recipient))
    await _ENSURE.write(
        tx,
        [
            {
                "own": terms.sender,
                "other": terms.recipient,
                "reference": uuid5(disclosure_id, "reference"),
                "case_id": terms.case_id,
                "other_cell": terms.recipient_cell,
            }
            for disclosure_id, terms in ordered
        ],
    )


async def load(tx: Transaction, keys: Sequence[Pair]) -> dict[Pair, Relation]:
    """The relations, locked, so that items of one relation are queued in the order in which their events came."""
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
    await _QUEUE.write(tx, [_row(one.pair, item) for one in relations for item in one.waiting])


def _row(pair: Pair, item: WaitingCode) -> dict[str, object]:
    return {
        "item_id": item.item_id,
        "case_id": pair.case_id,
        "own": pair.own,
        "other": pair.other,
        "code": item.code,
        "subject_id": item.subject_id,
        "reason": item.reason,
        "at": item.at,
        "journey": item.journey,
    }


async def by_case(tx: Transaction, pair: Pair, *, lock: bool = False) -> KnownRelation | None:
    statement = f"{_RELATION} where case_id = :case_id and own = :own and other = :other"
    row = await tx.execute(
        text(statement + (" for update" if lock else "")),
        {"case_id": pair.case_id, "own": pair.own, "other": pair.other},
    )
    return _KNOWN.first(row)


async def by_reference(tx: Transaction, own: str, other: str, reference: UUID) -> KnownRelation | None:
    statement = text(f"{_RELATION} where own = :own and other = :other and reference = :reference")
    return _KNOWN.first(await tx.execute(statement, {"own": own, "other": other, "reference": reference}))


async def add(tx: Transaction, known: KnownRelation) -> bool:
    """Add a relation. True where it was new; False when another case or reference took the place meanwhile."""
    return await _ADD.write(tx, [known]) == 1


async def now_live(tx: Transaction, pair: Pair) -> None:
    statement = "update exchange.relations set live = true where case_id = :c and own = :own and other = :other and not live"
    await tx.execute(text(statement), {"c": pair.case_id, "own": pair.own, "other": pair.other})


async def queued(tx: Transaction, item_id: UUID) -> QueuedCode | None:
    row = (
        await tx.execute(
            text(
                f"""
                select p.*, not exists (
                    select from exchange.process_items e where e.case_id = p.case_id and e.own = p.own
                      and e.other = p.other and e.state = '{QueueState.WAITING}' and e.pos < p.pos) as first,
                  exists (
                    select from exchange.disclosures d where d.case_id = p.case_id and d.sender = p.own
                      and d.recipient = p.other and d.state in {one_of(UNSEALED)}) as pending
                from exchange.process_items p where p.item_id = :id
                """
            ),
            {"id": item_id},
        )
    ).first()
    if row is None:
        return None
    item = _ITEMS.of([row])[0]
    return QueuedCode(
        item, Pair(row.case_id, row.own, row.other), QueueState(row.state), row.seals, row.first, row.pending
    )


async def move_queued(tx: Transaction, item_id: UUID, to: QueueState) -> None:
    """Move a queued code. Raises WrongItemMove where it does not stand before that state."""
    statement = (
        "update exchange.process_items set state = :to, seals = seals + case when :to = :sealed then 1 else 0 end"
        " where item_id = :id and state = any(cast(:before as text[]))"
    )
    reached = {"id": item_id, "to": to, "sealed": QueueState.SEALED, "before": sorted(before(to))}
    moved = await tx.execute(text(statement), reached)
    if moved.rowcount != 1:
        raise WrongItemMove(
            f"a process code that is not {' or '.join(sorted(before(to)))} does not become {to}"
        )
