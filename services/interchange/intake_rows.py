"""The calls of interchange: intake says which rows are cases already, and opens the others. Outside any transaction."""

from collections.abc import Sequence
from http import HTTPStatus

import httpx2
from pydantic import BaseModel, ValidationError

from chassis.problems import Unavailable
from chassis.service import Service
from contracts.importing import MOST_ASKED, KnownRowsForm, RowMark, RowOutcome, RowOutcomes, RowsForm
from services.interchange.store.imports import Chunk

INTAKE = "intake"
SECONDS = 30.0
"""To seal and open a hundred rows; longer than that is away."""


async def known_rows(service: Service, organisation: str, rows: Sequence[RowMark]) -> list[RowOutcome]:
    """Of the rows that are cases of the organisation already. Raises Unavailable."""
    found: list[RowOutcome] = []
    for start in range(0, len(rows), MOST_ASKED):
        form = KnownRowsForm(organisation=organisation, rows=list(rows[start : start + MOST_ASKED]))
        found += await _asked(service, "/internal/v1/file-rows/known", form)
    return found


async def open_rows(service: Service, chunk: Chunk, form: RowsForm) -> list[RowOutcome]:
    """What became of each row, in their order; the same however often it is asked. Raises Unavailable."""
    outcomes = await _asked(service, f"/internal/v1/imports/{chunk.import_id}/rows", form)
    if [one.line for one in outcomes] != [row.line for row in form.rows]:
        raise Unavailable("intake did not say of each row what became of it")
    return outcomes


async def _asked(service: Service, path: str, form: BaseModel) -> list[RowOutcome]:
    url = service.settings.peers.get(INTAKE)
    if url is None:
        raise Unavailable("no address of intake is set")
    headers = {**service.tokens.headers(INTAKE), **service.telemetry.headers()}
    headers["Content-Type"] = "application/json"
    body = form.model_dump_json()
    try:
        answer = await service.http.post(f"{url}{path}", content=body, headers=headers, timeout=SECONDS)
        if answer.status_code != HTTPStatus.OK:
            raise Unavailable("intake did not answer about the rows")
        return RowOutcomes.model_validate_json(answer.content).rows
    except (httpx2.TransportError, ValidationError) as error:
        raise Unavailable("intake did not answer about the rows") from error
