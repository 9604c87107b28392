"""An empty list that was narrowed to one case, worker or organisation: where that one is not there, it is not found, because an
empty page would say that there is nothing of it.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis.database import Transaction
from chassis.directory import find, roles_of_staff
from chassis.identity.access import require_case
from chassis.identity.auth import Actor
from chassis.problems import NotFound
from chassis.web.http import PageQuery
from chassis.web.listing import NOBODY

WORKERS, ORGANISATIONS = ("worker", "by"), ("organisation", "partner")


async def require_named(
    tx: Transaction,
    actor: Actor,
    action: str,
    asked: Mapping[str, object],
    items: Sequence[object],
    page: PageQuery,
) -> None:
    """Of a list that may be narrowed to a case; `action` is the right by which a case stands in it. Raises CaseRefused for a case that is not
    there or not the actor's, and what `require_listed` raises.
    """
    if items or page.after is not None:
        return
    if isinstance(case_id := asked.get("case_id"), UUID):
        await require_case(tx, actor, action, case_id)
    await require_listed(tx, actor, asked, items, page)


async def require_listed(
    tx: Transaction, actor: Actor, asked: Mapping[str, object], items: Sequence[object], page: PageQuery
) -> None:
    """Raises NotFound for a worker or an organisation that nobody lists here. A page that has rows, or that is not the first, names
    what is there.
    """
    if items or page.after is not None:
        return
    for name in WORKERS:
        worker = asked.get(name)
        if worker not in {None, NOBODY, actor.subject} and not await roles_of_staff(tx, [str(worker)]):
            raise NotFound(f"nobody of this name is listed here: `{name}`")
    for name in ORGANISATIONS:
        if name in asked and await find(tx, str(asked[name])) is None:
            raise NotFound(f"no organisation of this name is listed here: `{name}`")
