"""Rows of files that are cases already, and the cases of those that are not yet: claimed and opened in one transaction."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Origin, Transaction
from contracts.importing import DUPLICATE, OPENED, REFUSED, RowMark, RowOutcome
from services.intake.domain.case import Case
from services.intake.domain.facts import Fact
from services.intake.outgoing import outgoing
from services.intake.store import ages, index
from services.intake.store.cases import remember_all
from services.intake.store.index import IndexEntry
from services.intake.store.records import Change, record

CHANNEL, URGENCY = "file", "routine"

_KNOWN = text(
    "select row_key, content, case_id, import_id, line from intake.file_rows"
    " where organisation = :organisation and row_key = any(cast(:keys as bytea[]))"
)
_CLAIM = text(
    """
    insert into intake.file_rows (organisation, row_key, content, case_id, import_id, line)
    select :organisation, r.row_key, r.content, r.case_id, :id, r.line
    from unnest(cast(:keys as bytea[]), cast(:contents as bytea[]), cast(:cases as uuid[]), cast(:lines as integer[]))
         as r(row_key, content, case_id, line) order by r.row_key
    on conflict do nothing returning row_key
    """
)
_CASES = text(
    """
    insert into intake.cases (id, person_id, organisation, channel, urgency, opened_at, opened_by, status_revision,
                              fields_revision)
    select c.id, c.person_id, :organisation, :channel, :urgency, :now, :by, c.status_revision, c.fields_revision
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


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that was sent to interchange, for whom, and by whom."""

    import_id: UUID
    organisation: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class RowKey:
    """Keyed hashes: `key` recognises a row again, `content` tells whether everything in it is still the same."""

    key: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row that is a case of the organisation already, with what it held then, and the line of the file that opened it."""

    content: bytes
    case_id: UUID
    import_id: UUID
    line: int


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row that is no case yet, sealed under its person's key."""

    key: RowKey
    line: int
    case: Case
    changes: Sequence[Change]
    index: Sequence[IndexEntry]
    decision: tuple[str, str, str] | None
    """Deciding organisation in clear, status and reasons sealed."""
    facts: Sequence[Fact]


async def known_rows(tx: Transaction, organisation: str, keys: Sequence[bytes]) -> dict[bytes, KnownRow]:
    """Those that are cases of the organisation already, by their key."""
    rows = await tx.execute(_KNOWN, {"organisation": organisation, "keys": list(keys)})
    return {
        bytes(row.row_key): KnownRow(bytes(row.content), row.case_id, row.import_id, row.line) for row in rows
    }


async def outcomes(
    tx: Transaction, organisation: str, rows: Sequence[RowMark], import_id: UUID | None = None
) -> list[RowOutcome]:
    """Of the rows that are cases, in their order. Identity is compared and never assumed."""
    known = await known_rows(tx, organisation, [bytes.fromhex(row.key) for row in rows])
    found = [(row, known.get(bytes.fromhex(row.key))) for row in rows]
    return [_outcome(row, one, import_id) for row, one in found if one is not None]


def _outcome(row: RowMark, known: KnownRow, import_id: UUID | None) -> RowOutcome:
    """The line that opened the case has opened it, however often it is asked about; any other repeats it, or differs."""
    if (known.import_id, known.line) == (import_id, row.line):
        outcome = OPENED
    else:
        outcome = DUPLICATE if bytes.fromhex(row.content) == known.content else REFUSED
    return RowOutcome(line=row.line, outcome=outcome, case_id=known.case_id)


async def open_rows(tx: Transaction, file: SentFile, new: Sequence[NewRow]) -> None:
    """Open the cases of rows that are none yet, each at most once whatever runs beside it."""
    claimed = await _claim(tx, file, new)
    opened = [row for row in new if row.key.key in claimed]
    if opened:
        await _insert(tx, file, opened)


async def _claim(tx: Transaction, file: SentFile, rows: Sequence[NewRow]) -> set[bytes]:
    if not rows:
        return set()
    parameters = {
        "organisation": file.organisation,
        "id": file.import_id,
        "keys": [row.key.key for row in rows],
        "contents": [row.key.content for row in rows],
        "cases": [row.case.id for row in rows],
        "lines": [row.line for row in rows],
    }
    return {bytes(row.row_key) for row in await tx.execute(_CLAIM, parameters)}


async def _insert(tx: Transaction, file: SentFile, rows: Sequence[NewRow]) -> None:
    who = {"organisation": file.organisation, "now": tx.now, "by": file.origin.actor}
    kind = {"channel": CHANNEL, "urgency": URGENCY}
    opened = [
        (row.case.id, row.case.person_id, row.case.status_revision, row.case.fields_revision) for row in rows
    ]
    await _many(tx, _CASES, {**who, **kind}, ("ids", "persons", "statuses", "fields"), opened)
    await ages.put(tx, {row.case.id: row.case.age for row in rows})
    await remember_all(tx, {row.case.id: file.organisation for row in rows}, file.import_id)
    changes = [change for row in rows for change in row.changes]
    await record(tx, changes, organisation=file.organisation, by=file.origin.actor)
    decided = [(row.case.id, *row.decision) for row in rows if row.decision is not None]
    await _many(tx, _STATUSES, who, ("cases", "deciding", "statuses", "reasons"), decided)
    await index.put(tx, {row.case.id: row.index for row in rows})
    facts = itertools.chain.from_iterable(row.facts for row in rows)
    tx.say(*map(outgoing, facts), origin=file.origin)


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
