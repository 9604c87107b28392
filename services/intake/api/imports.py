"""Routes: import a CSV or XLSX with HTCDS columns. The upload stays in memory, and is kept only sealed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from chassis.access import require
from chassis.auth import Actor
from chassis.http import Done, Listing, Page, Tx, Who, cursor, done
from chassis.idempotency import content_was
from chassis.positions import number, positioned
from chassis.problems import BadRequest, Invalid, TooLarge, UnsupportedMediaType
from chassis.service import Running, Service
from services.intake import imports, queries
from services.intake.cell_keys import cell_key_of
from services.intake.domain.htcds import MAX_FILE_BYTES, BadFile, RowError, Sheet
from services.intake.spreadsheet import read_file
from services.intake.store import imports as store

router = APIRouter(tags=["imports"])
MOST_SHOWN = 1_000

_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


class InMemory(MultiPartParser):
    """Starlette's parser puts a part of more than a megabyte on disk, in clear. With 0 it never does."""

    spool_max_size = 0


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was read whole. `chunks` are sealed; for a dry run there are none."""

    import_id: UUID
    sheet: Sheet
    keys: Sequence[bytes]
    chunks: Sequence[str]


DryRunQuery = Annotated[bool, Query(description="only say what would happen")]


async def _prepare(request: Request, actor: Who, service: Running, dry_run: DryRunQuery = False) -> Upload:
    require(actor, "case.import", organisation=actor.organisation)
    content = await _file(request)
    try:
        sheet = await asyncio.to_thread(read_file, content, service.today())
    except BadFile as error:
        column = [] if error.column is None else ["column", error.column]
        raise Invalid(
            errors=[{"loc": ["body", "file", *column], "msg": str(error), "code": error.code}]
        ) from None
    key = request.headers.get("idempotency-key")
    import_id = await cell_key_of(service).identifier("import", actor, key)
    if key is not None and await _accepted(service, actor, import_id):
        return Upload(
            import_id, sheet, (), ()
        )  # sent again: its key may be gone, and the first answer is given again
    if dry_run:
        return Upload(import_id, sheet, await imports.row_keys(service, actor.organisation, sheet.rows), ())
    return Upload(import_id, sheet, (), await imports.seal_upload(service, actor, import_id, sheet.rows))


async def _accepted(service: Service, actor: Actor, import_id: UUID) -> bool:
    async with service.database.transaction(actor.origin()) as tx:
        return await store.exists(tx, import_id)


async def _file(request: Request) -> bytes:
    """The part named `file`, read as it streams in."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise UnsupportedMediaType
    parser = InMemory(request.headers, request.stream(), max_files=1, max_fields=5)
    try:
        form = await parser.parse()
    except MultiPartException:
        raise BadRequest from None
    upload = form.get("file")
    if not isinstance(upload, UploadFile):
        message = "a part named `file` with a file name is needed"
        raise Invalid(errors=[{"loc": ["body", "file"], "msg": message, "code": "missing"}])
    content = await upload.read()
    await form.close()
    if len(content) > MAX_FILE_BYTES:
        raise TooLarge
    content_was(request, content)
    return content


class RowErrorView(BaseModel):
    """Where and why; never what stood there. `column` is a field, or `*` for the row."""

    line: int
    column: str
    reason: str


class DryRun(BaseModel):
    """What the import would do. `duplicates` are rows that are cases already, or stand in the file more than once."""

    total: int
    good: int
    bad: int
    duplicates: int
    errors: list[RowErrorView]
    more_errors: bool


@router.post(
    "/v1/imports",
    status_code=202,
    summary="Import a CSV or XLSX with HTCDS columns",
    responses={200: {"model": DryRun, "description": "dry run"}, 202: {"model": Done}},
    openapi_extra=_FORM,
)
async def post_import(
    actor: Who,
    upload: Annotated[Upload, Depends(_prepare)],
    tx: Tx,
    response: Response,
    dry_run: DryRunQuery = False,
) -> Done | DryRun:
    if dry_run:
        response.status_code = 200
        return await _dry_run(tx, actor.organisation, upload)
    sheet = upload.sheet
    await store.accept(tx, actor, upload.import_id, sheet.total, sheet.errors, upload.chunks)
    where = f"/v1/imports/{upload.import_id}"
    return done(tx, response, upload.import_id, status=202, location=where)


async def _dry_run(tx: Tx, organisation: str, upload: Upload) -> DryRun:
    sheet, distinct = upload.sheet, set(upload.keys)
    known = await store.known_rows(tx, organisation, sorted(distinct))
    return DryRun(
        total=sheet.total,
        good=len(sheet.rows),
        bad=sheet.total - len(sheet.rows),
        duplicates=len(sheet.rows) - len(distinct - known),
        errors=[_error(error) for error in sheet.errors[:MOST_SHOWN]],
        more_errors=len(sheet.errors) > MOST_SHOWN,
    )


def _error(error: RowError) -> RowErrorView:
    return RowErrorView(line=error.line, column=error.column, reason=error.reason)


class ImportView(BaseModel):
    """Progress in rows: `done` of `total`, of which `created`, `duplicates` and `errors`."""

    id: UUID
    state: str
    total: int
    done: int
    created: int
    duplicates: int
    errors: int
    at: datetime
    ended_at: datetime | None


@router.get("/v1/imports/{import_id}", summary="How far an import is")
async def get_import(import_id: UUID, actor: Who, tx: Tx) -> ImportView:
    await store.require_import(tx, actor, import_id)
    row = await queries.import_row(tx, import_id)
    state = "running" if row.ended_at is None else "done"
    return ImportView.model_validate({**row._mapping, "state": state})  # noqa: SLF001  # SQLAlchemy's public name


@router.get("/v1/imports/{import_id}/errors", summary="Rows that were refused, by line, column and reason")
async def get_import_errors(import_id: UUID, actor: Who, tx: Tx, page: Page) -> Listing[RowErrorView]:
    await store.require_import(tx, actor, import_id)
    (after,) = positioned(page.after, number) or (0,)
    rows = await queries.import_errors(tx, import_id, after, page.limit)
    items = [RowErrorView.model_validate(row, from_attributes=True) for row in rows]
    return Listing(items=items, next=cursor(rows[-1].number) if len(rows) == page.limit else None)
