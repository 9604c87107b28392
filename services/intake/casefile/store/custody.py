"""The custody of cases: loaded for a batch of events by one query, saved as a set."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import remember_handed_over
from chassis.rows import RowReader
from chassis.tables import update_set
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.custody import Custody, Transfer
from services.intake.casefile.domain.dependant import DependantChange
from services.intake.casefile.store import dependants, own_numbers
from services.intake.casefile.store.tables import CASES

_LOAD = text(
    """
    select id as case_id, organisation, state, case when transfer_id is not null then jsonb_build_object('referral_id',
        transfer_id, 'recipient', transfer_to, 'state', transfer_state, 'at', transfer_at) end as transfer
    from intake.cases where id = any(cast(:ids as uuid[])) order by id for update
    """
)
_SAVE = update_set(
    CASES,
    "state",
    "transfer_id",
    "transfer_to",
    "transfer_state",
    "transfer_at",
    also={"version": "t.version + 1"},
)
_CASES = RowReader(Custody, names=["case_id", "organisation", "state", "transfer"])


async def load(tx: Transaction, keys: Sequence[UUID]) -> dict[UUID, Custody]:
    found = {case.case_id: case for case in _CASES.all(await tx.execute(_LOAD, {"ids": list(keys)}))}
    return {key: found.get(key) or Custody(key) for key in keys}


async def save(tx: Transaction, cases: Sequence[Custody]) -> None:
    moved = [(case, case.transfer) for case in cases if case.changed and case.transfer is not None]
    await _SAVE.write(tx, [_row(case, transfer) for case, transfer in moved])
    handed_over = [case.case_id for case, _ in moved if case.state is CaseState.HANDED_OVER]
    if handed_over:
        await remember_handed_over(tx, handed_over)
        await dependants.moved(tx, handed_over, DependantChange.LEFT)
        await own_numbers.forget(tx, handed_over)


def _row(case: Custody, transfer: Transfer) -> dict[str, object]:
    return {
        "id": case.case_id,
        "state": case.state,
        "transfer_id": transfer.referral_id,
        "transfer_to": transfer.recipient,
        "transfer_state": transfer.state,
        "transfer_at": transfer.at,
    }
