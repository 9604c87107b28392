"""The members of staff who have a right to a case: for whoever must be told whom to turn to."""

from uuid import UUID

from chassis.database import Transaction
from chassis.directory import members
from chassis.identity.access import case_resource
from chassis.identity.auth import Actor
from chassis.identity.policies import Principal


async def who_may(tx: Transaction, actor: Actor, action: str, case_id: UUID) -> list[str]:
    """Everybody on the staff of the organisation that has the case whom the policies allow this. `actor` is who asks, for the
    same purpose; nothing is opened by the answer.
    """
    resource = await case_resource(tx, case_id)
    if resource is None:
        return []
    return [
        worker
        for worker, roles in await members(tx, resource.organisation)
        if actor.policies.permits(
            Principal(worker, resource.organisation, actor.cell, roles, actor.purpose), action, resource
        )
    ]
