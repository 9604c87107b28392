"""Answers about files of cases, those that came in and those that go out, in the way of `answers`."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from services.console.answers import Move, Page
from services.console.asking import Order, Question
from services.console.log_answers import File


class Import(BaseModel):
    id: UUID
    state: str
    total: int
    done: int
    created: int
    duplicates: int
    errors: int
    at: datetime
    ended_at: datetime | None


class ImportedRow(BaseModel):
    line: int
    outcome: str
    case_id: UUID | None
    case_reference: str | None
    column: str | None
    reason: str | None


class RefusedRow(BaseModel):
    line: int
    column: str
    reason: str
    codelist: str | None
    case_id: UUID | None
    case_reference: str | None


class RepeatedRow(BaseModel):
    line: int
    case_id: UUID | None
    case_reference: str | None


class DryRun(BaseModel):
    """The answer to a file that was only looked at."""

    total: int
    good: int
    bad: int
    duplicates: int
    repeated: list[RepeatedRow]
    errors: list[RefusedRow]
    more: bool


class LostField(BaseModel):
    field: str
    cases: int


class Export(BaseModel):
    id: UUID
    state: str
    format: str
    opened_from: date | None
    opened_to: date | None
    cases: int
    lost: list[LostField]
    reason: str | None
    size: int | None
    file: str | None
    at: datetime
    expires_at: datetime | None
    moves: list[Move]


IMPORTS = Question("interchange", "list_imports", "/v1/imports", Page[Import])
IMPORT = Question("interchange", "get_import", "/v1/imports/{import_id}", Import)
IMPORTED_ROWS = Question("interchange", "list_import_rows", "/v1/imports/{import_id}/rows", Page[ImportedRow])
REFUSED_ROWS = Question(
    "interchange", "list_import_errors", "/v1/imports/{import_id}/errors", Page[RefusedRow]
)
START_IMPORT = Order("interchange", "start_import", "POST", "/v1/imports")
EXPORTS = Question("interchange", "list_exports", "/v1/exports", Page[Export])
EXPORT = Question("interchange", "get_export", "/v1/exports/{export_id}", Export)
EXPORT_FILE = Question("interchange", "get_export_file", "/v1/exports/{export_id}/file", File)
