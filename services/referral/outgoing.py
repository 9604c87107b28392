"""Each fact of a referral as the event that says it, as the work that it makes due, or as a line in the log."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import structlog

from chassis.outbox import DueWork
from contracts.envelope import Event, events_by_fact
from contracts.events import referral
from services.referral.domain import facts

REMIND = "remind"
EXPIRE = "expire"
"""The kinds of the two work rows of a response clock."""


def outgoing(fact: facts.Fact) -> Event | DueWork | None:
    return _BY_FACT[type(fact)](fact)


def _event(kind: type[Event]) -> Callable[[Any], Event]:
    def build(fact: Any) -> Event:
        return kind(**{field.name: getattr(fact, field.name) for field in fields(fact)})

    return build


def _due(kind: str) -> Callable[[Any], DueWork]:
    def build(fact: Any) -> DueWork:
        payload = {"referral_id": str(fact.referral_id), "half": str(fact.half)}
        return DueWork(kind, f"{fact.referral_id}:{fact.half}", payload, due_at=fact.at)

    return build


def _logged(fact: facts.CodeIgnored) -> None:
    structlog.get_logger("referral").info(
        "referral.ignored",
        referral_id=str(fact.referral_id),
        kind=str(fact.half),
        type=str(fact.heard),
        status=None if fact.state is None else str(fact.state),
    )


EVENTS = events_by_fact(facts, referral)
_BY_FACT: Mapping[type[Any], Callable[[Any], Event | DueWork | None]] = MappingProxyType(
    {
        **{fact: _event(event) for fact, event in EVENTS.items()},
        facts.ReminderDue: _due(REMIND),
        facts.ExpiryDue: _due(EXPIRE),
        facts.CodeIgnored: _logged,
    }
)
