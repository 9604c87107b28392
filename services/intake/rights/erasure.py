"""Work: the key of a person whose erasure was confirmed is destroyed as soon as no service keeps anything under it; and, after a
restore, of everybody who was erased since the backup. The end of an epoch, which completes erasures, is said for the log.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from chassis.database import Transaction
from chassis.service import Service
from chassis.vault import vault
from chassis.vault.ledger import ErasureLedger
from chassis.vault.vault import KeyHeld
from chassis.work import WorkItem, WorkKind, WorkPostponed
from contracts.events.intake import EpochEndedV1
from services.intake.casefile.outgoing import case_erased
from services.intake.rights import store
from services.intake.rights.outgoing import EPOCH_ENDED, ERASE, ERASE_AGAIN, outgoing

ATTEMPTS = 1_000
ASK_AGAIN_SECONDS = 2.0


def rights_work(service: Service, ledger: ErasureLedger) -> list[WorkKind]:
    async def destroy(item: WorkItem) -> vault.Erasure:
        """Destroy the key, and write it down where no restore takes it back. Postponed while another service has not yet
        released its records.
        """
        person_id = UUID(item.payload["person_id"])
        await service.vault.release(person_id)
        try:
            erasure = await service.vault.destroy(person_id)
        except KeyHeld:
            raise WorkPostponed(ASK_AGAIN_SECONDS) from None
        ledger.append(person_id, erasure)
        return erasure

    async def complete(tx: Transaction, item: WorkItem, destroyed: vault.Erasure) -> None:
        """Whoever was referred again meanwhile has another key: her case is not the one that is erased, and nobody is told so."""
        erasure = await store.hold(tx, UUID(item.key))
        facts = erasure.complete(destroyed.destroyed_at, destroyed.epoch)
        await store.save(tx, erasure)
        if await store.erase(tx, erasure.case_id, erasure.person_id):
            tx.say(*map(outgoing, facts))

    async def destroy_again(item: WorkItem) -> vault.Erasure:
        """The restore has destroyed the key already, and the ledger has it."""
        person_id = UUID(item.key)
        await service.vault.release(person_id)
        return await service.vault.destroy(person_id)

    async def erase_again(tx: Transaction, item: WorkItem, destroyed: vault.Erasure) -> None:
        await _repeat(tx, UUID(item.key), destroyed)
        case_id = await store.case_of(tx, UUID(item.key))
        if case_id is not None and await store.erase(tx, case_id, UUID(item.key)):
            tx.say(case_erased(case_id, destroyed))

    kinds: list[tuple[str, Any, Any]] = [
        (ERASE, destroy, complete),
        (ERASE_AGAIN, destroy_again, erase_again),
    ]
    works = [WorkKind(kind, act, finish, max_attempts=ATTEMPTS) for kind, act, finish in kinds]
    return [*works, epoch_work(service)]


def epoch_work(service: Service) -> WorkKind:
    async def destroyed(item: WorkItem) -> None:
        """Postponed while the wrapping key is here still, so that nobody reads of an end that was broken off."""
        if service.vault.has_epoch(item.key):
            raise WorkPostponed(ASK_AGAIN_SECONDS)

    async def ended(tx: Transaction, item: WorkItem, _: None) -> None:
        said = EpochEndedV1(epoch=item.key, erasures=item.payload["erasures"])
        tx.say(said, origin=replace(tx.origin, actor=item.payload["by"]))

    return WorkKind(EPOCH_ENDED, destroyed, ended, max_attempts=ATTEMPTS)


async def _repeat(tx: Transaction, person_id: UUID, destroyed: vault.Erasure) -> None:
    """Complete what was only asked for when the backup was made."""
    for erasure in await store.requested_of(tx, person_id):
        erasure.repeat(destroyed.destroyed_at, destroyed.epoch)
        await store.save(tx, erasure)
