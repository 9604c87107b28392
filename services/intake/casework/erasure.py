"""Work: the words of a task of the team go some time after it ended, and the key that was theirs alone is destroyed."""

from uuid import UUID

from chassis.database import Transaction
from chassis.service import Service
from chassis.vault.ledger import ErasureLedger
from chassis.work import WorkItem, WorkKind, no_act, no_finish
from services.intake.casework.outgoing import TASK_KEY, TASK_WORDS
from services.intake.casework.store import tasks

ATTEMPTS = 1_000


def words_work(service: Service, ledger: ErasureLedger) -> list[WorkKind]:
    async def end_words(tx: Transaction, item: WorkItem, _: None) -> None:
        task = await tasks.hold(tx, UUID(item.payload["task_id"]))
        if task is not None and (said := task.end_words(item.payload["version"])):
            await tasks.save(tx, task, said)

    return [
        WorkKind(TASK_WORDS, no_act, end_words, max_attempts=ATTEMPTS),
        own_key_work(TASK_KEY, service, ledger),
    ]


def own_key_work(kind: str, service: Service, ledger: ErasureLedger) -> WorkKind:
    """Destroy a key that was one thing's alone, so that nobody else holds it."""

    async def destroy(item: WorkItem) -> None:
        """Destroy the key, and write it down where no restore takes it back."""
        key = UUID(item.key)
        await service.vault.release(key)
        ledger.append(key, await service.vault.destroy(key))

    return WorkKind(kind, destroy, no_finish, max_attempts=ATTEMPTS)
