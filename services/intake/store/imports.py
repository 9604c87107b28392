"""File imports: the sealed chunks of an upload, its errors, its progress, and rows that are cases already."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Origin, Transaction
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.problems import Conflict, NotFound
from services.intake.domain.case import Case
from services.intake.domain.facts import Fact
from services.intake.domain.headings import EXTERNAL_ID
from services.intake.domain.htcds import RowError
from services.intake.outgoing import import_chunk, import_key, outgoing
from services.intake.store import ages, index
from services.intake.store.cases import remember_all
from services.intake.store.index import IndexEntry
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
_RESULTS = text(
    """
    insert into intake.import_results (import_id, line, outcome, "column", reason, case_id)
    select :id, r.line, r.outcome, r.column, r.reason, r.case_id
    from unnest(cast(:lines as integer[]), cast(:outcomes as text[]), cast(:columns as text[]), cast(:reasons as text[]),
                cast(:cases as uuid[])) with ordinality as r(line, outcome, "column", reason, case_id, number)
    order by r.number
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
    "select row_key, content, case_id from intake.import_rows"
    " where organisation = :organisation and row_key = any(cast(:keys as bytea[]))"
)
_CLAIM = text(
    """
    insert into intake.import_rows (organisation, row_key, content, case_id, import_id)
    select :organisation, r.row_key, r.content, r.case_id, :id
    from unnest(cast(:keys as bytea[]), cast(:contents as bytea[]), cast(:cases as uuid[]))
         as r(row_key, content, case_id) order by r.row_key
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
_END_CHUNK = text("delete from intake.import_chunks where import_id = :id and number = :number")
_PROGRESS = text(
    """
    update intake.imports set done = done + :rows, created = created + :created, duplicates = duplicates + :duplicates,
        errors = errors + :refused,
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
class RowKey:
    """Keyed hashes: `key` recognises a row again, `content` tells whether everything in it is still the same."""

    key: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A row of a chunk and the line of the file on which it began."""

    line: int
    key: RowKey


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row that is a case of the organisation already, with what it held then."""

    content: bytes
    case_id: UUID


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row. `column` and `reason` say why a row was refused."""

    line: int
    outcome: str
    column: str | None = None
    reason: str | None = None
    case_id: UUID | None = None


OPENED, DUPLICATE, REFUSED = "opened", "duplicate", "refused"
DIFFERS = "differs-from-case"
"""The identifier is known, and what stands beside it is not what stood there: a person compares the two."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row that is no case yet, sealed under its person's key."""

    key: RowKey
    case: Case
    changes: Sequence[Change]
    index: Sequence[IndexEntry]
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
    await _put_results(tx, import_id, [RowResult(e.line, REFUSED, e.column, e.reason) for e in errors])
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


async def known_rows(tx: Transaction, organisation: str, keys: Sequence[RowKey]) -> dict[bytes, KnownRow]:
    """Those that are cases of the organisation already, by their key."""
    rows = await tx.execute(_KNOWN, {"organisation": organisation, "keys": [one.key for one in keys]})
    return {bytes(row.row_key): KnownRow(bytes(row.content), row.case_id) for row in rows}


async def finish_chunk(
    tx: Transaction, chunk: Chunk, rows: Sequence[ChunkRow], new: Sequence[NewRow]
) -> None:
    """Open the cases of a chunk in one transaction, each row at most once whatever runs beside it."""
    distinct = {row.key.key: row for row in new}
    claimed = await _claim(tx, chunk, distinct)
    opened = [row for key, row in distinct.items() if key in claimed]
    if opened:
        await _insert(tx, chunk, opened)
    results = _results(rows, await known_rows(tx, chunk.organisation, [row.key for row in rows]), claimed)
    await _put_results(tx, chunk.import_id, results)
    await tx.execute(_END_CHUNK, {"id": chunk.import_id, "number": chunk.number})
    outcomes = Counter(result.outcome for result in results)
    counts = {"rows": len(rows), "created": outcomes[OPENED]}
    counts |= {"duplicates": outcomes[DUPLICATE], "refused": outcomes[REFUSED]}
    progress = await tx.execute(_PROGRESS, {"id": chunk.import_id, "now": tx.now, **counts})
    if progress.scalar_one() is not None:
        tx.say(import_key(chunk.import_id))


def _results(
    rows: Sequence[ChunkRow], known: Mapping[bytes, KnownRow], claimed: set[bytes]
) -> list[RowResult]:
    """The first row of a claimed key opened its case; any other is compared with the case that stands under it."""
    unopened, results = set(claimed), []
    for row in rows:
        result = compared(row, known[row.key.key])
        if row.key.key in unopened:
            unopened.remove(row.key.key)
            result = replace(result, outcome=OPENED)
        results.append(result)
    return results


def compared(row: ChunkRow, known: KnownRow) -> RowResult:
    """Identity is compared and never assumed: the same row is named with its case, another content is refused."""
    if row.key.content == known.content:
        return RowResult(row.line, DUPLICATE, case_id=known.case_id)
    return RowResult(row.line, REFUSED, EXTERNAL_ID, DIFFERS, known.case_id)


async def _put_results(tx: Transaction, import_id: UUID, results: Sequence[RowResult]) -> None:
    if not results:
        return
    parameters = {
        "lines": [one.line for one in results],
        "outcomes": [one.outcome for one in results],
        "columns": [one.column for one in results],
        "reasons": [one.reason for one in results],
        "cases": [one.case_id for one in results],
    }
    await tx.execute(_RESULTS, {"id": import_id, **parameters})


async def _claim(tx: Transaction, chunk: Chunk, rows: Mapping[bytes, NewRow]) -> set[bytes]:
    if not rows:
        return set()
    parameters = {
        "organisation": chunk.organisation,
        "id": chunk.import_id,
        "keys": list(rows),
        "contents": [row.key.content for row in rows.values()],
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
    await remember_all(tx, {row.case.id: chunk.organisation for row in rows}, chunk.import_id)
    changes = [change for row in rows for change in row.changes]
    await record(tx, changes, organisation=chunk.organisation, by=chunk.origin.actor)
    decided = [(row.case.id, *row.decision) for row in rows if row.decision is not None]
    await _many(tx, _STATUSES, who, ("cases", "deciding", "statuses", "reasons"), decided)
    await index.put(tx, {row.case.id: row.index for row in rows})
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
