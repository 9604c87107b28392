"""A subscription: which events change which aggregates of a service, and how they are loaded and saved as a set."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from chassis.database import Origin, Transaction
from chassis.outbox import DueWork
from contracts.catalogue import event_class
from contracts.envelope import Event, Meta, ReceivedEvent

K = TypeVar("K")
A = TypeVar("A")


@dataclass(frozen=True)
class Subscription(Generic[K, A]):
    """Handlers are plain functions (aggregate, event, now) → facts; all I/O is in `load` and `save`, once a batch."""

    handlers: Mapping[type[Event], Callable[[A, Any, datetime], Iterable[Any]]]
    key: Callable[[Any], K | None]
    """The aggregate that an event is about; None when it is about none of this service."""
    load: Callable[..., Awaitable[dict[K, A]]]
    """One query, keys sorted, rows locked; an entry for every key (an empty working set where there is none)."""
    save: Callable[[Transaction, Sequence[A]], Awaitable[None]]
    """One set-based statement for each table."""
    outgoing: Callable[[Any], Event | DueWork | None]
    every: Callable[[A, ReceivedEvent, datetime], Iterable[Any]] | None = None
    """Called for each event of whatever type, before the handler; `event` is None when the type is unknown."""
    names: Callable[[Any], str | None] | None = None
    """The other things that an event names and that must be loaded: `load` is given all of them, sorted, as a third
    argument.
    """


class AnyReceivedEvent(Protocol):
    """A `ReceivedEvent`, or an object that becomes one when its attributes are asked for."""

    @property
    def event(self) -> Any: ...
    @property
    def meta(self) -> Meta: ...


class Interests:
    """The types that any of a service's subscriptions handles: only their bodies are decoded."""

    def __init__(self, subscriptions: Sequence[Subscription[Any, Any]]) -> None:
        self.everything = any(s.every is not None for s in subscriptions)
        self._classes = {event.type: event for s in subscriptions for event in s.handlers}

    def class_of(self, type_: str) -> type[Event] | None:
        return self._classes.get(type_) or (event_class(type_) if self.everything else None)


async def handle(
    tx: Transaction, subscriptions: Sequence[Subscription[Any, Any]], received: Sequence[AnyReceivedEvent]
) -> None:
    """Let each subscription handle the events in their order, inside the open transaction."""
    types = {type(one.event) for one in received}
    for subscription in subscriptions:
        if subscription.every is not None or not types.isdisjoint(subscription.handlers):
            await _handle(tx, subscription, received)


async def _handle(
    tx: Transaction, subscription: Subscription[Any, Any], received: Sequence[AnyReceivedEvent]
) -> None:
    handlers, every = subscription.handlers, subscription.every
    wanted = [r for r in received if every is not None or type(r.event) in handlers]
    keyed = [(key, r) for r in wanted if (key := subscription.key(r.event)) is not None]
    if not keyed:
        return
    keys = sorted({key for key, _ in keyed}, key=_number)
    aggregates = await subscription.load(tx, keys, *_named(subscription, keyed))
    for key, r in keyed:
        aggregate = aggregates[key]
        facts: list[Any] = (
            [] if every is None else list(every(aggregate, ReceivedEvent(r.meta, r.event), tx.now))
        )
        handler = handlers.get(type(r.event))
        if handler is not None:
            facts.extend(handler(aggregate, r.event, tx.now))
        if facts:
            tx.say(*map(subscription.outgoing, facts), origin=_caused_by(tx, r.meta))
    await subscription.save(tx, [aggregates[key] for key in keys])


def _named(
    subscription: Subscription[Any, Any], keyed: Sequence[tuple[Any, AnyReceivedEvent]]
) -> tuple[list[str], ...]:
    names = subscription.names
    if names is None:
        return ()
    return (sorted({name for _, r in keyed if (name := names(r.event)) is not None}),)


def _number(key: Any) -> Any:
    """UUIDs are sorted by their number, as PostgreSQL does: compared one with another they cost ten times as much."""
    return key.int if isinstance(key, UUID) else key


def _caused_by(tx: Transaction, meta: Meta) -> Origin:
    """The origin of a handler's facts: the service, for the organisation and the purpose of the event that caused them."""
    return Origin(tx.origin.actor, meta.organisation, meta.purpose, causationid=str(meta.id))
