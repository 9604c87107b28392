"""The blind index of the persons of an organisation's cases: hashes by which cases of one person may find each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import insert_set, one_of
from services.intake.casefile.domain.received import READABLE
from services.intake.casefile.store.tables import BLIND_INDEX

_DELETE = text("delete from intake.blind_index where case_id = any(cast(:ids as uuid[]))")
_INSERT = insert_set(BLIND_INDEX)
_NAMED = text(
    f"""
    select c.person_id, f.field, f.value, coalesce(f.disclosure_id, c.id) as record_id
    from intake.cases c join intake.fields f on f.case_id = c.id left join intake.disclosures d on d.id = f.disclosure_id
    where c.id = :case_id and f.field = any(cast(:fields as text[]))
      and (f.source = 'own' or d.state in {one_of(READABLE)})
    order by f.source = 'own', f.recorded_at
    """
)


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """The keyed hash of a text; see `domain.duplicates.IndexText`."""

    entry: bytes
    asks: bool
    answers: bool


@dataclass(frozen=True, slots=True)
class NamedField:
    """A sealed value, and the record that it is bound to."""

    person_id: UUID
    field: str
    value: str
    record_id: UUID


_FIELDS = RowReader(NamedField)


async def put(tx: Transaction, organisation: str, entries: Mapping[UUID, Sequence[IndexEntry]]) -> None:
    """Replace what the index holds of each case of an organisation; nothing for a case without a name."""
    await tx.execute(_DELETE, {"ids": list(entries)})
    rows = [
        {"case_id": case_id, "entry": entry.entry, "asks": entry.asks, "answers": entry.answers}
        for case_id, found in entries.items()
        for entry in found
    ]
    await _INSERT.write(tx, rows, organisation=organisation)


async def named_fields(tx: Transaction, case_id: UUID, fields: Sequence[str]) -> list[NamedField]:
    """The named values of a case: one recorded here comes last and so outweighs the rest."""
    return _FIELDS.all(await tx.execute(_NAMED, {"case_id": case_id, "fields": list(fields)}))
