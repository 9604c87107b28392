"""Things that are of a case, or of the organisation as long as no case has them: tasks and calls."""

from uuid import UUID

from sqlalchemy import TextClause

from chassis.database import Transaction
from chassis.identity.access import require, require_case, whose
from chassis.identity.auth import Actor
from chassis.problems import NotFound


async def case_of(
    tx: Transaction, actor: Actor, action: str, statement: TextClause, thing_id: UUID
) -> UUID | None:
    """The case of a thing, for whoever may do this with it; None for one of the organisation. NotFound otherwise.

    The statement reads `organisation` and `case_id` by `:id`.
    """
    rows = await whose(tx, statement, {"id": thing_id})
    if not rows:
        raise NotFound
    (row,) = rows
    case_id: UUID | None = row.case_id
    if case_id is not None:
        await require_case(tx, actor, action, case_id)
    elif row.organisation != actor.organisation:
        raise NotFound
    else:
        require(actor, action, organisation=row.organisation)
    return case_id
