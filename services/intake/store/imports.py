"""File imports: the sealed chunks of an upload, its errors, its progress, and rows that are cases already."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.access import require
from chassis.auth import Actor
from chassis.database import Origin, Transaction
from chassis.problems import Conflict, NotFound
from services.intake.domain.case import Case
from services.intake.domain.facts import Fact
from services.intake.domain.htcds import RowError
from services.intake.outgoing import import_chunk, import_key, outgoing
from services.intake.store import ages
from services.intake.store.cases import remember_all
from services.intake.store.records import Change, record

_INSERT = text(
    """
    insert into intake.imports (id, organisation, by, purpose, policy, total, done, errors, chunks, at, ended_at)
    values (:id, :organisation, :by, :purpose, :policy, :total, cast(:errors as integer), cast(:errors as integer),
            cast(:chunks as integer), cast(:now as timestamptz),
            case when cast(:chunks as integer) = 0 then cast(:now as timestamptz) end)
    on conflict (id) do nothing
    """
)
_ERRORS = text(
    """
    insert into intake.import_errors (import_id, number, line, "column", reason)
    select :id, e.number, e.line, e.column, e.reason
    from unnest(cast(:lines as integer[]), cast(:columns as text[]), cast(:reasons as text[]))
         with ordinality as e(line, "column", reason, number)
    """
)
_CHUNKS = text(
    """
    insert into intake.import_chunks (import_id, number, sealed)
    select :id, c.number, c.sealed from unnest(cast(:sealed as text[])) with ordinality as c(sealed, number)
    """
)
_READ_CHUNK = text(
    """
    select c.sealed, i.organisation, i.by, i.purpose, i.policy from intake.import_chunks c
    join intake.imports i on i.id = c.import_id where c.import_id = :id and c.number = :number
    """
)
_KNOWN = text(
    "select row_key from intake.import_rows where organisation = :organisation and row_key = any(cast(:keys as bytea[]))"
)
_CLAIM = text(
    """
    insert into intake.import_rows (organisation, row_key, case_id, import_id)
    select :organisation, r.row_key, r.case_id, :id
    from unnest(cast(:keys as bytea[]), cast(:cases as uuid[])) as r(row_key, case_id) order by r.row_key
    on conflict do nothing returning row_key
    """
)
_CASES = text(
    """
    insert into intake.cases (id, person_id, organisation, channel, urgency, opened_at, opened_by, status_revision,
                              fields_revision)
    select c.id, c.person_id, :organisation, 'file', 'routine', :now, :by, c.status_revision, c.fields_revision
    from unnest(cast(:ids as uuid[]), cast(:persons as uuid[]), cast(:statuses as integer[]), cast(:fields as integer[]))
         as c(id, person_id, status_revision, fields_revision)
    """
)
_STATUSES = text(
    """
    insert into intake.statuses (case_id, revision, organisation, deciding_organisation, status, reasons, at, by)
    select s.case_id, 1, :organisation, s.deciding, s.status, s.reasons, :now, :by
    from unnest(cast(:cases as uuid[]), cast(:deciding as text[]), cast(:statuses as text[]), cast(:reasons as text[]))
         as s(case_id, deciding, status, reasons)
    """
)
_INDEX = text(
    """
    insert into intake.blind_index (case_id, organisation, entry)
    select i.case_id, :organisation, i.entry from unnest(cast(:cases as uuid[]), cast(:entries as bytea[])) as i(case_id, entry)
    """
)
_END_CHUNK = text("delete from intake.import_chunks where import_id = :id and number = :number")
_PROGRESS = text(
    """
    update intake.imports set done = done + :rows, created = created + :created, duplicates = duplicates + :duplicates,
        ended_at = case when done + :rows >= total then cast(:now as timestamptz) end
    where id = :id returning ended_at
    """
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A sealed chunk, and who sent the file."""

    import_id: UUID
    number: int
    sealed: str
    organisation: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row that is no case yet, sealed under its person's key."""

    key: bytes
    case: Case
    changes: Sequence[Change]
    index: bytes | None
    decision: tuple[str, str, str] | None
    """Deciding organisation in clear, status and reasons sealed."""
    facts: Sequence[Fact]


async def accept(
    tx: Transaction,
    actor: Actor,
    import_id: UUID,
    total: int,
    errors: Sequence[RowError],
    chunks: Sequence[str],
) -> None:
    """An upload is taken: its errors are known already, and each chunk of good rows becomes a piece of work."""
    parameters = {
        "id": import_id,
        "organisation": actor.organisation,
        "by": actor.subject,
        "purpose": actor.purpose,
        "policy": actor.policies.version,
        "total": total,
        "errors": len({error.line for error in errors}),
        "chunks": len(chunks),
        "now": tx.now,
    }
    if (await tx.execute(_INSERT, parameters)).rowcount != 1:
        raise Conflict
    if errors:
        columns = {
            "lines": [error.line for error in errors],
            "columns": [error.column for error in errors],
            "reasons": [error.reason for error in errors],
        }
        await tx.execute(_ERRORS, {"id": import_id, **columns})
    if chunks:
        await tx.execute(_CHUNKS, {"id": import_id, "sealed": list(chunks)})
    tx.say(*(import_chunk(import_id, number) for number in range(1, len(chunks) + 1)))


async def exists(tx: Transaction, import_id: UUID) -> bool:
    statement = text("select true from intake.imports where id = :id")
    return (await tx.execute(statement, {"id": import_id})).scalar_one_or_none() is not None


async def require_import(tx: Transaction, actor: Actor, import_id: UUID) -> None:
    """NotFound for another organisation's, the same as for none."""
    statement = text("select organisation from intake.imports where id = :id")
    organisation = (await tx.execute(statement, {"id": import_id})).scalar_one_or_none()
    if organisation is None or organisation != actor.organisation:
        raise NotFound
    require(actor, "case.import", organisation=organisation)


async def read_chunk(tx: Transaction, import_id: UUID, number: int) -> Chunk | None:
    """None where it was done before."""
    row = (await tx.execute(_READ_CHUNK, {"id": import_id, "number": number})).first()
    if row is None:
        return None
    origin = Origin(row.by, row.organisation, row.purpose, row.policy)
    return Chunk(import_id, number, row.sealed, row.organisation, origin)


async def known_rows(tx: Transaction, organisation: str, keys: Sequence[bytes]) -> set[bytes]:
    """Those that are cases of the organisation already."""
    rows = await tx.execute(_KNOWN, {"organisation": organisation, "keys": list(keys)})
    return {bytes(row.row_key) for row in rows}


async def finish_chunk(tx: Transaction, chunk: Chunk, count: int, new: Sequence[NewRow]) -> None:
    """Open the cases of a chunk of `count` rows in one transaction, each row at most once whatever runs beside it."""
    distinct = {row.key: row for row in new}
    claimed = await _claim(tx, chunk, distinct)
    opened = [row for key, row in distinct.items() if key in claimed]
    if opened:
        await _insert(tx, chunk, opened)
    await tx.execute(_END_CHUNK, {"id": chunk.import_id, "number": chunk.number})
    counts = {"rows": count, "created": len(opened), "duplicates": count - len(opened)}
    progress = await tx.execute(_PROGRESS, {"id": chunk.import_id, "now": tx.now, **counts})
    if progress.scalar_one() is not None:
        tx.say(import_key(chunk.import_id))


async def _claim(tx: Transaction, chunk: Chunk, rows: Mapping[bytes, NewRow]) -> set[bytes]:
    if not rows:
        return set()
    parameters = {
        "organisation": chunk.organisation,
        "id": chunk.import_id,
        "keys": list(rows),
        "cases": [row.case.id for row in rows.values()],
    }
    return {bytes(row.row_key) for row in await tx.execute(_CLAIM, parameters)}


async def _insert(tx: Transaction, chunk: Chunk, rows: Sequence[NewRow]) -> None:
    who = {"organisation": chunk.organisation, "now": tx.now, "by": chunk.origin.actor}
    opened = [
        (row.case.id, row.case.person_id, row.case.status_revision, row.case.fields_revision) for row in rows
    ]
    await _many(tx, _CASES, who, ("ids", "persons", "statuses", "fields"), opened)
    await ages.put(tx, {row.case.id: row.case.age for row in rows})
    await remember_all(tx, {row.case.id: chunk.organisation for row in rows})
    changes = [change for row in rows for change in row.changes]
    await record(tx, changes, organisation=chunk.organisation, by=chunk.origin.actor)
    decided = [(row.case.id, *row.decision) for row in rows if row.decision is not None]
    await _many(tx, _STATUSES, who, ("cases", "deciding", "statuses", "reasons"), decided)
    indexed = [(row.case.id, row.index) for row in rows if row.index is not None]
    await _many(tx, _INDEX, {"organisation": chunk.organisation}, ("cases", "entries"), indexed)
    facts = itertools.chain.from_iterable(row.facts for row in rows)
    tx.say(*map(outgoing, facts), origin=chunk.origin)


async def _many(
    tx: Transaction,
    statement: Any,
    who: Mapping[str, Any],
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
) -> None:
    if rows:
        columns = (list(column) for column in zip(*rows, strict=True))
        await tx.execute(statement, {**who, **dict(zip(names, columns, strict=True))})
