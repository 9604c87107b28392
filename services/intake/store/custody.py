"""Cases as far as who has them: loaded for a batch of events by one query, saved as a set."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from services.intake.domain.case import State
from services.intake.domain.custody import Custody, Transfer

_LOAD = text(
    """
    select id, organisation, state, transfer_id, transfer_to, transfer_state, transfer_at
    from intake.cases where id = any(cast(:ids as uuid[])) order by id for update
    """
)
_SAVE = text(
    """
    update intake.cases as c set state = n.state, transfer_id = n.transfer_id, transfer_to = n.transfer_to,
        transfer_state = n.transfer_state, transfer_at = n.transfer_at, version = c.version + 1
    from unnest(cast(:ids as uuid[]), cast(:states as text[]), cast(:transfers as uuid[]), cast(:recipients as text[]),
                cast(:moved as text[]), cast(:at as timestamptz[]))
         as n(id, state, transfer_id, transfer_to, transfer_state, transfer_at)
    where c.id = n.id
    """
)
_CLOSE = text("update chassis.case_access set handed_over = true where case_id = any(cast(:ids as uuid[]))")


async def load(tx: Transaction, keys: Sequence[UUID]) -> dict[UUID, Custody]:
    found = {key: Custody(key) for key in keys}
    for row in await tx.execute(_LOAD, {"ids": list(keys)}):
        found[row.id] = Custody(row.id, row.organisation, State(row.state), _transfer(row))
    return found


async def save(tx: Transaction, cases: Sequence[Custody]) -> None:
    moved = [(case, case.transfer) for case in cases if case.changed and case.transfer is not None]
    if not moved:
        return
    parameters = {
        "ids": [case.case_id for case, _ in moved],
        "states": [str(case.state) for case, _ in moved],
        "transfers": [transfer.referral_id for _, transfer in moved],
        "recipients": [transfer.recipient for _, transfer in moved],
        "moved": [transfer.state for _, transfer in moved],
        "at": [transfer.at for _, transfer in moved],
    }
    await tx.execute(_SAVE, parameters)
    handed_over = [case.case_id for case, _ in moved if case.state is State.HANDED_OVER]
    if handed_over:
        await tx.execute(_CLOSE, {"ids": handed_over})


def _transfer(row: Any) -> Transfer | None:
    if row.transfer_id is None:
        return None
    return Transfer(row.transfer_id, row.transfer_to, row.transfer_state, row.transfer_at)
