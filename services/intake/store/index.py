"""The blind index of the persons of an organisation's cases: hashes by which cases of one person may find each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction

_DELETE = text("delete from intake.blind_index where case_id = any(cast(:ids as uuid[]))")
_INSERT = text(
    """
    insert into intake.blind_index (case_id, organisation, entry, asks, answers)
    select i.case_id, c.organisation, i.entry, i.asks, i.answers
    from unnest(cast(:cases as uuid[]), cast(:entries as bytea[]), cast(:asks as boolean[]), cast(:answers as boolean[]))
         as i(case_id, entry, asks, answers)
    join intake.cases c on c.id = i.case_id
    """
)
_NAMED = text(
    """
    select c.person_id, f.field, f.value, coalesce(f.disclosure_id, c.id) as record_id, f.source
    from intake.cases c join intake.fields f on f.case_id = c.id left join intake.disclosures d on d.id = f.disclosure_id
    where c.id = :case_id and f.field = any(cast(:fields as text[]))
      and (f.source = 'own' or d.state in ('held', 'accepted'))
    order by f.source = 'own', f.recorded_at
    """
)


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """The keyed hash of a text; see `domain.duplicates.IndexText`."""

    entry: bytes
    asks: bool
    answers: bool


async def put(tx: Transaction, entries: Mapping[UUID, Sequence[IndexEntry]]) -> None:
    """Replace what the index holds of each case; nothing for a case without a name."""
    await tx.execute(_DELETE, {"ids": list(entries)})
    rows = [(case_id, entry) for case_id, found in entries.items() for entry in found]
    if rows:
        parameters = {
            "cases": [case_id for case_id, _ in rows],
            "entries": [entry.entry for _, entry in rows],
            "asks": [entry.asks for _, entry in rows],
            "answers": [entry.answers for _, entry in rows],
        }
        await tx.execute(_INSERT, parameters)


async def named_fields(tx: Transaction, case_id: UUID, fields: Sequence[str]) -> list[Any]:
    """Sealed values with the record that each is bound to; what was recorded here comes last and so outweighs the rest."""
    return list((await tx.execute(_NAMED, {"case_id": case_id, "fields": list(fields)})).all())
