"""Work: destroy a person's key once nothing is left under it, and only then answer that the data is erased."""

from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.service import Service
from chassis.vault.vault import KeyHeld
from chassis.work import Item, WorkKind
from services.intake.outgoing import DESTROY_KEY, disclosure_closed
from services.intake.sealing import vault_of

_STILL_NEEDED = text(
    "select true from intake.cases where person_id = :person and (state <> 'erased' or channel <> 'exchange') limit 1"
)
# Only while this person's key still is what it was closed for: a later disclosure has opened it under another.
_REOPEN = text(
    "update intake.cases set state = 'open', version = version + 1"
    " where id = :case_id and person_id = :person and state = 'erased'"
)


def erasure_work(service: Service) -> WorkKind:
    async def act(item: Item) -> bool:
        """Whether the key is destroyed. It stays where another case of the person needs it, or another service holds
        something under it: her words on a consent, the grounds of an assessment.
        """
        person_id = UUID(item.payload["person_id"])
        async with service.database.transaction(service.database.system()) as tx:
            needed = (await tx.execute(_STILL_NEEDED, {"person": person_id})).scalar_one_or_none()
        if needed:
            return False
        try:
            await vault_of(service).destroy(person_id)
        except KeyHeld:
            return False
        return True

    async def finish(tx: Transaction, item: Item, destroyed: bool) -> None:  # what `act` answered
        """`erased` is claimed only where the key is gone; else the fields are, and the case goes on under its key."""
        case_id, disclosure_id = UUID(item.payload["case_id"]), UUID(item.payload["disclosure_id"])
        if not destroyed:
            await tx.execute(_REOPEN, {"case_id": case_id, "person": UUID(item.payload["person_id"])})
        tx.say(disclosure_closed(case_id, disclosure_id, "erased" if destroyed else "restricted"))

    return WorkKind(DESTROY_KEY, act, finish, max_attempts=1_000)
