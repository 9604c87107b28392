"""Work: deleted values leave the register of the vault; where nothing is left, the key is destroyed, and only then
the erasure is said.
"""

from uuid import UUID

from chassis.database import Transaction
from chassis.service import Service
from chassis.vault.ledger import ErasureLedger
from chassis.vault.vault import Erasure, KeyHeld
from chassis.work import WorkItem, WorkKind, no_finish
from services.intake.casefile.outgoing import DESTROY_KEY, RELEASE, case_erased, disclosure_closed
from services.intake.casefile.store import received

ATTEMPTS = 1_000


def erasure_work(service: Service, ledger: ErasureLedger) -> list[WorkKind]:
    async def release(item: WorkItem) -> None:
        """Release a disclosure, under whose name its values stand in the register."""
        await service.vault.release(UUID(item.payload["person_id"]), [item.payload["disclosure_id"]])

    async def destroy(item: WorkItem) -> Erasure | None:
        """Destroy the key, and write it down where no restore takes it back. None where it stays: while anything is sealed under it: another
        disclosure, a note of this service, her words on a consent, the grounds of an assessment.
        """
        await release(item)
        person_id = UUID(item.payload["person_id"])
        try:
            erasure = await service.vault.destroy(person_id)
        except KeyHeld:
            return None
        ledger.append(person_id, erasure)
        return erasure

    async def answer(tx: Transaction, item: WorkItem, destroyed: Erasure | None) -> None:
        """Answer the recall. `erased` is claimed only where the key is gone; else the values are, and the case goes
        on under its key.
        """
        case_id = UUID(item.payload["case_id"])
        if destroyed and await received.erase(tx, case_id, UUID(item.payload["person_id"])):
            tx.say(case_erased(case_id, destroyed))
        tx.say(
            disclosure_closed(
                case_id, UUID(item.payload["disclosure_id"]), "erased" if destroyed else "restricted"
            )
        )

    return [
        WorkKind(RELEASE, release, no_finish, max_attempts=ATTEMPTS),
        WorkKind(DESTROY_KEY, destroy, answer, max_attempts=ATTEMPTS),
    ]
