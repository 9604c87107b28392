"""Work: whatever this service keeps under the key of a person who is being erased leaves the register of the vault."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis.database import Transaction
from chassis.identity.following import RELEASE
from chassis.outbox import DueWork
from chassis.vault.vault import Vault
from chassis.work import WorkItem, WorkKind

ATTEMPTS = 1_000
ONCE_MORE = timedelta(minutes=2)
"""A command that was under way when its case was closed may have put a record into the register after the first time, and was
then refused.
"""


def release_work(vault: Vault | None) -> WorkKind:
    async def act(item: WorkItem) -> None:
        if vault is not None:
            await vault.release(UUID(item.payload["person_id"]))

    async def finish(tx: Transaction, item: WorkItem, _result: Any) -> None:
        if not item.key.endswith(AGAIN):
            tx.say(DueWork(RELEASE, f"{item.key}{AGAIN}", dict(item.payload), due_at=tx.now + ONCE_MORE))

    return WorkKind(RELEASE, act, finish, max_attempts=ATTEMPTS)


AGAIN = ":again"
