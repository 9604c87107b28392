"""Work: the words of a task of the team go some time after it ended, and the key that was theirs alone is destroyed."""

from uuid import UUID

from chassis.database import Transaction
from chassis.outbox import DueWork
from chassis.service import Service
from chassis.vault.ledger import ErasureLedger
from chassis.work import WorkItem, WorkKind, no_act, no_finish
from services.intake.casework.domain.tasks import GRACE
from services.intake.casework.outgoing import TASK_KEY, TASK_WORDS
from services.intake.casework.store import tasks

ATTEMPTS = 1_000
WORDS_LEFT, KEY, AT_ONCE = "task-words-left", "all", 100


def words_work(service: Service, ledger: ErasureLedger) -> list[WorkKind]:
    async def end_words(tx: Transaction, item: WorkItem, _: None) -> None:
        task = await tasks.hold(tx, UUID(item.payload["task_id"]))
        if task is not None and (said := task.end_words(item.payload["version"])):
            await tasks.save(tx, task, said)

    return [
        _words_left(),
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


def _words_left() -> WorkKind:
    """The kind of work that ends the words of tasks that ended before a release set a clock for them, a few at a time."""

    async def finish(tx: Transaction, _item: WorkItem, _result: None) -> None:
        found = await tasks.with_words_of_old(tx, tx.now - GRACE, AT_ONCE)
        for task in found:
            await tasks.save(tx, task, task.end_words(task.version))
        if found:
            tx.say(DueWork(WORDS_LEFT, KEY, due_at=tx.now))

    return WorkKind(WORDS_LEFT, no_act, finish, recurs=lambda tx: DueWork(WORDS_LEFT, KEY, due_at=tx.now))
