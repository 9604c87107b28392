"""The export of the log: JSON lines or CSV, up to a position, with a hash that the same filter gives again."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from chassis.identity.access import require
from chassis.problems import Invalid
from chassis.service import Running
from chassis.web.http import Tx, Who
from services.audit import search_queries
from services.audit.api.entries import SoughtBy, say_searched
from services.audit.domain.exported import Export, Form
from services.audit.domain.sought import LONGEST_PERIOD
from services.audit.exporting import exported
from services.audit.store.log import head

router = APIRouter(tags=["audit"])

MEDIA_TYPES = {Form.JSONL: "application/jsonl", Form.CSV: "text/csv; charset=utf-8"}

WHICH = f"name a case, an actor, an organisation or a matter, or `from` and `to` of at most {LONGEST_PERIOD.days} days"


@router.get(
    "/v1/exports/entries",
    summary="Entries as JSON lines or CSV, oldest first; the last line has the filter, position, count and SHA-256",
    response_class=StreamingResponse,
    responses={200: {"content": {kind.partition(";")[0]: {} for kind in MEDIA_TYPES.values()}}},
)
async def export_entries(
    actor: Who,
    tx: Tx,
    running: Running,
    query: SoughtBy,
    form: Annotated[
        Form, Query(description="JSON lines, or CSV that no spreadsheet takes for formulas")
    ] = Form.JSONL,
    position: Annotated[
        int | None,
        Query(ge=0, lt=2**53, description="no entry beyond this one; without it the last that there is now"),
    ] = None,
) -> StreamingResponse:
    """No export is of the whole log: it names a case, an actor, an organisation or a matter, or a period of 31 days at most.

    The reading is logged before the first byte is sent: whoever breaks it off has read all the same.
    """
    require(actor, "trail.read")
    sought = query.sought()
    if not sought.is_narrow:
        raise Invalid(WHICH)
    await search_queries.require_known(tx, sought)
    entries, _ = await head(tx)
    if position is not None and position > entries:
        raise Invalid("`position` is beyond the last entry")
    export = Export(sought, entries if position is None else position, form)
    say_searched(tx, "export", sought, export.position)
    name = f"corridor-{running.settings.cell.lower()}-audit-{export.position}.{form}"
    return StreamingResponse(
        exported(running.database, actor.origin(), export),
        media_type=MEDIA_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
