"""A case always has somebody: an alarm where nobody opens it in the time of its urgency, and where nobody is left who can."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Transaction
from chassis.events.subscription import Subscription
from chassis.outbox import DueWork
from chassis.work import WorkItem, WorkKind, no_act
from contracts.country.response_clock import ResponseClock
from contracts.envelope import Event
from contracts.events.directory import DirectoryChangedV1, StaffChangedV1
from services.intake.casefile.domain.facts import StaffChanged
from services.intake.casefile.outgoing import NOBODY_LEFT, UNOPENED, outgoing, unopened_due
from services.intake.casefile.store import attention

Handler = Callable[[str, StaffChangedV1 | DirectoryChangedV1, datetime], Iterable[object]]


def attention_work(clock: ResponseClock) -> list[WorkKind]:
    """The kinds of work. Both need nothing from outside; everything happens in `finish`."""

    async def look(tx: Transaction, item: WorkItem, _: Any) -> None:
        """Alarm for the cases whose time has run out, and look again when the time of the others has."""
        cases = [UUID(case) for case in item.payload["cases"]]
        waiting = await attention.unopened(tx, cases, datetime.fromisoformat(item.payload["since"]))
        until = {case.case_id: clock.deadlines(case.urgency, case.since).respond_by for case in waiting}
        await attention.due(tx, waiting, until)
        late = [case for case in waiting if until[case.case_id] <= tx.now]
        if late:
            await attention.alarm(tx, late)
        for at in sorted({at for at in until.values() if at > tx.now}):
            still = [case for case in waiting if until[case.case_id] == at]
            tx.say(unopened_due([case.case_id for case in still], still[0].since, at))

    async def left(tx: Transaction, item: WorkItem, _: Any) -> None:
        organisation = item.payload["organisation"]
        if await attention.alarm_of_those_left(tx, organisation):
            tx.say(outgoing(StaffChanged(organisation, tx.now)))

    return [WorkKind(UNOPENED, no_act, look), WorkKind(NOBODY_LEFT, no_act, left)]


def clocks(clock: ResponseClock) -> Callable[[Transaction], Awaitable[None]]:
    """The end of each transaction: whatever it gave to somebody gets its time there and then, as `look` would set it."""

    async def set_times(tx: Transaction) -> None:
        begun = [one for one in tx.due if one.kind == UNOPENED and one.due_at is None]
        if not begun:
            return
        tx.due = [one for one in tx.due if one not in begun]
        until = {urgency: clock.deadlines(urgency, tx.now).respond_by for urgency in clock.spans}
        cases = [UUID(case) for one in begun for case in one.payload["cases"]]
        found = await attention.set_times(tx, cases, until)
        for at in sorted({*found.values()}):
            tx.say(*attention.looks([case for case in found if found[case] == at], tx.now, at))

    return set_times


def on_staff_changed(
    organisation: str, _: StaffChangedV1 | DirectoryChangedV1, now: datetime
) -> Iterable[StaffChanged]:
    """A member may have left, or an organisation may have closed: its cases are looked through."""
    return [StaffChanged(organisation, now)]


def subscription() -> Subscription[str, str]:
    return of_staff(on_staff_changed, outgoing)


def of_staff(handler: Handler, said: Callable[[Any], Event | DueWork | None]) -> Subscription[str, str]:
    """For a handler that keeps nothing of an organisation, and says what is to be looked through when its staff changed."""

    async def load(_: Transaction, keys: Sequence[str]) -> dict[str, str]:
        return {key: key for key in keys}

    async def save(_: Transaction, __: Sequence[str]) -> None: ...

    return Subscription(
        handlers={StaffChangedV1: handler, DirectoryChangedV1: handler},
        key=lambda event: event.organisation,
        load=load,
        save=save,
        outgoing=said,
    )
