"""The calls of interchange: intake says which rows are cases already, and opens the others; it opens cases for a file.
Outside any transaction.
"""

from collections.abc import Sequence
from uuid import UUID

from chassis.identity.auth import Actor
from chassis.problems import Unavailable
from chassis.service import Service
from contracts.internal import (
    EXPORTED_CASES,
    EXPORTED_ROWS,
    KNOWN_ROWS,
    MOST_ASKED,
    OPEN_ROWS,
    ExportedCases,
    ExportedCasesForm,
    ExportedRow,
    ExportedRowsForm,
    KnownRowsForm,
    RowMark,
    RowOutcome,
    RowsForm,
)
from services.interchange.store.imports import Chunk


async def known_rows(service: Service, actor: Actor, rows: Sequence[RowMark]) -> list[RowOutcome]:
    """The outcomes of those rows that are cases of the actor's organisation already. Raises Unavailable."""
    found: list[RowOutcome] = []
    for start in range(0, len(rows), MOST_ASKED):
        form = KnownRowsForm(
            subject=actor.subject,
            organisation=actor.organisation,
            roles=sorted(actor.roles),
            purpose=actor.purpose,
            rows=list(rows[start : start + MOST_ASKED]),
        )
        found += (await service.peers.ask(KNOWN_ROWS, question=form)).rows
    return found


async def open_rows(service: Service, chunk: Chunk, form: RowsForm) -> list[RowOutcome]:
    """The outcome of each row, in their order; the same however often it is asked. Raises Unavailable."""
    outcomes = (await service.peers.ask(OPEN_ROWS, chunk.import_id, form)).rows
    if [one.line for one in outcomes] != [row.line for row in form.rows]:
        raise Unavailable("intake did not say of each row what became of it")
    return outcomes


async def exported_cases(service: Service, export_id: UUID, form: ExportedCasesForm) -> ExportedCases:
    """The next cases that the person in the form may take out. Raises Unavailable."""
    return await service.peers.ask(EXPORTED_CASES, export_id, form)


async def keep_exported_rows(
    service: Service, export_id: UUID, organisation: str, rows: Sequence[ExportedRow]
) -> None:
    """Have it remembered by what each case of the file is known again. Raises Unavailable."""
    for start in range(0, len(rows), MOST_ASKED):
        form = ExportedRowsForm(organisation=organisation, rows=list(rows[start : start + MOST_ASKED]))
        await service.peers.ask(EXPORTED_ROWS, export_id, form)
