"""Every event that has a notice becomes one for the present holder of the case, in the organisation that has it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Transaction
from chassis.events.consumer import Subscription
from contracts.catalogue import consumed_by
from contracts.crossing import SIDES
from contracts.events.intake import CaseAssignedV1
from services.notify.domain.notices import NOTICES, news_of
from services.notify.store import notifications
from services.notify.store.notifications import CaseNotices


def subject_of(event: Any) -> UUID:
    """The case; of a task of the team, or of a leave, which have none, the thing itself."""
    about: UUID = getattr(event, "about_id", None) or getattr(event, "leave_id", None) or event.case_id
    return about


def on_anything_noted(case: CaseNotices, event: Any, now: datetime) -> Iterable[None]:
    half = getattr(event, "half", "") or getattr(event, "change", "")
    if isinstance(event, CaseAssignedV1):
        case.organisation, case.assigned, case.handed_over = event.organisation, True, False
        case.workers = event.workers
    for news in news_of(event, half, case.workers):
        case.tell(news, getattr(event, SIDES.get(half, "organisation"), None))
    return ()


def subscription(mailboxes: frozenset[str]) -> Subscription[Any, CaseNotices]:
    """`mailboxes`: the organisations that can be mailed to."""

    async def save(tx: Transaction, cases: Sequence[CaseNotices]) -> None:
        await notifications.save(tx, cases, mailboxes)

    return Subscription(
        handlers={e.event: on_anything_noted for e in consumed_by("notify") if e.type in NOTICES},
        key=subject_of,
        load=notifications.load,
        save=save,
        outgoing=lambda fact: fact,
    )
