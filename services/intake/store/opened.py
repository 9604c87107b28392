"""Which distinct cases a person has opened on a day, and who was already told of as having opened too many."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import text

from chassis.database import Transaction

_OPENED = text(
    """
    insert into intake.opened_cases (actor, day, case_id)
    select :actor, :day, c from unnest(cast(:cases as uuid[])) c on conflict do nothing
    """
)
_COUNT = text("select count(*) from intake.opened_cases where actor = :actor and day = :day")
_PASSED = text("insert into intake.limits_passed (actor, day) values (:actor, :day) on conflict do nothing")
_FORGET = text("delete from intake.opened_cases where actor = :actor and day < :day")


async def count_with(tx: Transaction, actor: str, day: date, cases: Sequence[str]) -> int:
    """How many distinct ones it is with these; 0 where none of them is new. Other days of the person are forgotten."""
    who = {"actor": actor, "day": day}
    if (await tx.execute(_OPENED, {**who, "cases": list(cases)})).rowcount == 0:
        return 0
    count: int = (await tx.execute(_COUNT, who)).scalar_one()
    if count == len(cases):
        await tx.execute(_FORGET, who)
    return count


async def passes(tx: Transaction, actor: str, day: date) -> bool:
    """Whether this is the first time on this day that the limit is passed."""
    return (await tx.execute(_PASSED, {"actor": actor, "day": day})).rowcount == 1
