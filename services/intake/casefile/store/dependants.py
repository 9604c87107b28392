"""Links between a case and those of her dependants, and the news of them for the case at the other end."""

from collections.abc import Mapping, Sequence
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
from services.intake.casefile.store.pairs import OF_HER
from services.intake.casefile.store.tables import DEPENDANTS

MOST = 200
_LINKS = RowReader(DependantLink, DEPENDANTS)
_COLUMNS = _LINKS.columns("d")
_ADD = insert_missing(DEPENDANTS)
_END = update_set(DEPENDANTS, "reason", "ended_at", "ended_by")
_MINE = "(d.case_id = :case_id or d.dependant_id = :case_id)"
_GET = text(f"select {_COLUMNS} from intake.dependants d where d.id = :id and {_MINE} for update")
_OF_CASE = text(
    f"""
    select d.*, her.case_id as own_id, o.id as other_id, h.person_id, exists (select from intake.cases c
        where c.state = '{CaseState.OPEN}' and c.id in ({OF_HER.format(cases="array[o.id]")})) as here
    from ({OF_HER.format(cases="array[cast(:case_id as uuid)]")}) as her
    join intake.dependants d on d.case_id = her.case_id or d.dependant_id = her.case_id
    join intake.cases o on o.id = case when d.case_id = her.case_id then d.dependant_id else d.case_id end
    join intake.cases h on h.id = d.case_id order by d.linked_at desc, d.id limit {MOST}
    """
)
_PERSON = text(
    f"select h.person_id from intake.dependants d join intake.cases h on h.id = d.case_id where d.id = :id and {_MINE}"
)
_HOLD = text(
    "select from intake.dependants d where d.ended_at is null"
    " and (d.case_id = any(cast(:ids as uuid[])) or d.dependant_id = any(cast(:ids as uuid[]))) order by d.id for update"
)
LINKED_WITH = """
    select d.dependant_id as case_id, d.id from intake.dependants d where d.ended_at is null and d.case_id = any({cases})
    union all select d.case_id, d.id from intake.dependants d where d.ended_at is null and d.dependant_id = any({cases})
"""
_BESIDE = LINKED_WITH.format(cases=f"array({OF_HER})")
"""The cases at the other ends of the links that stand, of some cases and those merged with them, with the links."""

AROUND = OF_HER.format(cases=f"array({OF_HER} union select k.case_id from ({_BESIDE}) k)")
"""The cases of the persons of some cases, and of whoever is linked with them, for a statement that asks for them."""

_COUNT = text(
    f"""
    select c.id, (select count(distinct k.case_id) from ({_BESIDE.format(cases="array[c.id]")}) k where exists (
        select from intake.cases o where o.state = '{CaseState.OPEN}' and o.id in ({OF_HER.format(cases="array[k.case_id]")}))) as here
    from intake.cases c where c.id = any(cast(:ids as uuid[])) and c.state in {one_of(HERE)}
    """
)
_IDS = "cast(:ids as uuid[])"
_ENDS = text(f"{_BESIDE.format(cases=_IDS)} order by 1, 2")
_AROUND = text(f"{AROUND.format(cases=_IDS)} order by 1")
_HERS = text(f"{OF_HER.format(cases=_IDS)} order by 1")
_STANDING = text(
    f"select k.case_id as other_id, k.id from ({LINKED_WITH.format(cases='array[cast(:id as uuid)]')}) k order by 1, 2"
)
_FORGET = text(
    "delete from intake.dependants d using intake.cases h where h.id = d.case_id and (d.case_id = :id or d.dependant_id = :id)"
    " returning d.id, d.case_id, h.person_id"
)


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link as it is seen from a case: `own_id` is this one, or one that is merged with it; `person_id` is the one under whose key it
    is sealed. `here`: the other person is in an open case.
    """

    link: DependantLink
    own_id: UUID
    other_id: UUID
    here: bool
    person_id: UUID


@dataclass(frozen=True, slots=True)
class Beside:
    """The links of some cases, each with the case that has it, and how many persons beside each are here."""

    links: frozenset[tuple[UUID, UUID]]
    here: Mapping[UUID, int]


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
    """The links of the person of a case, whichever of her cases has them: the newest first, from whichever side; they are few."""
    rows = (await tx.execute(_OF_CASE, {"case_id": case_id})).all()
    return [
        LinkRow(link, row.own_id, row.other_id, row.here, row.person_id)
        for link, row in zip(_LINKS.of(rows), rows, strict=True)
    ]


async def here(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, int]:
    """For each of these cases that is here: how many persons linked with it are in an open case."""
    return {row.id: row.here for row in await tx.execute(_COUNT, {"ids": list(case_ids)})}


async def moved(tx: Transaction, case_ids: Sequence[UUID], change: DependantChange) -> None:
    """Tell the cases at the other ends that these left or are back."""
    await _say(tx, await _ends(tx, case_ids), change)


async def forget(tx: Transaction, case_id: UUID) -> None:
    """Nothing is left of any link of a case that is erased; what was sealed of it under another's key is released there. The cases
    that are merged with it lose the link too.
    """
    rows = await tx.execute(_STANDING, {"id": case_id})
    links = [(row.other_id, row.id) for row in rows]
    hers = [one for one in await of_her(tx, [case_id]) if one != case_id]
    tx.say(
        *(tasks_due(other, f"erased:{case_id}") for other in await around(tx, [case_id]) if other != case_id)
    )
    for row in (await tx.execute(_FORGET, {"id": case_id})).all():
        if row.case_id != case_id:
            tx.say(outgoing(ValuesDeleted(row.person_id, row.id)))
    await _say(tx, links, DependantChange.LEFT)
    await _say(tx, [(one, link_id) for one in hers for _, link_id in links], DependantChange.UNLINKED)


async def linked_with(tx: Transaction, case_id: UUID) -> list[UUID]:
    """The cases with which the person of this one is linked, by whichever of her cases."""
    return [other for other, _ in await _ends(tx, [case_id])]


async def are_linked(tx: Transaction, one: UUID, other: UUID) -> bool:
    """True where the persons of two cases are linked, by whichever of their cases."""
    return not set(await linked_with(tx, one)).isdisjoint(await of_her(tx, [other]))


async def around(tx: Transaction, case_ids: Sequence[UUID]) -> list[UUID]:
    """The cases of the persons of these, and of whoever is linked with them: who is kept from one is kept from all."""
    return list((await tx.execute(_AROUND, {"ids": list(case_ids)})).scalars())


async def of_her(tx: Transaction, case_ids: Sequence[UUID]) -> list[UUID]:
    return list((await tx.execute(_HERS, {"ids": list(case_ids)})).scalars())


async def _ends(tx: Transaction, case_ids: Sequence[UUID]) -> list[tuple[UUID, UUID]]:
    return [(row.case_id, row.id) for row in await tx.execute(_ENDS, {"ids": list(case_ids)})]


async def beside(tx: Transaction, case_ids: Sequence[UUID]) -> Beside:
    """The links of the persons of these cases, and of those linked with them."""
    found = await around(tx, case_ids)
    links = {(one, link_id) for one in found for _, link_id in await _ends(tx, [one])}
    return Beside(frozenset(links), await here(tx, found))


async def tell_of_difference(tx: Transaction, case_ids: Sequence[UUID], before: Beside) -> None:
    """Tell each case what became another for it when cases of one person were merged, or parted again."""
    after = await beside(tx, case_ids)
    await _tell(tx, sorted(after.links - before.links), DependantChange.LINKED)
    await _tell(tx, sorted(before.links - after.links), DependantChange.UNLINKED)
    stay = dict(sorted(after.links & before.links))
    for change, now, then in ((DependantChange.BACK, after, before), (DependantChange.LEFT, before, after)):
        differ = [(one, link) for one, link in stay.items() if now.here.get(one) and not then.here.get(one)]
        await _tell(tx, differ, change)


async def _say_both(tx: Transaction, link: DependantLink, change: DependantChange) -> None:
    ends = (link.case_id, link.dependant_id)
    await _say(tx, [(case_id, link.id) for case_id in ends], change)
    followed = await around(tx, ends)  # who covers in one, and in all
    tx.say(*(tasks_due(case_id, f"{change}:{link.id}") for case_id in followed))


async def _say(tx: Transaction, told: Sequence[tuple[UUID, UUID]], change: DependantChange) -> None:
    """Tell the cases that are merged with these, too."""
    await _tell(tx, [(one, link) for case_id, link in told for one in await of_her(tx, [case_id])], change)


async def _tell(tx: Transaction, told: Sequence[tuple[UUID, UUID]], change: DependantChange) -> None:
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
