"""Route: import a CSV or XLSX with HTCDS columns. The upload stays in memory, and is kept only sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.problems import BadRequest, Invalid, TooLarge, UnsupportedMediaType
from chassis.service import Service
from chassis.web.http import Done, Tx, Who, done
from chassis.web.idempotency import content_was
from contracts.casefile.file_limits import MOST_FILE_BYTES
from contracts.casefile.reference import ShownReference
from contracts.internal import DUPLICATE, REFUSED, FileRow, RowMark, RowOutcome
from services.interchange import imports
from services.interchange.api.rows import RowErrorView, refused_row
from services.interchange.domain.cells import BadFile
from services.interchange.domain.htcds import Place, RowError, Sheet
from services.interchange.intake_rows import known_rows
from services.interchange.parts import Running
from services.interchange.store.imports import RowResult, accept, exists

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
    """A file that was read whole. `chunks` are sealed; a dry run has its rows instead, and those that are cases already."""

    import_id: UUID
    sheet: Sheet
    chunks: Sequence[str] = ()
    rows: Sequence[FileRow] = ()
    known: Sequence[RowOutcome] = ()


DryRunQuery = Annotated[bool, Query(description="only say what would happen")]


class SameRows(StrEnum):
    """The sender's word on rows without an identifier that are alike in everything: written twice, or several persons."""

    REFUSE = "refuse"
    SEPARATE = "separate"


SameRowsQuery = Annotated[
    SameRows,
    Query(
        description="rows without cor_ExternalId that are alike in everything: refuse the later, or each a case"
    ),
]


async def _prepare(
    request: Request,
    actor: Who,
    service: Running,
    dry_run: DryRunQuery = False,
    same_rows: SameRowsQuery = SameRows.REFUSE,
) -> Upload:
    require(actor, "case.import", organisation=actor.organisation)
    content = await _file(request)
    try:
        place = Place(service.today(), service.settings.country.buddhist_era)
        sheet = await service.parts.reading.read(content, place, several=same_rows is SameRows.SEPARATE)
    except BadFile as error:
        column = [] if error.column is None else ["column", error.column]
        raise Invalid(
            errors=[{"loc": ["body", "file", *column], "msg": str(error), "code": error.code}]
        ) from None
    key = request.headers.get("idempotency-key")
    own_key = service.own_key
    import_id = await own_key.identifier("import", actor.issuer, actor.subject, key)
    if key is not None and await _accepted(service, actor, import_id):
        return Upload(
            import_id, sheet
        )  # sent again: its key may be gone, and the first answer is given again
    if dry_run:
        rows = await imports.marked_rows(service, actor.organisation, sheet.rows)
        known = await known_rows(
            service, actor, [RowMark(**row.model_dump(exclude={"fields"})) for row in rows]
        )
        return Upload(import_id, sheet, rows=rows, known=known)
    return Upload(import_id, sheet, await imports.seal_upload(service, actor, import_id, sheet.rows))


async def _accepted(service: Service, actor: Actor, import_id: UUID) -> bool:
    async with service.database.transaction(actor.origin()) as tx:
        return await exists(tx, import_id)


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
    if len(content) > MOST_FILE_BYTES:
        raise TooLarge
    content_was(request, content)
    return content


class DuplicateView(BaseModel):
    """A row that is a case already. Without a case it repeats an earlier row of the same file."""

    line: int
    case_id: UUID | None
    case_reference: ShownReference = None


class DryRun(BaseModel):
    """The outcome that the import would have: of `good` rows, `duplicates` are cases already and open no second one."""

    total: int
    good: int
    bad: int
    duplicates: int
    repeated: list[DuplicateView]
    errors: list[RowErrorView]
    more: bool


@router.post(
    "/v1/imports",
    status_code=202,
    summary="Import a CSV or XLSX with HTCDS columns",
    responses={200: {"model": DryRun, "description": "dry run"}, 202: {"model": Done}},
    openapi_extra=_FORM,
)
async def start_import(
    actor: Who,
    upload: Annotated[Upload, Depends(_prepare)],
    tx: Tx,
    response: Response,
    dry_run: DryRunQuery = False,
    same_rows: SameRowsQuery = SameRows.REFUSE,  # noqa: ARG001  # read with the file, before the transaction
) -> Done | DryRun:
    if dry_run:
        response.status_code = 200
        return _dry_run(upload)
    sheet = upload.sheet
    await accept(tx, actor, upload.import_id, sheet.total, sheet.errors, upload.chunks)
    where = f"/v1/imports/{upload.import_id}"
    return done(tx, response, upload.import_id, status=202, location=where)


def _dry_run(upload: Upload) -> DryRun:
    found = [imports.result_of(one) for one in upload.known]
    differing = [refused_row(one) for one in found if one.outcome == REFUSED]
    repeated = [
        DuplicateView(line=one.line, case_id=one.case_id, case_reference=one.case_reference)
        for one in found
        if one.outcome == DUPLICATE
    ]
    repeated += [DuplicateView(line=line, case_id=None) for line in _written_twice(upload)]
    errors = sorted([*map(_error, upload.sheet.errors), *differing], key=lambda error: error.line)
    bad = len({error.line for error in errors})
    return DryRun(
        total=upload.sheet.total,
        good=upload.sheet.total - bad,
        bad=bad,
        duplicates=len(repeated),
        repeated=sorted(repeated[:MOST_SHOWN], key=lambda one: one.line),
        errors=errors[:MOST_SHOWN],
        more=max(len(errors), len(repeated)) > MOST_SHOWN,
    )


def _written_twice(upload: Upload) -> list[int]:
    """The lines that repeat an earlier one of the same file, of rows that are no case yet."""
    cases, seen = {one.line for one in upload.known}, set[str]()
    lines = []
    for row in upload.rows:
        if row.key in seen and row.line not in cases:
            lines.append(row.line)
        seen.add(row.key)
    return lines


def _error(error: RowError) -> RowErrorView:
    return refused_row(RowResult(error.line, REFUSED, error.column, error.reason))
