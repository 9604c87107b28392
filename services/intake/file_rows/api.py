"""The calls of interchange: name the rows of a file that are cases already, and open the others."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.database import Origin
from chassis.identity.access import require
from chassis.service import Running
from chassis.web.http import Tx, Who
from contracts.internal import KnownRowsForm, RowOutcomes, RowsForm
from services.intake.file_rows import store
from services.intake.file_rows.rows import require_canonical, sealed_rows
from services.intake.file_rows.store import SentFile

router = APIRouter(tags=["internal"])
OPEN = "internal.open-rows"


@router.post(
    "/internal/v1/file-rows/known", summary="Which of these rows are cases of the organisation already"
)
async def ask_known_rows(body: KnownRowsForm, actor: Who, tx: Tx) -> RowOutcomes:
    require(actor, OPEN)
    return RowOutcomes(rows=await store.outcomes(tx, body.organisation, body.rows))


@router.post("/internal/v1/imports/{import_id}/rows", summary="Open a case for each row that is none yet")
async def open_rows(
    import_id: UUID, body: RowsForm, actor: Who, service: Running, response: Response
) -> RowOutcomes:
    """A repeated call opens nothing more and answers the same. The cases are opened in the name of the file's sender."""
    require(actor, OPEN)
    require_canonical(body.rows)
    origin = Origin(body.by, body.organisation, body.purpose, body.policy)
    file = SentFile(import_id, body.organisation, origin)
    new = await sealed_rows(service, file, body.rows)
    async with service.database.transaction(actor.origin()) as tx:
        await store.open_rows(tx, file, new)
        found = await store.outcomes(tx, body.organisation, body.rows, import_id)
    response.headers["Cache-Control"] = "no-store"
    return RowOutcomes(rows=found)
