"""File imports: an upload is sealed in chunks, and each chunk becomes cases once, however often the file is sent."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID, uuid5

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.service import Service
from chassis.vault.vault import Sealing
from chassis.work import Item, WorkKind
from services.intake.cell_keys import cell_key_of
from services.intake.domain.age import Evidence
from services.intake.domain.case import Case
from services.intake.domain.htcds import STATUS as STATUS_FIELD
from services.intake.domain.htcds import STATUS_BY, Row
from services.intake.indexing import index_of
from services.intake.outgoing import DESTROY_IMPORT_KEY, IMPORT_CHUNK
from services.intake.sealing import REASONS, STATUS, fields_to_seal, status_record, vault_of
from services.intake.store import imports
from services.intake.store.imports import Chunk, ChunkRow, NewRow, RowKey
from services.intake.store.index import IndexEntry
from services.intake.store.records import Change, SealedDecision

CHUNK_ROWS = 100
CHUNK_CLASS = "import.chunk"
CHANNEL, URGENCY = "file", "routine"
DECIDED = (STATUS_FIELD, STATUS_BY)
NO_REASONS = "As decided in the imported file."
ROWS = UUID("3b0b6d0a-0d1c-4e0b-8f43-5a3e1f0d9c52")
"""Namespace of the identifiers of cases that come from rows, so that a repeated attempt uses the same keys."""
LEASE_SECONDS = 60.0
ATTEMPTS = 1_000
"""Days: rows that were accepted wait for a vault that is away, and an import never stands half done."""


async def row_keys(service: Service, organisation: str, rows: Sequence[Row]) -> list[RowKey]:
    """What recognises a row again in a later file of the same organisation, and whether it is still the same.

    Tells nobody anything without the cell's key.
    """
    texts = [
        (f"row|{organisation}|{row.identity()}", f"content|{organisation}|{row.content()}") for row in rows
    ]
    hashes = await cell_key_of(service).digest(*(one for pair in texts for one in pair))
    return [RowKey(*pair) for pair in zip(hashes[::2], hashes[1::2], strict=True)]


async def seal_upload(service: Service, actor: Actor, import_id: UUID, rows: Sequence[Row]) -> list[str]:
    """The good rows as sealed chunks under a key of the import's own, which goes when the import is done."""
    vault = vault_of(service)
    keys = await row_keys(service, actor.organisation, rows)
    entries = [
        {"line": row.line, "key": key.key.hex(), "content": key.content.hex(), "fields": dict(row.fields)}
        for key, row in zip(keys, rows, strict=True)
    ]
    chunks = [entries[start : start + CHUNK_ROWS] for start in range(0, len(entries), CHUNK_ROWS)]
    await vault.create(import_id)
    return await vault.seal_many(
        [
            Sealing(import_id, CHUNK_CLASS, str(number), json.dumps(chunk, ensure_ascii=False))
            for number, chunk in enumerate(chunks, 1)
        ]
    )


def import_work(service: Service) -> list[WorkKind]:
    async def act(item: Item) -> tuple[Chunk, list[ChunkRow], list[NewRow]] | None:
        """Everything that needs the vault. Repeated, it makes the same identifiers."""
        async with service.database.transaction(service.database.system()) as tx:
            chunk = await imports.read_chunk(tx, UUID(item.payload["import_id"]), item.payload["number"])
        if chunk is None:
            return None
        opened = await vault_of(service).open(chunk.import_id, CHUNK_CLASS, str(chunk.number), chunk.sealed)
        entries = json.loads(opened)
        rows = [
            ChunkRow(one["line"], RowKey(bytes.fromhex(one["key"]), bytes.fromhex(one["content"])))
            for one in entries
        ]
        async with service.database.transaction(service.database.system()) as tx:
            known = await imports.known_rows(tx, chunk.organisation, [row.key for row in rows])
        fresh = {
            row.key: one["fields"] for row, one in zip(rows, entries, strict=True) if row.key.key not in known
        }
        return chunk, rows, await _sealed(service, chunk, fresh)

    async def finish(
        tx: Transaction, _: Item, ready: tuple[Chunk, list[ChunkRow], list[NewRow]] | None
    ) -> None:
        if ready is not None:
            await imports.finish_chunk(tx, *ready)

    async def forget(item: Item) -> None:
        await vault_of(service).destroy(UUID(item.payload["import_id"]))

    async def forgotten(tx: Transaction, item: Item, result: None) -> None:
        """What was left of the upload is unreadable; nobody is told."""

    return [
        WorkKind(IMPORT_CHUNK, act, finish, lease_seconds=LEASE_SECONDS, max_attempts=ATTEMPTS),
        WorkKind(DESTROY_IMPORT_KEY, forget, forgotten, max_attempts=ATTEMPTS),
    ]


async def _sealed(service: Service, chunk: Chunk, fresh: Mapping[RowKey, Mapping[str, str]]) -> list[NewRow]:
    """Keys for all persons of the chunk at once, then all their fields at once."""
    vault, now = vault_of(service), service.clock()
    rows = [
        (key, case_id, uuid5(case_id, "person"), fields)
        for key, fields in fresh.items()
        for case_id in [uuid5(ROWS, f"{chunk.organisation} {key.key.hex()}")]
    ]
    if not rows:
        return []
    await vault.create_many([person_id for _, _, person_id, _ in rows])
    sealed = iter(await vault.seal_many([s for row in rows for s in _sealings(*row[1:])]))
    indexes = await index_of(service, [fields for *_, fields in rows])
    return [
        _new_row(chunk, row, {name: next(sealed) for name in _places(row[3])}, index, now, service.today())
        for row, index in zip(rows, indexes, strict=True)
    ]


def _places(fields: Mapping[str, str]) -> list[str]:
    """Everything of a row that is sealed, in one order: its fields, then its decision where it has one."""
    return [*fields, *((STATUS, REASONS) if STATUS_FIELD in fields else ())]


def _sealings(case_id: UUID, person_id: UUID, fields: Mapping[str, str]) -> list[Sealing]:
    own = fields_to_seal(person_id, case_id, fields)
    if STATUS_FIELD not in fields:
        return own
    record = status_record(case_id, 1)
    decision = Sealing(person_id, STATUS, record, fields[STATUS_FIELD])
    return [*own, decision, Sealing(person_id, REASONS, record, NO_REASONS)]


def _new_row(
    chunk: Chunk,
    row: tuple[RowKey, UUID, UUID, Mapping[str, str]],
    sealed: dict[str, str],
    index: Sequence[IndexEntry],
    now: datetime,
    today: date,
) -> NewRow:
    key, case_id, person_id, fields = row
    known = [name for name in fields if name not in DECIDED]
    case, facts = Case.open(
        case_id,
        person_id,
        channel=CHANNEL,
        organisation=chunk.organisation,
        urgency=URGENCY,
        now=now,
        import_id=chunk.import_id,
    )
    facts += case.learn_age(Evidence().changed(fields, None), today, first=True)
    facts += case.record(known)
    changes = [Change(case_id, case.fields_revision, name, sealed[name]) for name in known]
    decision = None
    if STATUS_FIELD in fields:
        facts += case.identify(fields[STATUS_BY], sealed[STATUS], DECIDED)
        decision = SealedDecision(
            case_id, case.status_revision, fields[STATUS_BY], sealed[STATUS], sealed[REASONS]
        )
        changes += [Change(case_id, case.fields_revision, name, sealed[name]) for name in DECIDED]
    return NewRow(key, case, changes, index, decision, facts)
