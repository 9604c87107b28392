"""The handlers of directory: plain functions, from a loaded organisation and an event to facts."""

from collections.abc import Iterable
from datetime import datetime

from chassis.events.subscription import Subscription
from contracts.events.exchange import DirectoryReceivedV1
from services.directory.domain.organisation import DirectoryChanged, Organisation, Profile, Service
from services.directory.outgoing import outgoing
from services.directory.store import organisations


def on_directory_received(
    organisation: Organisation, event: DirectoryReceivedV1, now: datetime
) -> Iterable[DirectoryChanged]:
    """A partner speaks of its own organisations alone, as exchange has checked."""
    details = {} if event.org_type is None else {"type": event.org_type}
    profile = Profile(event.sender_cell, event.role, organisation.id, _hsds(event.status), details)
    services = [
        Service(s.service_id, s.service, s.service_id, _hsds(s.status), s.capacity, {})
        for s in event.services
    ]
    return organisation.hear(profile, services, event.version)[-1:]


def _hsds(status: str) -> str:
    """A code as HSDS writes it."""
    return status.replace("-", " ")


def subscription() -> Subscription[str, Organisation]:
    return Subscription(
        handlers={DirectoryReceivedV1: on_directory_received},
        key=lambda event: event.organisation,
        load=organisations.load,
        save=organisations.save,
        outgoing=outgoing,
    )
