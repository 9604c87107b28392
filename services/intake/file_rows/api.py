"""The calls of interchange: name the rows of a file that are cases already, and open the others; cases for a file, and its marks."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.database import Origin
from chassis.identity.access import require
from chassis.identity.auth import ISSUED_ROLES, Actor, service_issuer
from chassis.service import Running
from chassis.web.http import Tx, Who
from contracts.internal import (
    AskerForm,
    ExportedCases,
    ExportedCasesForm,
    ExportedRowsForm,
    KeptRows,
    KnownRowsForm,
    RowOutcomes,
    RowsForm,
)
from services.intake.file_rows import exports, store
from services.intake.file_rows.rows import numbers_of, require_canonical, sealed_rows
from services.intake.file_rows.store import SentFile

router = APIRouter(tags=["internal"])
OPEN, EXPORT = "internal.open-rows", "internal.export-rows"


def _asker(form: AskerForm, caller: Actor) -> Actor:
    """The person or machine in whose name the caller asks: of this cell, with no role that no issuer gives."""
    return Actor(
        service_issuer(caller.cell),
        form.subject,
        caller.cell,
        form.organisation,
        ISSUED_ROLES.intersection(form.roles),
        form.purpose,
        service=False,
        policies=caller.policies,
    )


@router.post(
    "/internal/v1/file-rows/known", summary="Which of these rows are cases of the organisation already"
)
async def ask_known_rows(body: KnownRowsForm, actor: Who, service: Running) -> RowOutcomes:
    require(actor, OPEN)
    numbers = await numbers_of(service, body.organisation, body.rows)
    async with service.database.transaction(actor.origin()) as tx:
        return RowOutcomes(rows=await store.outcomes(tx, _asker(body, actor), body.rows, numbers))


@router.post("/internal/v1/imports/{import_id}/rows", summary="Open a case for each row that is none yet")
async def open_rows(
    import_id: UUID, body: RowsForm, actor: Who, service: Running, response: Response
) -> RowOutcomes:
    """A repeated call opens nothing more and answers the same. The cases are opened in the name of the file's sender."""
    require(actor, OPEN)
    require_canonical(body.rows)
    origin = Origin(body.subject, body.organisation, body.purpose, body.policy)
    file = SentFile(import_id, body.organisation, origin)
    new = await sealed_rows(service, file, body.rows)
    numbers = await numbers_of(service, body.organisation, body.rows)
    async with service.database.transaction(actor.origin()) as tx:
        await store.open_rows(tx, file, new)
        found = await store.outcomes(tx, _asker(body, actor), body.rows, numbers, import_id)
    response.headers["Cache-Control"] = "no-store"
    return RowOutcomes(rows=found)


@router.post("/internal/v1/exports/{export_id}/cases", summary="The next cases that a person may take out")
async def read_exported_cases(
    export_id: UUID, body: ExportedCasesForm, actor: Who, service: Running, response: Response
) -> ExportedCases:
    """Opened in the name of the person who asked for the file, and logged as that person's readings."""
    require(actor, EXPORT)
    response.headers["Cache-Control"] = "no-store"
    return await exports.exported_cases(service, _asker(body, actor), export_id, body)


@router.post("/internal/v1/exports/{export_id}/rows", summary="By what each case of a file is known again")
async def record_exported_rows(export_id: UUID, body: ExportedRowsForm, actor: Who, tx: Tx) -> KeptRows:
    require(actor, EXPORT)
    return KeptRows(kept=await exports.keep_marks(tx, body.organisation, export_id, body.rows))
