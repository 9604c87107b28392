"""The clock of a consent: a due row ends it when its validity does, and recalls what was disclosed under it."""

from uuid import UUID

from chassis.database import Transaction
from chassis.work import Item, Later, WorkKind
from services.consent import use_cases
from services.consent.outgoing import EXPIRE

ATTEMPTS = 100
"""An expiry is protective and needs the database alone: it is not given up."""


async def _nothing(_: Item) -> None:
    """There is nothing to do outside the transaction."""


async def _finish(tx: Transaction, item: Item, _: None) -> None:
    left = await use_cases.expire(tx, UUID(item.payload["consent_id"]), item.payload["revision"])
    if left is not None:
        raise Later(left.total_seconds())


def expiry_work() -> WorkKind:
    return WorkKind(EXPIRE, act=_nothing, finish=_finish, max_attempts=ATTEMPTS)
