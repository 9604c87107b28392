"""Work: index the person of a case by the values received of her, because a handler cannot open sealed values."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis.database import Transaction
from chassis.service import Service
from chassis.vault.vault import Sealing
from chassis.work import WorkItem, WorkKind
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.duplicates import INDEXED, index_texts
from services.intake.casefile.outgoing import INDEX
from services.intake.casefile.store import cases, index
from services.intake.casefile.store.index import IndexEntry

ATTEMPTS = 1_000


async def index_of(service: Service, persons: Sequence[Mapping[str, str]]) -> list[list[IndexEntry]]:
    """The index entries of each person by their fields; none where there is no name."""
    texts = [index_texts(fields) for fields in persons]
    hashes = iter(await service.own_key.digest(*(f"duplicate|{one.text}" for each in texts for one in each)))
    return [[IndexEntry(next(hashes), one.asks, one.answers) for one in each] for each in texts]


def index_work(service: Service) -> WorkKind:
    async def act(item: WorkItem) -> list[IndexEntry]:
        async with service.database.transaction(service.database.system()) as tx:
            rows = await index.named_fields(tx, UUID(item.payload["case_id"]), sorted(INDEXED))
        sealed = [Sealing(row.person_id, row.field, row.record_id, row.value) for row in rows]
        opened = await service.vault.open_many(sealed)
        fields = {row.field: text for row, text in zip(rows, opened, strict=True) if text is not None}
        return (await index_of(service, [fields]))[0]

    async def finish(tx: Transaction, item: WorkItem, entries: list[IndexEntry]) -> None:
        case = await cases.hold(tx, UUID(item.payload["case_id"]))
        if case is not None:
            kept = entries if case.state is CaseState.OPEN else []
            await index.put(tx, case.organisation, {case.id: kept})

    return WorkKind(INDEX, act, finish, max_attempts=ATTEMPTS)
