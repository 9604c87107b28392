"""audit takes every event and access record of its cell."""

from collections.abc import Iterable
from datetime import datetime

from chassis.events.consumer import Subscription
from contracts.envelope import ReceivedEvent
from services.audit.store.log import LOG, Log, load, save


def on_anything(log: Log, received: ReceivedEvent, now: datetime) -> Iterable[None]:
    log.pending.append(received)
    return ()


SUBSCRIPTION: Subscription[str, Log] = Subscription(
    handlers={}, key=lambda _: LOG, load=load, save=save, outgoing=lambda fact: fact, every=on_anything
)
