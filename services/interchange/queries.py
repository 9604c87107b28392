"""The reads: the progress of an import, and the outcomes of its rows."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.references import reference_column

_IMPORT = text(
    "select id, total, done, created, duplicates, errors, at, ended_at from interchange.imports where id = :id"
)
_RESULTS = text(
    f'select line, number, outcome, "column", reason, case_id, {reference_column("case_id")} as case_reference'
    " from interchange.results"
    " where import_id = :id and (line, number) > (:line, :number)"
    " and (cast(:outcome as text) is null or outcome = :outcome) order by line, number limit :limit"
)


async def import_row(tx: Transaction, import_id: UUID) -> Any:
    return (await tx.execute(_IMPORT, {"id": import_id})).one()


async def import_results(
    tx: Transaction, import_id: UUID, outcome: str | None, after: tuple[int, int], limit: int
) -> list[Any]:
    """The outcomes in the order of the file. `after` is the line and number of the last result of the page before."""
    line, number = after
    parameters = {"id": import_id, "outcome": outcome, "line": line, "number": number, "limit": limit}
    return list((await tx.execute(_RESULTS, parameters)).all())
