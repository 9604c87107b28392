"""Routes: the imports of an organisation, how far each is, and what became of every row."""

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from chassis.identity.access import require, rights_of
from chassis.identity.auth import Actor
from chassis.service import Running
from chassis.web.http import Listing, Page, Tx, Who, following
from chassis.web.moves import Offer
from chassis.web.positions import number, position, positioned
from contracts.casefile.reference import ShownReference
from contracts.internal import REFUSED
from services.interchange import queries
from services.interchange.api.rows import RowErrorView, refused_row
from services.interchange.queries import ImportProgress
from services.interchange.store.imports import require_import

router = APIRouter(tags=["imports"])
IMPORT = "case.import"
PLACE = ("line", "number")
"""The order of a file's results."""


class ImportState(StrEnum):
    RUNNING = "running"
    DONE = "done"


class ImportView(BaseModel):
    """Progress in rows: `done` of `total`, of which `created`, `duplicates` and `errors`."""

    id: UUID
    state: ImportState
    total: int
    done: int
    created: int
    duplicates: int
    errors: int
    at: datetime
    ended_at: datetime | None


StateQuery = Annotated[ImportState | None, Query(description="only imports in this state")]


@router.get("/v1/imports", summary="Imports of the own organisation, newest first")
async def list_imports(
    actor: Who, tx: Tx, running: Running, page: Page, state: StateQuery = None
) -> Listing[ImportView]:
    require(actor, IMPORT)
    ended = None if state is None else state is ImportState.DONE
    rows = await queries.imports_of(tx, actor, ended, position(page.after), page.limit)
    items = [_view(row) for row in rows]
    moves = running.commands.open([Offer("start_import", IMPORT)], rights_of(actor))
    return Listing(items=items, next=following(items, page, "at", "id"), moves=moves)


@router.get("/v1/imports/{import_id}", summary="How far an import is")
async def get_import(import_id: UUID, actor: Who, tx: Tx) -> ImportView:
    await require_import(tx, actor, import_id)
    return _view(await queries.import_row(tx, import_id))


@router.get("/v1/imports/{import_id}/errors", summary="Rows that were refused, by line, column and reason")
async def list_import_errors(import_id: UUID, actor: Who, tx: Tx, page: Page) -> Listing[RowErrorView]:
    rows = await _results(tx, actor, import_id, REFUSED, page)
    return Listing(items=[refused_row(row) for row in rows], next=following(rows, page, *PLACE))


class RowView(BaseModel):
    """The outcome of a row: the case that it opened, the case that it repeats, or why it was refused."""

    line: int
    outcome: str
    case_id: UUID | None
    case_reference: ShownReference
    column: str | None
    reason: str | None


OutcomeQuery = Annotated[
    Literal["opened", "duplicate", "refused"] | None, Query(description="only rows with this outcome")
]


@router.get("/v1/imports/{import_id}/rows", summary="Every row of the file and its case")
async def list_import_rows(
    import_id: UUID, actor: Who, tx: Tx, page: Page, outcome: OutcomeQuery = None
) -> Listing[RowView]:
    rows = await _results(tx, actor, import_id, outcome, page)
    items = [RowView.model_validate(row, from_attributes=True) for row in rows]
    return Listing(items=items, next=following(rows, page, *PLACE))


async def _results(tx: Tx, actor: Actor, import_id: UUID, outcome: str | None, page: Page) -> list[Any]:
    await require_import(tx, actor, import_id)
    line, place = positioned(page.after, number, number) or (0, 0)
    return await queries.import_results(tx, import_id, outcome, (line, place), page.limit)


def _view(found: ImportProgress) -> ImportView:
    state = ImportState.RUNNING if found.ended_at is None else ImportState.DONE
    return ImportView.model_validate({**asdict(found), "state": state})
