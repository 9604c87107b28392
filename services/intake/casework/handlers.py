"""The handlers of casework: the staff of an organisation changed, so that its tasks are looked through."""

from collections.abc import Iterable
from datetime import datetime

from chassis.events.subscription import Subscription
from contracts.events.directory import DirectoryChangedV1, StaffChangedV1
from services.intake.casefile.attention import of_staff
from services.intake.casework.domain.facts import StaffLeft
from services.intake.casework.outgoing import outgoing


def on_staff_changed(
    organisation: str, _: StaffChangedV1 | DirectoryChangedV1, now: datetime
) -> Iterable[StaffLeft]:
    """A member may have left, or an organisation may have closed."""
    return [StaffLeft(organisation, now)]


def subscription() -> Subscription[str, str]:
    return of_staff(on_staff_changed, outgoing)
