"""Links between a case and those of her dependants, and the news of them for the case at the other end."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.problems import AlreadyThere, NotFound
from chassis.rows import RowReader
from chassis.tables import insert_missing, one_of, update_set
from services.intake.casefile.domain.case import HERE, CaseState
from services.intake.casefile.domain.dependant import DependantChange, DependantLink
from services.intake.casefile.domain.facts import DependantsChanged, ValuesDeleted
from services.intake.casefile.outgoing import outgoing, tasks_due
from services.intake.casefile.store.tables import DEPENDANTS

MOST = 200
_LINKS = RowReader(DependantLink, DEPENDANTS)
_COLUMNS = _LINKS.columns("d")
_ADD = insert_missing(DEPENDANTS)
_END = update_set(DEPENDANTS, "reason", "ended_at", "ended_by")
_MINE = "(d.case_id = :case_id or d.dependant_id = :case_id)"
_GET = text(f"select {_COLUMNS} from intake.dependants d where d.id = :id and {_MINE} for update")
_OTHER = "case when {one}.case_id = {case} then {one}.dependant_id else {one}.case_id end"
_OF_CASE = text(
    f"select d.*, o.id as other_id, o.state as other_state, h.person_id from intake.dependants d"
    f" join intake.cases o on o.id = {_OTHER.format(one='d', case=':case_id')}"
    f" join intake.cases h on h.id = d.case_id where {_MINE} order by d.linked_at desc, d.id limit {MOST}"
)
_PERSON = text(
    f"select h.person_id from intake.dependants d join intake.cases h on h.id = d.case_id where d.id = :id and {_MINE}"
)
_HOLD = text(
    "select from intake.dependants d where d.ended_at is null"
    " and (d.case_id = any(cast(:ids as uuid[])) or d.dependant_id = any(cast(:ids as uuid[]))) order by d.id for update"
)
_COUNT = text(
    f"""
    select c.id, (select count(*) from intake.dependants d join intake.cases o on o.id = {_OTHER.format(one="d", case="c.id")}
        where d.ended_at is null and (d.case_id = c.id or d.dependant_id = c.id) and o.state = '{CaseState.OPEN}') as here
    from intake.cases c where c.id = any(cast(:ids as uuid[])) and c.state in {one_of(HERE)}
    """
)
LINKED_WITH = """
    select d.dependant_id as case_id, d.id from intake.dependants d where d.ended_at is null and d.case_id = any({cases})
    union all select d.case_id, d.id from intake.dependants d where d.ended_at is null and d.dependant_id = any({cases})
"""
"""The cases at the other ends of the links of some cases that stand, with the links, for a statement that asks for them."""

_ENDS = text(f"{LINKED_WITH.format(cases='cast(:ids as uuid[])')} order by 1, 2")
_FORGET = text(
    "delete from intake.dependants d using intake.cases h where h.id = d.case_id and (d.case_id = :id or d.dependant_id = :id)"
    " returning d.id, d.case_id, h.person_id"
)


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link as it is seen from one of its cases; `person_id` is the one under whose key it is sealed."""

    link: DependantLink
    other_id: UUID
    other_state: CaseState
    person_id: UUID

    @property
    def here(self) -> bool:
        """True where the other one's case is worked on here."""
        return self.other_state is CaseState.OPEN


async def add(tx: Transaction, link: DependantLink) -> None:
    """Raises AlreadyThere where the two are linked, from whichever side."""
    if await _ADD.write(tx, [link]) != 1:
        raise AlreadyThere
    await _say_both(tx, link, DependantChange.LINKED)


async def get(tx: Transaction, case_id: UUID, link_id: UUID) -> DependantLink:
    """Lock a link of this case, at whichever end. Raises NotFound."""
    found = _LINKS.first(await tx.execute(_GET, {"id": link_id, "case_id": case_id}))
    if found is None:
        raise NotFound
    return found


async def end(tx: Transaction, link: DependantLink) -> None:
    await _END.write(tx, [link])
    await _say_both(tx, link, DependantChange.UNLINKED)


async def person_of(tx: Transaction, case_id: UUID, link_id: UUID) -> UUID:
    """The person under whose key a link of this case is sealed. Raises NotFound."""
    found: UUID | None = (await tx.execute(_PERSON, {"id": link_id, "case_id": case_id})).scalar()
    if found is None:
        raise NotFound
    return found


async def of_case(tx: Transaction, case_id: UUID) -> list[LinkRow]:
    """The newest first, from whichever side; they are few."""
    rows = (await tx.execute(_OF_CASE, {"case_id": case_id})).all()
    return [
        LinkRow(link, row.other_id, CaseState(row.other_state), row.person_id)
        for link, row in zip(_LINKS.of(rows), rows, strict=True)
    ]


async def here(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, int]:
    """For each of these cases that is here: how many persons linked with it are in an open case."""
    return {row.id: row.here for row in await tx.execute(_COUNT, {"ids": list(case_ids)})}


async def moved(tx: Transaction, case_ids: Sequence[UUID], change: DependantChange) -> None:
    """Tell the cases at the other ends that these left or are back."""
    rows = await tx.execute(_ENDS, {"ids": list(case_ids)})
    await _say(tx, [(row.case_id, row.id) for row in rows], change)


async def forget(tx: Transaction, case_id: UUID) -> None:
    """Nothing is left of any link of a case that is erased; what was sealed of it under another's key is released there."""
    await moved(tx, [case_id], DependantChange.LEFT)
    tx.say(*(tasks_due(other, f"erased:{case_id}") for other in await linked_with(tx, case_id)))
    for row in (await tx.execute(_FORGET, {"id": case_id})).all():
        if row.case_id != case_id:
            tx.say(outgoing(ValuesDeleted(row.person_id, row.id)))


async def linked_with(tx: Transaction, case_id: UUID) -> list[UUID]:
    """The cases with which this one is linked."""
    return [row.case_id for row in await tx.execute(_ENDS, {"ids": [case_id]})]


async def _say_both(tx: Transaction, link: DependantLink, change: DependantChange) -> None:
    ends = (link.case_id, link.dependant_id)
    await _say(tx, [(case_id, link.id) for case_id in ends], change)
    tx.say(*(tasks_due(case_id, f"{change}:{link.id}") for case_id in ends))  # who covers in one, and in both


async def _say(tx: Transaction, told: Sequence[tuple[UUID, UUID]], change: DependantChange) -> None:
    """Counted under a lock of the links, so that of two changes at once the later one counts both."""
    if not told:
        return
    ids = [case_id for case_id, _ in told]
    await tx.execute(_HOLD, {"ids": ids})
    counted = await here(tx, ids)
    tx.say(
        *(
            outgoing(DependantsChanged(case_id, link_id, change, counted[case_id] > 0))
            for case_id, link_id in told
            if case_id in counted
        )
    )
