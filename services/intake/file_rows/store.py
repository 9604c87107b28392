"""Rows of files that are cases already, and the cases of those that are not yet: claimed and opened in one transaction."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Origin, Transaction
from chassis.identity.auth import Actor
from chassis.identity.references import references_of
from chassis.problems import Unavailable
from chassis.tables import insert_missing, upsert_set
from contracts.internal import DUPLICATE, OPENED, REFUSED, RowMark, RowOutcome
from services.intake.casefile.domain.case import Case, CaseState
from services.intake.casefile.domain.facts import CaseFact, CaseOpened
from services.intake.casefile.store import cases, index, own_numbers, records, references
from services.intake.casefile.store.cases import OpenedCase, readable
from services.intake.casefile.store.own_numbers import SealedNumber
from services.intake.casefile.store.records import Change
from services.intake.file_rows.tables import FILE_ROWS
from services.intake.identification.domain.facts import Fact
from services.intake.identification.outgoing import outgoing
from services.intake.identification.store.records import SealedDecision, add_statuses

_KNOWN = text(
    "select row_key, content, case_id, import_id, line from intake.file_rows"
    " where organisation = :organisation and row_key = any(cast(:keys as bytea[]))"
)
_CLAIM = insert_missing(FILE_ROWS, returning="t.row_key")
_MARK = upsert_set(FILE_ROWS, update=["content"], where="t.case_id = excluded.case_id")
_MARKABLE = text(
    "select id from intake.cases where id = any(:ids) and organisation = :organisation and state <> :erased"
    " order by id for share"
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
    index: Sequence[bytes]
    decision: SealedDecision | None
    facts: Sequence[Fact | CaseFact]
    number: SealedNumber | None = None


async def known_rows(tx: Transaction, organisation: str, keys: Sequence[bytes]) -> dict[bytes, KnownRow]:
    """The rows that are cases of the organisation already, by their key."""
    rows = await tx.execute(_KNOWN, {"organisation": organisation, "keys": list(keys)})
    return {
        bytes(row.row_key): KnownRow(bytes(row.content), row.case_id, row.import_id, row.line) for row in rows
    }


async def outcomes(
    tx: Transaction,
    sender: Actor,
    rows: Sequence[RowMark],
    numbers: Mapping[int, bytes],
    import_id: UUID | None = None,
) -> list[RowOutcome]:
    """The outcomes of the rows that are cases, or whose own number another case has, in their order. Identity is compared and never
    assumed. Whoever writes a number into a file need not know of whom: the case that has it is named to whoever may read it alone.
    """
    known = await known_rows(tx, sender.organisation, [bytes.fromhex(row.key) for row in rows])
    taken = await own_numbers.cases_with(tx, sender.organisation, set(numbers.values()))
    found: list[tuple[int, str, UUID]] = []
    for row in rows:
        one, other = known.get(bytes.fromhex(row.key)), taken.get(numbers.get(row.line, b""))
        if one is not None:
            found.append((row.line, _outcome(row, one, import_id), one.case_id))
        elif other is not None:
            found.append((row.line, REFUSED, other))
    refused = {case_id for _, outcome, case_id in found if outcome == REFUSED}
    named = {case_id for *_, case_id in found} - refused | await readable(tx, sender, refused)
    references = await references_of(tx, named)
    return [
        RowOutcome(
            line=line,
            outcome=outcome,
            case_id=case_id if case_id in named else None,
            case_reference=references.get(case_id),
        )
        for line, outcome, case_id in found
    ]


def _outcome(row: RowMark, known: KnownRow, import_id: UUID | None) -> str:
    """The line that opened the case has opened it, however often it is asked about; any other repeats it, or differs."""
    if (known.import_id, known.line) == (import_id, row.line):
        return OPENED
    return DUPLICATE if bytes.fromhex(row.content) == known.content else REFUSED


async def open_rows(tx: Transaction, file: SentFile, new: Sequence[NewRow]) -> None:
    """Open the cases of rows that are none yet, each at most once whatever runs beside it; none whose own number another case has."""
    numbers = {row.case.id: row.number for row in new if row.number is not None}
    taken = await own_numbers.cases_with(tx, file.organisation, {one.entry for one in numbers.values()})
    free = [row for row in new if row.number is None or row.number.entry not in taken]
    claimed = await _claim(tx, file, free)
    opened = [row for row in free if row.key.key in claimed]
    if opened:
        await _insert(tx, file, opened)


async def _claim(tx: Transaction, file: SentFile, rows: Sequence[NewRow]) -> set[bytes]:
    if not rows:
        return set()
    claimed = [
        {"row_key": row.key.key, "content": row.key.content, "case_id": row.case.id, "line": row.line}
        for row in sorted(rows, key=lambda one: one.key.key)
    ]
    done = await _CLAIM.execute(tx, claimed, organisation=file.organisation, import_id=file.import_id)
    return set(done.scalars())


async def _insert(tx: Transaction, file: SentFile, rows: Sequence[NewRow]) -> None:
    by = file.origin.actor
    await cases.write_opened(tx, [_opened(row) for row in rows], by=by)
    await cases.remember_all(tx, {row.case.id: file.organisation for row in rows}, file.import_id)
    numbers = {row.case.id: row.number for row in rows if row.number is not None}
    if not await own_numbers.add(tx, file.organisation, numbers):
        raise Unavailable  # somebody gave a case this number meanwhile: asked again, the row is refused
    changes = [change for row in rows for change in row.changes]
    await records.record(tx, changes, organisation=file.organisation, by=by)
    decided = [row.decision for row in rows if row.decision is not None]
    await add_statuses(tx, decided, organisation=file.organisation, by=by)
    index.add(tx, file.organisation, {row.case.id: row.index for row in rows})
    facts = itertools.chain.from_iterable(row.facts for row in rows)
    tx.say(*map(outgoing, facts), origin=file.origin)
    await references.give(tx, [row.case.id for row in rows], file.origin)


def _opened(row: NewRow) -> OpenedCase:
    return OpenedCase(row.case, [fact for fact in row.facts if isinstance(fact, CaseOpened)])


async def mark(
    tx: Transaction, marks: Sequence[Mapping[str, object]], organisation: str, export_id: UUID
) -> int:
    """Of rows that were written out; one that is another case's mark already stays that one's. How many were kept.

    None for a case that the organisation has not, or that is erased: what an erasure deleted does not come back.
    """
    ids = sorted({one["case_id"] for one in marks}, key=str)
    asked = {"ids": ids, "organisation": organisation, "erased": CaseState.ERASED}
    markable = set((await tx.execute(_MARKABLE, asked)).scalars())
    kept = [one for one in marks if one["case_id"] in markable]
    return await _MARK.write(tx, kept, organisation=organisation, import_id=export_id)
