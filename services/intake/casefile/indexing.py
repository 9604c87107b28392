"""Work: index the person of a case by the values received of her, because a handler cannot open sealed values."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from chassis.database import Transaction
from chassis.outbox import DueWork
from chassis.service import Service
from chassis.vault.vault import Sealing
from chassis.work import WorkItem, WorkKind, no_act
from services.intake.casefile.domain.case import GONE
from services.intake.casefile.domain.index_texts import INDEXED, index_texts, language_text
from services.intake.casefile.outgoing import INDEX, index_due
from services.intake.casefile.store import cases, index
from services.intake.casefile.store.index import WeighedEntry

ATTEMPTS = 1_000
ENTRY_BYTES = 17
"""Another size than the release before had, so that what that one has indexed is indexed anew."""
ANEW, KEY, PIECE = "index-anew", "all", 500
AGAIN = timedelta(minutes=1)


async def asked_of(service: Service, organisation: str, fields: Mapping[str, str]) -> list[WeighedEntry]:
    """The entries under which a person with these fields stands, in the index of this organisation alone: nobody can
    see in a copy of the database that two organisations know one person.
    """
    texts = index_texts(fields)
    hashes = await service.own_key.digest(*(f"index|{organisation}|{one.text}" for one in texts))
    return [WeighedEntry(entry[:ENTRY_BYTES], one.weight) for entry, one in zip(hashes, texts, strict=True)]


async def language_entry(service: Service, organisation: str, code: str) -> bytes:
    """The entry of everybody of an organisation's cases who speaks a language."""
    (entry,) = await service.own_key.digest(f"index|{organisation}|{language_text(code)}")
    return entry[:ENTRY_BYTES]


async def index_of(
    service: Service, organisation: str, persons: Sequence[Mapping[str, str]]
) -> list[list[bytes]]:
    """The index entries of each person by their fields."""
    found = [await asked_of(service, organisation, fields) for fields in persons]
    return [[one.entry for one in each] for each in found]


def index_work(service: Service) -> WorkKind:
    async def act(item: WorkItem) -> list[bytes]:
        case_id = UUID(item.payload["case_id"])
        async with service.database.transaction(service.database.system()) as tx:
            case = await cases.read(tx, case_id)
            rows = await index.indexed_fields(tx, case_id, sorted(INDEXED))
        if case is None:
            return []
        sealed = [Sealing(row.person_id, row.field, row.record_id, row.value) for row in rows]
        opened = await service.vault.open_many(sealed)
        fields = {row.field: text for row, text in zip(rows, opened, strict=True) if text is not None}
        return (await index_of(service, case.organisation, [fields]))[0]

    async def finish(tx: Transaction, item: WorkItem, entries: list[bytes]) -> None:
        case = await cases.hold(tx, UUID(item.payload["case_id"]))
        if case is not None:
            kept = [] if case.state in GONE else entries
            await index.put(tx, case.organisation, {case.id: kept})

    return WorkKind(INDEX, act, finish, max_attempts=ATTEMPTS)


def anew_work() -> WorkKind:
    """The kind of work that has persons indexed anew whose entries are from a release before this one, a few at a time."""

    async def finish(tx: Transaction, _item: WorkItem, _result: None) -> None:
        found = await index.outdated(tx, ENTRY_BYTES, PIECE)
        tx.say(*(index_due(case_id, f"anew:{tx.now.isoformat()}") for case_id in found))
        if found:
            tx.say(DueWork(ANEW, KEY, due_at=tx.now + AGAIN))

    return WorkKind(ANEW, no_act, finish, recurs=lambda tx: DueWork(ANEW, KEY, due_at=tx.now))
