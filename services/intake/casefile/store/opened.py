"""The distinct cases that a person has opened on a day, and the persons already told of as having opened too many."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import text

from chassis.database import Transaction
from chassis.tables import insert_missing
from services.intake.casefile.store.tables import LIMITS_PASSED, OPENED_CASES

_OPENED = insert_missing(OPENED_CASES)
_COUNT = text("select count(*) from intake.opened_cases where actor = :actor and day = :day")
_PASSED = insert_missing(LIMITS_PASSED)
_FORGET = text("delete from intake.opened_cases where actor = :actor and day < :day")


async def count_with(tx: Transaction, actor: str, day: date, cases: Sequence[str]) -> int:
    """The number of distinct cases with these; 0 where none of them is new. Other days of the person are forgotten."""
    who = {"actor": actor, "day": day}
    if await _OPENED.write(tx, [{"case_id": case_id} for case_id in cases], **who) == 0:
        return 0
    count: int = (await tx.execute(_COUNT, who)).scalar_one()
    if count == len(cases):
        await tx.execute(_FORGET, who)
    return count


async def passes(tx: Transaction, actor: str, day: date) -> bool:
    """True the first time on this day that the limit is passed."""
    return await _PASSED.write(tx, [{"actor": actor, "day": day}]) == 1
