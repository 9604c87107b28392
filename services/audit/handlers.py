"""audit takes every event and access record of its cell; and what the border brings of extracts, asked for there and here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Transaction
from chassis.events.consumer import Subscription
from contracts.border.extract import EXTRACT_WITHIN, MAX_OPEN
from contracts.envelope import ReceivedEvent
from contracts.events.extracts import (
    ExtractAskedV1,
    ExtractDeclinedV1,
    ExtractReceivedV1,
    ExtractRetractedV1,
)
from services.audit.domain.account import Direction
from services.audit.domain.extract import TOO_MANY, ExtractCase, ExtractRefused
from services.audit.outgoing import outgoing
from services.audit.store import extracts
from services.audit.store.extracts import ArrivedPart
from services.audit.store.log import LOG, Log, load, save


def on_anything(log: Log, received: ReceivedEvent, now: datetime) -> Iterable[None]:
    log.pending.append(received)
    return ()


SUBSCRIPTION: Subscription[str, Log] = Subscription(
    handlers={}, key=lambda _: LOG, load=load, save=save, outgoing=lambda fact: fact, every=on_anything
)


@dataclass(slots=True)
class PartnersRequests:
    """The requests of one partner: how many wait, and those of which something came now. `known` are identifiers by which anybody asked."""

    waiting: int
    known: set[UUID]
    held: dict[UUID, ExtractCase] = field(default_factory=dict)

    def add(self, event: ExtractAskedV1 | ExtractRetractedV1, now: datetime) -> ExtractCase | None:
        """The request, which is new; None beyond the limit."""
        if self.waiting >= MAX_OPEN:
            return None
        self.waiting += 1
        self.known.add(event.request_id)
        new = self.held[event.request_id] = ExtractCase(
            id=event.request_id,
            direction=Direction.IN,
            partner=event.sender_cell,
            about=event.about,
            reason=event.reason,
            asked_at=event.at,
            due_at=now + EXTRACT_WITHIN,
        )
        return new


def on_extract_asked(
    requests: PartnersRequests, event: ExtractAskedV1, now: datetime
) -> Iterable[ExtractRefused]:
    """A request that was heard is not heard again, nor one under the identifier of a question of ours.

    Beyond the limit it is refused at once and not kept.
    """
    if event.request_id in requests.known or requests.add(event, now) is not None:
        return ()
    return [ExtractRefused(event.request_id, event.sender_cell, TOO_MANY)]


def on_extract_retracted(
    requests: PartnersRequests, event: ExtractRetractedV1, now: datetime
) -> Iterable[ExtractRefused]:
    """Only who asked takes it back, and nothing is taken back that was answered. What overtakes its request is kept, so that this is known
    when it comes.
    """
    found = requests.held.get(event.request_id)
    if found is None and event.request_id not in requests.known:
        found = requests.add(event, now)
    if found is not None and found.partner == event.sender_cell and found.may("withdraw"):
        found.withdraw()
    return ()


async def _load_requests(
    tx: Transaction, partners: Sequence[str], ids: Sequence[str]
) -> dict[str, PartnersRequests]:
    asked = [UUID(one) for one in ids]
    known = await extracts.known(tx, asked)
    held = await extracts.held(tx, asked, Direction.IN)
    return {cell: PartnersRequests(await extracts.open_of(tx, cell), known, dict(held)) for cell in partners}


async def _save_requests(tx: Transaction, partners: Sequence[PartnersRequests]) -> None:
    await extracts.save(tx, list({id_: case for one in partners for id_, case in one.held.items()}.values()))


@dataclass(slots=True)
class OwnRequest:
    """A request of ours, and the parts of its answer that came now; None for one that was never made here."""

    asked: ExtractCase | None
    parts: list[ArrivedPart] = field(default_factory=list)


def on_extract_received(own: OwnRequest, event: ExtractReceivedV1, now: datetime) -> Iterable[Any]:
    if _answers(own, event.sender_cell):
        content = [entry.model_dump(mode="json") for entry in event.entries]
        own.parts.append(ArrivedPart(event.request_id, event.part, event.parts, event.withheld, content))
    return ()


def on_extract_declined(own: OwnRequest, event: ExtractDeclinedV1, now: datetime) -> Iterable[Any]:
    if own.asked is not None and _answers(own, event.sender_cell):
        own.asked.refuse(event.reason, None, now)
    return ()


def _answers(own: OwnRequest, cell: str) -> bool:
    return own.asked is not None and own.asked.partner == cell and own.asked.may("complete")


async def _load_own(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, OwnRequest]:
    known = await extracts.held(tx, ids, Direction.OUT)
    return {one: OwnRequest(known.get(one)) for one in ids}


async def _save_own(tx: Transaction, requests: Sequence[OwnRequest]) -> None:
    for own in requests:
        whole = [part for part in own.parts if await extracts.add_part(tx, part)]
        if own.asked is not None and whole and own.asked.may("complete"):
            own.asked.complete(whole[-1].withheld, tx.now)
    await extracts.save(tx, [own.asked for own in requests if own.asked is not None])


SUBSCRIPTIONS: list[Subscription[Any, Any]] = [
    SUBSCRIPTION,
    Subscription(
        handlers={ExtractAskedV1: on_extract_asked, ExtractRetractedV1: on_extract_retracted},
        key=lambda event: event.sender_cell,
        names=lambda event: str(event.request_id),
        load=_load_requests,
        save=_save_requests,
        outgoing=outgoing,
    ),
    Subscription(
        handlers={ExtractReceivedV1: on_extract_received, ExtractDeclinedV1: on_extract_declined},
        key=lambda event: event.request_id,
        load=_load_own,
        save=_save_own,
        outgoing=outgoing,
    ),
]
