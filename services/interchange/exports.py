"""Exports: cases are gathered from intake page by page and kept sealed, then made into one file, which is read as an import
would read it before anybody may fetch it.
"""

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter

from chassis.database import Transaction
from chassis.service import Service
from chassis.vault.vault import Sealing
from chassis.work import WorkItem, WorkKind
from contracts.casefile.file_limits import MOST_FILE_BYTES
from contracts.internal import MOST_OPENED, ExportedCasesForm, ExportedRow
from services.interchange.domain.cells import BadFile
from services.interchange.domain.export import (
    IN_TIME,
    LIVES,
    MOST_CASES,
    Failure,
    OutgoingCase,
    PartKind,
    found_again,
    lost,
)
from services.interchange.domain.htcds import Place, Row, Sheet
from services.interchange.imports import marked_rows
from services.interchange.intake_rows import exported_cases, keep_exported_rows
from services.interchange.outgoing import DESTROY_EXPORT_KEY, EXPORT_FILE, EXPORT_PART
from services.interchange.parts import Parts
from services.interchange.settings import Settings
from services.interchange.store import exports
from services.interchange.store.exports import Export, GatheredCases, MadeFile
from services.interchange.writing import file_of

ROWS_CLASS, FILE_CLASS = "export.rows", "export.file"
PART_CHARACTERS = 400_000
LEASE_SECONDS = 300.0
ATTEMPTS = 200
_CASES = TypeAdapter(list[OutgoingCase])
Interchange = Service[Settings, Parts]


def export_work(service: Interchange) -> list[WorkKind]:
    return [_gathering(service), _making(service), _forgetting(service)]


def _gathering(service: Interchange) -> WorkKind:
    async def act(item: WorkItem) -> tuple[Export, GatheredCases | Failure] | None:
        """Ask intake for the next cases. A repeated call logs another reading, for that is what it is."""
        export = await _running(service, item)
        if export is None:
            return None
        if (failure := _failure(export, service.clock())) is not None:
            return export, failure
        form = ExportedCasesForm(
            subject=export.by,
            organisation=export.organisation,
            roles=list(export.roles),
            purpose=export.purpose,
            opened_from=export.opened_from,
            opened_to=export.opened_to,
            after=export.after,
            limit=MOST_OPENED,
        )
        page = await exported_cases(service, export.id, form)
        cases = [OutgoingCase(str(one.case_id), one.name, one.fields, one.own_number) for one in page.cases]
        text = _CASES.dump_json(cases).decode()
        sealed = await service.vault.seal(export.id, ROWS_CLASS, str(item.payload["number"]), text)
        return export, GatheredCases(sealed, len(cases), len(text.encode()), page.last, page.more)

    async def finish(
        tx: Transaction, item: WorkItem, ready: tuple[Export, GatheredCases | Failure] | None
    ) -> None:
        if ready is None:
            return
        export, page = ready
        if isinstance(page, Failure):
            await exports.end(tx, export.id, page)
        else:
            await exports.gather(tx, export, item.payload["number"], page)

    return WorkKind(EXPORT_PART, act, finish, lease_seconds=LEASE_SECONDS, max_attempts=ATTEMPTS)


def _failure(export: Export, now: datetime) -> Failure | None:
    """The reason for which an export is given up."""
    if now > export.at + IN_TIME:
        return Failure.TOOK_TOO_LONG
    if export.cases > MOST_CASES:
        return Failure.TOO_MANY
    return Failure.TOO_LARGE if export.size > MOST_FILE_BYTES else None


def _making(service: Interchange) -> WorkKind:
    async def act(item: WorkItem) -> tuple[Export, MadeFile | Failure] | None:
        export = await _running(service, item)
        if export is None:
            return None
        failure = _failure(export, service.clock())
        return export, failure or await _made(service, export)

    async def finish(tx: Transaction, _: WorkItem, ready: tuple[Export, MadeFile | Failure] | None) -> None:
        if ready is None:
            return
        export, made = ready
        if isinstance(made, Failure):
            await exports.end(tx, export.id, made)
        else:
            await exports.make_ready(tx, export.id, made, tx.now + LIVES)

    return WorkKind(EXPORT_FILE, act, finish, lease_seconds=LEASE_SECONDS, max_attempts=ATTEMPTS)


async def _made(service: Interchange, export: Export) -> MadeFile | Failure:
    """The file, sealed, after it was read again: what is not found in it is lost, and by what is found its cases are known."""
    cases = await _gathered(service, export.id)
    content = await asyncio.to_thread(file_of, export.format, cases)
    if len(content) > MOST_FILE_BYTES:
        return Failure.TOO_LARGE
    try:
        sheet = await service.parts.reading.read(content, Place(service.today())) if cases else Sheet()
    except BadFile:
        return Failure.UNREADABLE
    found = found_again(cases, sheet.rows)
    await _mark(service, export, [(case, row) for case, row in found if row is not None])
    sealed = await _sealed(service, export.id, content)
    return MadeFile(sealed, len(content), json.dumps(lost(found)))


async def _gathered(service: Interchange, export_id: UUID) -> list[OutgoingCase]:
    texts = await _opened(service, export_id, PartKind.ROWS, ROWS_CLASS)
    return [case for text in texts for case in _CASES.validate_json(text)]


async def _mark(service: Interchange, export: Export, found: Sequence[tuple[OutgoingCase, Row]]) -> None:
    """Have intake remember by what each row is recognised, so that bringing the file back opens no second case."""
    marks = await marked_rows(service, export.organisation, [row for _, row in found])
    known = [
        ExportedRow(line=mark.line, key=mark.key, content=mark.content, case_id=UUID(case.case_id))
        for mark, (case, _) in zip(marks, found, strict=True)
    ]
    await keep_exported_rows(service, export.id, export.organisation, known)


async def _sealed(service: Interchange, export_id: UUID, content: bytes) -> list[str]:
    text = b64encode(content).decode()
    parts = [text[at : at + PART_CHARACTERS] for at in range(0, len(text), PART_CHARACTERS)]
    return await service.vault.seal_many(
        [Sealing(export_id, FILE_CLASS, str(number), part) for number, part in enumerate(parts, 1)]
    )


async def opened_file(service: Interchange, export_id: UUID) -> bytes | None:
    """The file; None where its key is gone."""
    parts = await _opened(service, export_id, PartKind.FILE, FILE_CLASS)
    return b64decode("".join(parts)) if parts else None


async def _opened(service: Interchange, export_id: UUID, kind: PartKind, field_class: str) -> list[str]:
    async with service.database.transaction(service.database.system()) as tx:
        sealed = await exports.parts(tx, export_id, kind)
    opened = await service.vault.open_many(
        [Sealing(export_id, field_class, str(number), part) for number, part in enumerate(sealed, 1)]
    )
    return [text for text in opened if text is not None]


async def _running(service: Interchange, item: WorkItem) -> Export | None:
    """The export, while it is gathered or made."""
    async with service.database.transaction(service.database.system()) as tx:
        export = await exports.read(tx, UUID(item.payload["export_id"]))
    return None if export is None or export.ready_at or export.ended_at else export


def _forgetting(service: Interchange) -> WorkKind:
    async def forget(item: WorkItem) -> None:
        export_id = UUID(item.payload["export_id"])
        await service.vault.release(export_id)
        await service.vault.destroy(export_id)

    async def forgotten(tx: Transaction, item: WorkItem, _: None) -> None:
        await exports.end(tx, UUID(item.payload["export_id"]))

    return WorkKind(DESTROY_EXPORT_KEY, forget, forgotten, max_attempts=ATTEMPTS)
