"""The reads: the progress of an import, and the outcomes of its rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.identity.references import reference_column
from chassis.rows import RowReader
from chassis.web.positions import Position
from services.interchange.store.imports import sender

_SHOWN = "select id, total, done, created, duplicates, errors, at, ended_at from interchange.imports"
_IMPORT = text(f"{_SHOWN} where id = :id")
_NEWEST = text(
    f"{_SHOWN} where organisation = :organisation and (cast(:by as text) is null or by = :by)"
    " and (cast(:ended as boolean) is null or (ended_at is not null) = :ended)"
    " and (cast(:at as timestamptz) is null or (at, id) < (cast(:at as timestamptz), cast(:id as uuid)))"
    " order by at desc, id desc limit :limit"
)
_RESULTS = text(
    f'select line, number, outcome, "column", reason, case_id, {reference_column("case_id")} as case_reference'
    " from interchange.results"
    " where import_id = :id and (line, number) > (:line, :number)"
    " and (cast(:outcome as text) is null or outcome = :outcome) order by line, number limit :limit"
)


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is, in rows."""

    id: UUID
    total: int
    done: int
    created: int
    duplicates: int
    errors: int
    at: datetime
    ended_at: datetime | None


_IMPORTS = RowReader(ImportProgress)


async def import_row(tx: Transaction, import_id: UUID) -> ImportProgress:
    return _IMPORTS.one(await tx.execute(_IMPORT, {"id": import_id}))


async def imports_of(
    tx: Transaction, actor: Actor, ended: bool | None, before: Position | None, limit: int
) -> list[ImportProgress]:
    """Imports of the actor's organisation, newest first. `ended` leaves out those that run, or those that do not."""
    at, last = before or (None, None)
    parameters = {
        "organisation": actor.organisation,
        "by": sender(actor),
        "ended": ended,
        "at": at,
        "id": last,
        "limit": limit,
    }
    return _IMPORTS.all(await tx.execute(_NEWEST, parameters))


async def import_results(
    tx: Transaction, import_id: UUID, outcome: str | None, after: tuple[int, int], limit: int
) -> list[Any]:
    """The outcomes in the order of the file. `after` is the line and number of the last result of the page before."""
    line, number = after
    parameters = {"id": import_id, "outcome": outcome, "line": line, "number": number, "limit": limit}
    return list((await tx.execute(_RESULTS, parameters)).all())
