"""File imports: an upload is sealed in chunks, and each chunk is handed to intake until the outcome of every row is
known.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from pydantic import TypeAdapter

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.service import Service
from chassis.vault.vault import Sealing
from chassis.work import WorkItem, WorkKind
from contracts.internal import REFUSED, FileRow, RowOutcome, RowsForm
from services.interchange.domain.headings import EXTERNAL_ID
from services.interchange.domain.htcds import Row
from services.interchange.intake_rows import open_rows
from services.interchange.outgoing import DESTROY_IMPORT_KEY, IMPORT_CHUNK
from services.interchange.store import imports
from services.interchange.store.imports import Chunk, RowResult

CHUNK_ROWS, CHUNK_CHARACTERS = 100, 100_000
"""The size of a chunk: as much as intake takes at once. A row alone may be longer, and still fits into a body."""
CHUNK_CLASS = "import.chunk"
DIFFERS = "differs-from-case"
"""The identifier is known, and its case has another content: a person compares the two."""
LEASE_SECONDS = 60.0
ATTEMPTS = 1_000
"""Days: rows that were accepted wait for a vault or an intake that is away, and an import never stands half done."""
_ROWS = TypeAdapter(list[FileRow])


async def marked_rows(service: Service, organisation: str, rows: Sequence[Row]) -> list[FileRow]:
    """The rows with their marks, by which one is recognised in a later file of the same organisation, and a changed
    content seen.

    The marks tell nobody anything without the service's own key.
    """
    texts = [
        (f"row|{organisation}|{row.identity()}", f"content|{organisation}|{row.content()}") for row in rows
    ]
    hashes = await service.own_key.digest(*(one for pair in texts for one in pair))
    return [
        FileRow(
            line=row.line,
            key=key.hex(),
            content=content.hex(),
            fields=dict(row.fields),
            own_number=row.own_number,
        )
        for row, key, content in zip(rows, hashes[::2], hashes[1::2], strict=True)
    ]


async def seal_upload(service: Service, actor: Actor, import_id: UUID, rows: Sequence[Row]) -> list[str]:
    """The good rows as sealed chunks under a key of the import's own, which goes when the import is done."""
    vault = service.vault
    chunks = [
        _ROWS.dump_json(chunk).decode()
        for chunk in _chunks(await marked_rows(service, actor.organisation, rows))
    ]
    await vault.create(import_id)
    return await vault.seal_many(
        [Sealing(import_id, CHUNK_CLASS, str(number), chunk) for number, chunk in enumerate(chunks, 1)]
    )


def _chunks(rows: Sequence[FileRow]) -> Iterator[list[FileRow]]:
    chunk: list[FileRow] = []
    size = 0
    for row in rows:
        length = sum(map(len, row.fields.values()))
        if chunk and (len(chunk) == CHUNK_ROWS or size + length > CHUNK_CHARACTERS):
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += length
    if chunk:
        yield chunk


def import_work(service: Service) -> list[WorkKind]:
    async def act(item: WorkItem) -> tuple[Chunk, list[RowResult]] | None:
        """Hand the chunk to intake. A repeated call is answered the same: intake opens each row once."""
        async with service.database.transaction(service.database.system()) as tx:
            chunk = await imports.read_chunk(tx, UUID(item.payload["import_id"]), item.payload["number"])
        if chunk is None:
            return None
        opened = await service.vault.open(chunk.import_id, CHUNK_CLASS, str(chunk.number), chunk.sealed)
        form = RowsForm(
            subject=chunk.origin.actor,
            organisation=chunk.organisation,
            roles=item.payload.get("roles", []),  # none where it was sent before they were kept
            purpose=chunk.origin.purpose,
            policy=chunk.origin.policy,
            rows=_ROWS.validate_json(opened),
        )
        return chunk, [result_of(one) for one in await open_rows(service, chunk, form)]

    async def finish(tx: Transaction, _: WorkItem, ready: tuple[Chunk, list[RowResult]] | None) -> None:
        if ready is not None:
            await imports.finish_chunk(tx, *ready)

    async def forget(item: WorkItem) -> None:
        import_id = UUID(item.payload["import_id"])
        await service.vault.release(import_id)
        await service.vault.destroy(import_id)

    async def forgotten(tx: Transaction, item: WorkItem, result: None) -> None:
        """The rest of the upload is unreadable; nobody is told."""

    return [
        WorkKind(IMPORT_CHUNK, act, finish, lease_seconds=LEASE_SECONDS, max_attempts=ATTEMPTS),
        WorkKind(DESTROY_IMPORT_KEY, forget, forgotten, max_attempts=ATTEMPTS),
    ]


def result_of(one: RowOutcome) -> RowResult:
    if one.outcome == REFUSED:
        return RowResult(one.line, REFUSED, EXTERNAL_ID, DIFFERS, one.case_id, one.case_reference)
    return RowResult(one.line, one.outcome, case_id=one.case_id, case_reference=one.case_reference)
