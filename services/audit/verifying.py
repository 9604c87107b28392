"""Verifying the log as work: part by part, each in a transaction of its own, going on where it broke off."""

import time
from typing import Any
from uuid import UUID

from chassis.database import Database, Transaction
from chassis.outbox import DueWork
from chassis.service import Service
from chassis.work import WorkItem, WorkKind
from services.audit.domain.chain import Verdict, verify
from services.audit.domain.verification import State, Verification
from services.audit.queries import part
from services.audit.store import verifications
from services.audit.store.log import head

KIND = "verify"
ATTEMPT_SECONDS = 5.0
"""The seconds of one attempt; the part that it has computed is kept then."""


async def start(tx: Transaction) -> UUID:
    """A verification of the log as it is now."""
    until, expected = await head(tx)
    begun = Verification(tx.new_id(), tx.origin.actor, tx.now, until, expected)
    await verifications.save(tx, begun)
    tx.say(DueWork(KIND, str(begun.id)))
    return begun.id


def verify_work(service: Service) -> WorkKind:
    async def act(item: WorkItem) -> tuple[Verdict, bool] | None:
        async with service.database.transaction(service.database.system()) as tx:
            found = await verifications.get(tx, UUID(item.key))
        if found is None or found.state is not State.RUNNING:
            return None
        return await _computed(service.database, found)

    async def finish(tx: Transaction, item: WorkItem, computed: Any) -> None:
        found = await verifications.hold(tx, UUID(item.key))
        if found is None or computed is None:
            return
        verdict, at_end = computed
        found.advance(verdict, at_end=at_end, now=tx.now)
        await verifications.save(tx, found)
        if found.state is State.RUNNING:
            tx.say(DueWork(KIND, item.key))

    async def given_up(tx: Transaction, item: WorkItem) -> None:
        found = await verifications.hold(tx, UUID(item.key))
        if found is not None:
            found.give_up(tx.now)
            await verifications.save(tx, found)

    return WorkKind(KIND, act, finish, given_up, lease_seconds=60)


async def _computed(database: Database, found: Verification) -> tuple[Verdict, bool]:
    """The verdict after some more parts, and whether these were the last."""
    verdict, stop_at = found.verdict, time.monotonic() + ATTEMPT_SECONDS
    while verdict.first_broken is None:
        async with database.transaction(database.system()) as tx:
            linked = await part(tx, verdict.entries, found.until)
        if not linked:
            return verdict, True
        verdict = verify(linked, verdict)
        if time.monotonic() > stop_at:
            return verdict, False
    return verdict, True
