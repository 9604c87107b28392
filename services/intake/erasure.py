"""Work: destroy a person's key once nothing is left under it, and only then answer that the data is erased."""

from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.service import Service
from chassis.work import Item, WorkKind
from services.intake.outgoing import DESTROY_KEY, disclosure_closed
from services.intake.sealing import vault_of

_STILL_NEEDED = text("select true from intake.cases where person_id = :person and state <> 'erased' limit 1")


def erasure_work(service: Service) -> WorkKind:
    async def act(item: Item) -> None:
        """Another disclosure about the same person may have come since: then the key stays, and its fields are gone."""
        person_id = UUID(item.payload["person_id"])
        async with service.database.transaction(service.database.system()) as tx:
            needed = (await tx.execute(_STILL_NEEDED, {"person": person_id})).scalar_one_or_none()
        if not needed:
            await vault_of(service).destroy(person_id)

    async def finish(tx: Transaction, item: Item, _: None) -> None:
        case_id, disclosure_id = UUID(item.payload["case_id"]), UUID(item.payload["disclosure_id"])
        tx.say(disclosure_closed(case_id, disclosure_id, "erased"))

    return WorkKind(DESTROY_KEY, act, finish, max_attempts=1_000)
