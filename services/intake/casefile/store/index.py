"""The blind index of the persons of an organisation's cases: keyed hashes of the texts that a person is found by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.set_writes import SetWrite
from chassis.tables import insert_set, one_of
from services.intake.casefile.domain.case import GONE
from services.intake.casefile.domain.index_texts import LANGUAGES
from services.intake.casefile.domain.received import READABLE
from services.intake.casefile.outgoing import index_due
from services.intake.casefile.store.tables import BLIND_INDEX

_DELETE = text("delete from intake.blind_index where case_id = any(cast(:ids as uuid[]))")
_INSERT = insert_set(BLIND_INDEX)
_BOTH_WAYS = {"asks": True, "answers": True}
_INDEXED = text(
    f"""
    select c.person_id, f.field, f.value, coalesce(f.disclosure_id, c.id) as record_id
    from intake.cases c join intake.fields f on f.case_id = c.id left join intake.disclosures d on d.id = f.disclosure_id
    where c.id = :case_id and f.field = any(cast(:fields as text[]))
      and (f.source = 'own' or d.state in {one_of(READABLE)})
    order by f.source = 'own', f.recorded_at
    """
)
_OUTDATED = text(
    f"""
    select case_id from intake.blind_index where octet_length(entry) <> :size
    union
    select f.case_id from intake.fields f join intake.cases c on c.id = f.case_id
    where f.source = 'own' and f.field in {LANGUAGES} and c.state not in {one_of(GONE)}
        and not exists (select from intake.blind_index b where b.case_id = f.case_id)
    order by 1 limit :limit
    """
)
_RECEIVED = text("select exists (select from intake.disclosures where case_id = :case_id)")


@dataclass(frozen=True, slots=True)
class WeighedEntry:
    """An entry of the index that is asked for, and how much two persons have in common who share it."""

    entry: bytes
    weight: int


@dataclass(frozen=True, slots=True)
class IndexedField:
    """A sealed value, and the record that it is bound to."""

    person_id: UUID
    field: str
    value: str
    record_id: UUID


_FIELDS = RowReader(IndexedField)


async def put(tx: Transaction, organisation: str, entries: Mapping[UUID, Sequence[bytes]]) -> None:
    """Replace what the index holds of each case of an organisation."""
    await tx.execute(_DELETE, {"ids": list(entries)})
    await _INSERT.write(tx, _rows(entries), organisation=organisation, **_BOTH_WAYS)


def add(tx: Transaction, organisation: str, entries: Mapping[UUID, Sequence[bytes]]) -> None:
    """Index, at the end of the transaction, cases that are new, of which the index holds nothing."""
    tx.beside.append(SetWrite(_INSERT, _rows(entries), {"organisation": organisation, **_BOTH_WAYS}))


def _rows(entries: Mapping[UUID, Sequence[bytes]]) -> list[dict[str, object]]:
    return [{"case_id": case_id, "entry": entry} for case_id, found in entries.items() for entry in found]


async def indexed_fields(tx: Transaction, case_id: UUID, fields: Sequence[str]) -> list[IndexedField]:
    """The values of a case in these fields: one recorded here comes last and so outweighs the rest."""
    return _FIELDS.all(await tx.execute(_INDEXED, {"case_id": case_id, "fields": list(fields)}))


async def outdated(tx: Transaction, size: int, limit: int) -> list[UUID]:
    """Cases with an entry of another size, which a release before this one has made, or with a language and no entry at all."""
    return [row.case_id for row in await tx.execute(_OUTDATED, {"size": size, "limit": limit})]


async def due(tx: Transaction, case_id: UUID, revision: int) -> bool:
    """True, and the index is made by work, where something was received of her: it stands in the index too, and only
    work opens it.
    """
    if not (await tx.execute(_RECEIVED, {"case_id": case_id})).scalar_one():
        return False
    tx.say(index_due(case_id, str(revision)))
    return True
