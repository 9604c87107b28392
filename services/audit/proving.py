"""Making the proofs of a released extract, as work: the tree over the hashes of the whole log, read slice by slice."""

from uuid import UUID

from chassis.database import Database, Transaction
from chassis.service import Service
from chassis.work import WorkItem, WorkKind
from contracts.events.extracts import ExtractedEntry, ExtractHead
from contracts.merkle import GrowingTree
from services.audit.domain.account import Direction
from services.audit.domain.extract import ExtractCase
from services.audit.domain.other_half import ShownEntry
from services.audit.outgoing import prepared
from services.audit.store import extracts
from services.audit.store.log import hashes, head
from services.audit.use_cases import PROVE, candidates

SLICE = 20_000
LEASE_SECONDS = 600

Proved = tuple[ExtractHead, list[ExtractedEntry]]


def prove_work(service: Service) -> WorkKind:
    async def act(item: WorkItem) -> Proved | None:
        async with service.database.transaction(service.database.system()) as tx:
            asked = await extracts.get(tx, UUID(item.key), Direction.IN)
            if asked is None or not asked.may("send"):
                return None
            until, last = await head(tx)
            found = await candidates(tx, asked, until)
        chosen = [one for one in found if one.entry in set(asked.chosen)]
        return await _proved(service.database, chosen, until, last)

    async def finish(tx: Transaction, item: WorkItem, proved: Proved | None) -> None:
        asked = await _held(tx, item)
        if asked is None or proved is None or not asked.may("send"):
            return
        asked.send()
        await extracts.save(tx, [asked])
        tx.say(*prepared(asked, *proved))

    async def given_up(tx: Transaction, item: WorkItem) -> None:
        asked = await _held(tx, item)
        if asked is not None and asked.may("give_up"):
            asked.give_up()
            await extracts.save(tx, [asked])

    return WorkKind(PROVE, act, finish, given_up, lease_seconds=LEASE_SECONDS)


async def _held(tx: Transaction, item: WorkItem) -> ExtractCase | None:
    return await extracts.hold(tx, UUID(item.key), Direction.IN)


async def _proved(database: Database, chosen: list[ShownEntry], until: int, last: str) -> Proved:
    tree = GrowingTree(frozenset({until, *(one.entry for one in chosen)}))
    while tree.size < until:
        async with database.transaction(database.system()) as tx:
            tree.take(await hashes(tx, tree.size, until, SLICE))
    root, paths = tree.closed()
    entries = [
        ExtractedEntry(
            entry=one.entry,
            at=one.at,
            event=one.event,
            about=one.about,
            hash=one.hash,
            path=paths[one.entry],
            role=one.role,
            code=one.code,
        )
        for one in chosen
    ]
    return ExtractHead(entries=until, hash=last, root=root, path=paths[until]), entries
