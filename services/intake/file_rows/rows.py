"""Rows of a file that interchange has read: sealed under keys of their persons, and each a case once, however often it is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid5

from chassis.problems import Invalid
from chassis.service import Service
from chassis.vault.vault import Sealing
from contracts.casefile.fields import STATUS, STATUS_BY, InvalidField, checked, from_text, to_text
from contracts.casefile.partial_date import InvalidDate
from contracts.casefile.urgent import URGENT_FIELDS
from contracts.codes import UnknownCode
from contracts.internal import FileRow, RowMark
from services.intake.casefile.domain.age import AgeEvidence
from services.intake.casefile.domain.case import Case
from services.intake.casefile.domain.facts import CaseFact
from services.intake.casefile.domain.field_classes import OWN_NUMBER
from services.intake.casefile.indexing import index_of
from services.intake.casefile.numbering import entries_of
from services.intake.casefile.sealing import fields_to_seal
from services.intake.casefile.store.own_numbers import SealedNumber
from services.intake.casefile.store.records import Change
from services.intake.file_rows import store
from services.intake.file_rows.store import NewRow, RowKey, SentFile
from services.intake.identification.domain.facts import Fact
from services.intake.identification.domain.field_classes import REASONS, STATUS_CLASS
from services.intake.identification.domain.identification import Identification
from services.intake.identification.sealing import status_record
from services.intake.identification.store.records import SealedDecision

CHANNEL, URGENCY = "file", "routine"
DECIDED = (STATUS, STATUS_BY)
NO_REASONS = "As decided in the imported file."
ROWS = UUID("3b0b6d0a-0d1c-4e0b-8f43-5a3e1f0d9c52")
"""Namespace of the identifiers of cases that come from rows, so that a repeated attempt uses the same keys."""


@dataclass(frozen=True, slots=True)
class FreshRow:
    """A row that is no case yet, with the identifiers that it will have. `line` is where it was first written."""

    key: RowKey
    line: int
    case_id: UUID
    person_id: UUID
    fields: Mapping[str, str]
    number: str | None = None


def require_canonical(rows: Sequence[FileRow]) -> None:
    """Require canonical values. Interchange has checked each; a value that it did not check is not sealed. Raises
    Invalid, naming fields and never values.
    """
    errors = [
        {
            "loc": ["body", "rows", place, "fields", name],
            "msg": "not a value of this field",
            "code": "invalid",
        }
        for place, row in enumerate(rows)
        for name, text in row.fields.items()
        if not _is_canonical(name, text)
    ]
    errors += [
        {"loc": ["body", "rows", place, "fields"], "msg": "a status and who decided it", "code": "missing"}
        for place, row in enumerate(rows)
        if len(row.fields.keys() & set(DECIDED)) == 1
    ]
    if errors:
        raise Invalid(errors=errors)


def _is_canonical(name: str, text: str) -> bool:
    """True for a value in canonical form. Flags are recorded as flags, by no field of a file."""
    try:
        return name not in URGENT_FIELDS and to_text(checked(name, from_text(name, text))) == text
    except (InvalidField, InvalidDate, UnknownCode, ValueError, TypeError):
        return False


async def sealed_rows(service: Service, file: SentFile, rows: Sequence[FileRow]) -> list[NewRow]:
    """The rows sealed, with everything that needs the vault: keys for all persons at once, then all their fields.
    Repeated, the same identifiers.
    """
    async with service.database.transaction(service.database.system()) as tx:
        known = await store.known_rows(tx, file.organisation, [bytes.fromhex(row.key) for row in rows])
    fresh = _fresh(file, rows, known)
    if not fresh:
        return []
    vault, now, today = service.vault, service.clock(), service.today()
    await vault.create_many([row.person_id for row in fresh])
    sealed = iter(await vault.seal_many([one for row in fresh for one in _sealings(row)]))
    indexes = await index_of(service, file.organisation, [row.fields for row in fresh])
    entries = await numbers_of(service, file.organisation, rows)
    return [
        _new_row(
            file, row, {name: next(sealed) for name in _places(row)}, index, entries.get(row.line), now, today
        )
        for row, index in zip(fresh, indexes, strict=True)
    ]


async def numbers_of(service: Service, organisation: str, rows: Sequence[RowMark]) -> dict[int, bytes]:
    """Line → the keyed hash of the own number that its row has."""
    numbers = {row.line: row.own_number for row in rows if row.own_number is not None}
    entries = await entries_of(service, organisation, list(numbers.values()))
    return dict(zip(numbers, entries, strict=True))


def _fresh(file: SentFile, rows: Sequence[FileRow], known: Mapping[bytes, store.KnownRow]) -> list[FreshRow]:
    """The first of each row that is no case yet."""
    fresh: dict[bytes, FreshRow] = {}
    for row in rows:
        key = bytes.fromhex(row.key)
        if key not in known and key not in fresh:
            case_id = uuid5(ROWS, f"{file.organisation} {row.key}")
            mark = RowKey(key, bytes.fromhex(row.content))
            fresh[key] = FreshRow(
                mark, row.line, case_id, uuid5(case_id, "person"), row.fields, row.own_number
            )
    return list(fresh.values())


def _places(row: FreshRow) -> list[str]:
    """The texts of a row that are sealed, in one order: its fields, its number, then its decision where it has one."""
    return [
        *row.fields,
        *(() if row.number is None else (OWN_NUMBER,)),
        *((STATUS_CLASS, REASONS) if STATUS in row.fields else ()),
    ]


def _sealings(row: FreshRow) -> list[Sealing]:
    own = fields_to_seal(row.person_id, row.case_id, row.fields)
    if row.number is not None:
        own.append(Sealing(row.person_id, OWN_NUMBER, row.case_id, row.number))
    if STATUS not in row.fields:
        return own
    record = status_record(row.case_id, 1)
    decision = Sealing(row.person_id, STATUS_CLASS, record, row.fields[STATUS])
    return [*own, decision, Sealing(row.person_id, REASONS, record, NO_REASONS)]


def _new_row(
    file: SentFile,
    row: FreshRow,
    sealed: dict[str, str],
    index: Sequence[bytes],
    entry: bytes | None,
    now: datetime,
    today: date,
) -> NewRow:
    known = [name for name in row.fields if name not in DECIDED]
    case, opened = Case.open(
        row.case_id,
        row.person_id,
        channel=CHANNEL,
        organisation=file.organisation,
        urgency=URGENCY,
        now=now,
        import_id=file.import_id,
    )
    facts: list[Fact | CaseFact] = [*opened]
    facts += case.learn_age(AgeEvidence().changed(row.fields, None), today, first=True)
    number = None if entry is None else SealedNumber(entry, sealed[OWN_NUMBER])
    facts += case.record(known, numbered=number is not None)
    recorded = known if number is None else [*known, OWN_NUMBER]
    changes = [Change(row.case_id, case.fields_revision, name, sealed[name]) for name in recorded]
    decision = None
    if STATUS in row.fields:
        facts += Identification(case).identify(row.fields[STATUS_BY], sealed[STATUS_CLASS], DECIDED)
        decision = SealedDecision(
            row.case_id, case.status_revision, row.fields[STATUS_BY], sealed[STATUS_CLASS], sealed[REASONS]
        )
        changes += [Change(row.case_id, case.fields_revision, name, sealed[name]) for name in DECIDED]
    return NewRow(row.key, row.line, case, changes, index, decision, facts, number)
