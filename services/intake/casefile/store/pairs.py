"""Pairs of cases: the decision about each, and the cases that are merged with one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.problems import PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import one_of, upsert_set
from services.intake.casefile.domain.case import GONE, CaseState
from services.intake.casefile.domain.facts import PairDecided
from services.intake.casefile.domain.pair import OneCase, Pair, PairState
from services.intake.casefile.outgoing import outgoing
from services.intake.casefile.store.tables import PAIRS

_PAIRS = RowReader(Pair, PAIRS)
_COLUMNS = _PAIRS.columns("p")
_HOLD = text(
    "select id, organisation from intake.cases where id = any(cast(:ids as uuid[])) order by id for update"
)
_GET = text(f"select {_COLUMNS} from intake.pairs p where p.first_id = :first and p.second_id = :second")
_OF = text(
    "select p.*, case when p.first_id = :id then p.second_id else p.first_id end as other_id from intake.pairs p"
    " where p.first_id = :id or p.second_id = :id order by p.decided_at desc, p.first_id, p.second_id"
)
_MERGED = text(
    f"select {_COLUMNS} from intake.pairs p where p.decision = '{PairState.SAME_PERSON}'"
    " and (p.first_id = any(cast(:ids as uuid[])) or p.second_id = any(cast(:ids as uuid[])))"
)
_LINKED = """
    with lead as (
        select coalesce((select p.lead_id from intake.pairs p where p.decision = '{same}'
            and (p.first_id = :id or p.second_id = :id) limit 1), :id) as id
    )
    select c.id from lead cross join lateral (
        select lead.id union
        select case when p.first_id = lead.id then p.second_id else p.first_id end from intake.pairs p where p.lead_id = lead.id
    ) as member join intake.cases c on c.id = member.id and c.state not in {gone} where c.id <> :id order by 1
"""
_HERE = text(_LINKED.format(same=PairState.SAME_PERSON, gone=one_of(GONE)))
_KEPT = text(_LINKED.format(same=PairState.SAME_PERSON, gone=one_of([CaseState.ERASED])))
OF_HER = """
    select unnest({cases}) as case_id union
    select unnest(array[q.first_id, q.second_id]) from intake.pairs p join intake.pairs q on q.lead_id = p.lead_id
    where p.first_id = any({cases}) or p.second_id = any({cases})
"""
"""Some cases, and those that are merged with them, for a statement that asks for them."""

_SAVE = upsert_set(
    PAIRS,
    update={
        **{
            name: f"excluded.{name}" for name in ("decision", "reason", "lead_id", "decided_at", "decided_by")
        },
        "version": "t.version + 1",
    },
    where="t.version = excluded.version - 1",
)
_FORGET = text("delete from intake.pairs where first_id = :id or second_id = :id")


@dataclass(frozen=True, slots=True)
class PairRow:
    """A decision as it is shown; `other_id` is the other case."""

    other_id: UUID
    decision: PairState
    reason: str
    lead_id: UUID | None
    decided_at: datetime
    decided_by: str
    version: int


_ROWS = RowReader(PairRow)


async def hold(tx: Transaction, one: UUID, other: UUID, organisation: str) -> Pair:
    """Lock both cases, and load what was decided of them. Raises OneCase where they are not two of this organisation."""
    first, second = Pair.ids(one, other)
    held = (await tx.execute(_HOLD, {"ids": [first, second]})).all()
    if [row.organisation for row in held] != [organisation, organisation]:
        raise OneCase
    found = _PAIRS.first(await tx.execute(_GET, {"first": first, "second": second}))
    return found or Pair(first, second, organisation)


async def merged(tx: Transaction, pair: Pair) -> list[Pair]:
    """The other merged pairs of either case."""
    found = _PAIRS.all(await tx.execute(_MERGED, {"ids": [pair.first_id, pair.second_id]}))
    return [one for one in found if (one.first_id, one.second_id) != (pair.first_id, pair.second_id)]


async def save(tx: Transaction, pair: Pair, facts: Sequence[PairDecided], by: str) -> None:
    """Write the decision if nobody else has decided meanwhile. Raises PreconditionFailed."""
    pair.version += 1
    if await _SAVE.write(tx, [pair], decided_at=tx.now, decided_by=by) != 1:
        raise PreconditionFailed
    tx.say(*map(outgoing, facts))


async def of_case(tx: Transaction, case_id: UUID) -> list[PairRow]:
    """The newest decision first; they are few."""
    return _ROWS.all(await tx.execute(_OF, {"id": case_id}))


async def of_two(tx: Transaction, case_id: UUID, other_id: UUID) -> PairRow | None:
    """The decision about these two; None where nobody has made one."""
    return next((row for row in await of_case(tx, case_id) if row.other_id == other_id), None)


async def linked(tx: Transaction, case_id: UUID) -> list[UUID]:
    """The other cases of the same person, as somebody decided, of which the organisation has not let go."""
    return [row.id for row in await tx.execute(_HERE, {"id": case_id})]


async def kept(tx: Transaction, case_id: UUID) -> list[UUID]:
    """The other cases of the same person, as somebody decided, in which anything is left of her: also those handed over."""
    return [row.id for row in await tx.execute(_KEPT, {"id": case_id})]


async def forget(tx: Transaction, case_id: UUID) -> None:
    """Nothing is left of any decision about a case that is erased."""
    await tx.execute(_FORGET, {"id": case_id})
