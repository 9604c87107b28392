"""The handlers of casework: the staff of an organisation changed, so that its tasks are looked through."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from chassis.database import Transaction
from chassis.events.subscription import Subscription
from contracts.events.directory import DirectoryChangedV1, StaffChangedV1
from services.intake.casework.domain.facts import StaffLeft
from services.intake.casework.outgoing import outgoing


def on_staff_changed(
    organisation: str, _: StaffChangedV1 | DirectoryChangedV1, now: datetime
) -> Iterable[StaffLeft]:
    """A member may have left, or an organisation may have closed."""
    return [StaffLeft(organisation, now)]


def subscription() -> Subscription[str, str]:
    async def load(_: Transaction, keys: Sequence[str]) -> dict[str, str]:
        return {key: key for key in keys}

    async def save(_: Transaction, __: Sequence[str]) -> None: ...

    return Subscription(
        handlers={StaffChangedV1: on_staff_changed, DirectoryChangedV1: on_staff_changed},
        key=lambda event: event.organisation,
        load=load,
        save=save,
        outgoing=outgoing,
    )
