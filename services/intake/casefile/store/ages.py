"""The evidence about a person's age, and the age group that follows for each case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import one_of, update_set
from services.intake.casefile.domain.age import Age
from services.intake.casefile.domain.case import HERE
from services.intake.casefile.domain.received import READABLE
from services.intake.casefile.store.mapping import AGES, age_row
from services.intake.casefile.store.tables import CASES

# Values recorded here come first: a value from a partner never outweighs them.
_BORN = f"""lateral (
    select f.value, f.disclosure_id from intake.fields f left join intake.disclosures d on d.id = f.disclosure_id
    where f.case_id = c.id and f.field = 'prs_Birthdate' and (f.source = 'own' or d.state in {one_of(READABLE)})
    order by f.source = 'own' desc, f.recorded_at limit 1) as b on true"""
_PLACE = "c.person_id, b.value as born, coalesce(b.disclosure_id, c.id) as record_id"
_ON_RECORD = text(f"select {_PLACE}, c.flags from intake.cases c left join {_BORN} where c.id = :case_id")
_PUT = update_set(CASES, "age_group", "age_basis", "age_doubted")
_CHILDREN = text(
    f"""
    select c.id, c.version, {AGES.columns("c")}, {_PLACE} from intake.cases c join {_BORN}
    where c.age_group = 'child' and c.age_basis <> 'unknown' and not c.age_doubted and c.state in {one_of(HERE)}
        and (cast(:after as uuid) is null or c.id > :after)
    order by c.id limit :limit
    """
)
_GROWN = update_set(
    CASES,
    "age_basis",
    also={"age_group": "'adult'", "version": "t.version + 1", "updated_at": "now()"},
    stored="version",
    where=f"t.state in {one_of(HERE)}",
    returning="t.id, t.age_basis",
)


@dataclass(frozen=True, slots=True)
class OnRecord:
    """The sealed evidence: the date of birth as it was recorded or received, and the urgent flags."""

    person_id: UUID
    born: str | None
    record_id: UUID
    flags: str | None


_RECORDS = RowReader(OnRecord)


@dataclass(frozen=True, slots=True)
class Child:
    """A case whose person counts as a child, with the sealed date of birth."""

    case_id: UUID
    version: int
    age: Age
    person_id: UUID
    born: str
    record_id: UUID


@dataclass(frozen=True, slots=True)
class GrownChild:
    """A child that is an adult from today, by the case as it stood at this version."""

    case_id: UUID
    version: int
    basis: str


async def on_record(tx: Transaction, case_id: UUID) -> OnRecord | None:
    return _RECORDS.first(await tx.execute(_ON_RECORD, {"case_id": case_id}))


async def put(tx: Transaction, ages: Mapping[UUID, Age]) -> None:
    """Write the age groups of these cases' persons as they are now."""
    await _PUT.write(tx, [{"id": case_id, **age_row(age)} for case_id, age in ages.items()])


async def children(tx: Transaction, after: UUID | None, limit: int) -> list[Child]:
    """The children who may come of age by their date of birth, in the order of their cases."""
    rows = (await tx.execute(_CHILDREN, {"after": after, "limit": limit})).all()
    ages = AGES.of(rows)
    return [
        Child(r.id, r.version, age, r.person_id, r.born, r.record_id)
        for r, age in zip(rows, ages, strict=True)
    ]


async def grown(tx: Transaction, found: Sequence[GrownChild]) -> list[tuple[UUID, str]]:
    """Case and basis where nobody changed the case meanwhile; the others are looked at again."""
    rows = [{"id": one.case_id, "version": one.version, "age_basis": one.basis} for one in found]
    return [(row.id, row.age_basis) for row in await _GROWN.execute(tx, rows)] if rows else []
