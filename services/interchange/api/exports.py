"""Routes: a file of the cases that a person may take out. It is made beside the request, and fetched by that person alone."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field, model_validator

from chassis.identity.access import require, rights_of
from chassis.identity.auth import Actor
from chassis.problems import Forbidden, NotFound, WrongState
from chassis.web.http import Done, Listing, Page, Tx, Who, done, following
from chassis.web.moves import MoveView, Offer
from chassis.web.positions import position
from contracts.form import Form
from contracts.types import Code
from services.interchange.domain.export import ExportFormat, ExportState, Failure, WantedFile
from services.interchange.exports import opened_file
from services.interchange.parts import Running
from services.interchange.store import exports
from services.interchange.store.exports import Export
from services.interchange.writing import CSV_TYPE, MEDIA_TYPES, XLSX_TYPE

router = APIRouter(prefix="/v1/exports", tags=["exports"])
EXPORT = "case.export"
STANDS = frozenset({ExportState.RUNNING, ExportState.READY})
"""The states in which there is something to discard."""


class ExportForm(Form):
    """All cases of the own organisation that the caller may take out, or those that were opened in these days of the cell."""

    format: ExportFormat
    opened_from: Annotated[date | None, Field(description="the first day")] = None
    opened_to: Annotated[date | None, Field(description="the last day")] = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opened_from and self.opened_to and self.opened_from > self.opened_to:
            raise ValueError("the first day is after the last")
        return self

    def wanted(self) -> WantedFile:
        return WantedFile(self.format, self.opened_from, self.opened_to)


class LostField(BaseModel):
    """A field that is known of so many cases and is not in the file, because the format has no column or word for it."""

    field: Annotated[str, Code("field")]
    cases: int


class ExportView(BaseModel):
    """How far a file is. `lost` is known once it is ready; it can be fetched at `file` until `expires_at`."""

    id: UUID
    state: ExportState
    format: ExportFormat
    opened_from: date | None
    opened_to: date | None
    cases: int
    lost: list[LostField]
    reason: Failure | None
    size: Annotated[int | None, Field(description="in bytes, once it is ready")]
    file: Annotated[str | None, Field(description="the path where it is fetched")]
    at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    moves: list[MoveView] = []


async def _new_key(request: Request, actor: Who, service: Running, body: ExportForm) -> UUID:  # noqa: ARG001  # read first
    """The identifier of the export, with a key of its own: the same for a command that is sent again, whose key may be gone."""
    require(actor, EXPORT)
    key = request.headers.get("idempotency-key")
    export_id = await service.own_key.identifier("export", actor.issuer, actor.subject, key)
    async with service.database.transaction(actor.origin()) as tx:
        begun = await exports.read(tx, export_id) is not None
    if not begun:
        await service.vault.create(export_id)
    return export_id


@router.post("", status_code=202, summary="Make a file of the cases that you may take out")
async def start_export(
    body: ExportForm,
    actor: Who,
    export_id: Annotated[UUID, Depends(_new_key)],
    tx: Tx,
    response: Response,
) -> Done:
    await exports.begin_export(tx, actor, export_id, body.wanted())
    return done(tx, response, export_id, status=202, location=f"/v1/exports/{export_id}")


@router.get("", summary="Your own exports, newest first")
async def list_exports(actor: Who, tx: Tx, running: Running, page: Page) -> Listing[ExportView]:
    require(actor, EXPORT)
    found = await exports.newest(tx, actor, position(page.after), page.limit)
    items = [_view(one, actor, tx.now) for one in found]
    moves = running.commands.open([Offer("start_export", EXPORT)], rights_of(actor))
    return Listing(items=items, next=following(items, page, "at", "id"), moves=moves)


@router.get("/{export_id}", summary="How far an export is, and what is lost in it")
async def get_export(export_id: UUID, actor: Who, tx: Tx, running: Running) -> ExportView:
    require(actor, EXPORT)
    view = _view(await exports.own(tx, actor, export_id), actor, tx.now)
    offer = Offer("discard_export", EXPORT, view.state in STANDS)
    view.moves = running.commands.open([offer], rights_of(actor), export_id=export_id)
    return view


_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "the file",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in (CSV_TYPE, XLSX_TYPE)
        },
    }
}


@router.get(
    "/{export_id}/file",
    summary="The file, for the person who asked for it",
    response_class=Response,
    responses=_FILES,
)
async def get_export_file(export_id: UUID, actor: Who, running: Running) -> Response:
    """Not there before it is ready, nor after its time; refused without the roles and the purpose in which it was asked for."""
    require(actor, EXPORT)
    async with running.database.transaction(actor.origin()) as tx:
        export = await exports.own(tx, actor, export_id)
        if export.state(tx.now) is not ExportState.READY:
            raise NotFound
        if not export.lets(actor):
            raise Forbidden
    content = await opened_file(running, export_id)
    if content is None:
        raise NotFound
    kind, ending = MEDIA_TYPES[export.format]
    name = f"cases-{export.at:%Y-%m-%d}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=kind, headers=headers)


@router.delete("/{export_id}", summary="Nobody fetches it any more; what is left of it is destroyed")
async def discard_export(export_id: UUID, actor: Who, tx: Tx, response: Response) -> Done:
    require(actor, EXPORT)
    export = await exports.own(tx, actor, export_id)
    if export.state(tx.now) not in STANDS:
        raise WrongState
    await exports.end(tx, export.id)
    return done(tx, response, export_id)


def _view(found: Export, actor: Actor, now: datetime) -> ExportView:
    state = found.state(now)
    ready = state is ExportState.READY
    return ExportView(
        id=found.id,
        state=state,
        format=found.format,
        opened_from=found.opened_from,
        opened_to=found.opened_to,
        cases=found.cases,
        lost=[LostField(field=name, cases=count) for name, count in sorted((found.lost or {}).items())],
        reason=found.reason,
        size=found.size if ready else None,
        file=f"/v1/exports/{found.id}/file" if ready and found.lets(actor) else None,
        at=found.at,
        ready_at=found.ready_at,
        expires_at=found.expires_at,
    )
