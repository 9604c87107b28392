"""File imports: the sealed chunks of an upload, its errors, its progress, and rows that are cases already."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import text

from chassis.database import Origin, Transaction
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.problems import Conflict, NotFound
from chassis.tables import insert_missing, insert_set
from services.intake.domain.case import Case
from services.intake.domain.facts import Fact
from services.intake.domain.headings import EXTERNAL_ID
from services.intake.domain.htcds import RowError
from services.intake.outgoing import import_chunk, import_key, outgoing
from services.intake.store import cases, index, records
from services.intake.store.cases import OpenedCase
from services.intake.store.index import IndexEntry
from services.intake.store.records import Change, SealedDecision
from services.intake.store.tables import IMPORT_CHUNKS, IMPORT_RESULTS, IMPORT_ROWS, IMPORTS

_INSERT = insert_missing(IMPORTS, without=["created", "duplicates"], key=["id"])
_RESULTS = insert_set(IMPORT_RESULTS)
_CHUNKS = insert_set(IMPORT_CHUNKS)
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
_CLAIM = insert_missing(IMPORT_ROWS, returning="t.row_key")
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
    decision: SealedDecision | None
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
    wrong = len({error.line for error in errors})
    row = {
        "id": import_id,
        "organisation": actor.organisation,
        "by": actor.subject,
        "purpose": actor.purpose,
        "policy": actor.policies.version,
        "total": total,
        "done": wrong,
        "errors": wrong,
        "chunks": len(chunks),
        "at": tx.now,
        "ended_at": None if chunks else tx.now,
    }
    if await _INSERT.write(tx, [row]) != 1:
        raise Conflict
    refused = [RowResult(e.line, REFUSED, e.column, e.reason) for e in errors]
    await _RESULTS.write(tx, refused, import_id=import_id)
    numbered = [{"number": number, "sealed": sealed} for number, sealed in enumerate(chunks, 1)]
    await _CHUNKS.write(tx, numbered, import_id=import_id)
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
    return {row.row_key: KnownRow(row.content, row.case_id) for row in rows}


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
    await _RESULTS.write(tx, results, import_id=chunk.import_id)
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


async def _claim(tx: Transaction, chunk: Chunk, rows: Mapping[bytes, NewRow]) -> set[bytes]:
    if not rows:
        return set()
    claimed = [
        {"row_key": key, "content": rows[key].key.content, "case_id": rows[key].case.id}
        for key in sorted(rows)
    ]
    done = await _CLAIM.execute(tx, claimed, organisation=chunk.organisation, import_id=chunk.import_id)
    return set(done.scalars())


async def _insert(tx: Transaction, chunk: Chunk, rows: Sequence[NewRow]) -> None:
    by = chunk.origin.actor
    await cases.write_opened(tx, [OpenedCase(row.case, row.facts) for row in rows], by=by)
    await cases.remember_all(tx, {row.case.id: chunk.organisation for row in rows}, chunk.import_id)
    changes = [change for row in rows for change in row.changes]
    await records.record(tx, changes, organisation=chunk.organisation, by=by)
    decided = [row.decision for row in rows if row.decision is not None]
    await records.add_statuses(tx, decided, organisation=chunk.organisation, by=by)
    await index.put(tx, chunk.organisation, {row.case.id: row.index for row in rows})
    facts = itertools.chain.from_iterable(row.facts for row in rows)
    tx.say(*map(outgoing, facts), origin=chunk.origin)
