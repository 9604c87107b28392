"""One page of a worklist: the halves that the actor's organisation holds, of cases that the actor may read, newest first."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.identity.access import visible_cases
from chassis.identity.auth import Actor
from chassis.web.positions import Position


async def halves(
    tx: Transaction,
    actor: Actor,
    action: str,
    view: str,
    *,
    made_at: str,
    filters: Mapping[str, object],
    after: Position | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Rows of `view`, which selects from one table called `r`. `made_at` is the column that orders them; a filter that
    is None is not asked for. The view may use `:now`, the transaction's instant.
    """
    condition, allowed = await visible_cases(tx, actor, action, column="r.case_id")
    asked = {column: value for column, value in filters.items() if value is not None}
    conditions = [
        condition,
        "r.organisation = :organisation",
        *(f"r.{column} = :{column}" for column in asked),
    ]
    values: dict[str, Any] = {**allowed, **asked, "organisation": actor.organisation, "limit": limit}
    if after is not None:
        conditions.append(f"(r.{made_at}, r.id) < (:at, cast(:after as uuid))")
        values |= {"at": after[0], "after": after[1]}
    if ":now" in view:
        values["now"] = tx.now
    order = f"order by r.{made_at} desc, r.id desc limit :limit"
    return (await tx.execute(text(f"{view} where {' and '.join(conditions)} {order}"), values)).all()
