"""Each fact of a return as the event that says it, as work that a clock makes due, or as a line in the log."""

from dataclasses import fields

import structlog

from chassis.outbox import DueWork
from contracts.envelope import Event, events_by_fact
from contracts.events import returns
from services.returns.domain import facts

OVERDUE = "overdue"
"""The kind of work that asks whether she arrived."""

EVENTS = events_by_fact(facts, returns)


def outgoing(fact: facts.Fact) -> Event | DueWork | None:
    if isinstance(fact, facts.CodeIgnored):
        _log(fact)
        return None
    if isinstance(fact, facts.ArrivalExpected):
        return _overdue(fact)
    return EVENTS[type(fact)](**{field.name: getattr(fact, field.name) for field in fields(fact)})


def _overdue(fact: facts.ArrivalExpected) -> DueWork:
    """The work is named by the time as well, so that a second departure has a clock of its own."""
    key = f"{fact.return_id}:{fact.half}:{fact.expected_at.isoformat()}"
    payload = {"return_id": str(fact.return_id), "half": str(fact.half)}
    return DueWork(OVERDUE, key, payload, due_at=fact.expected_at)


def _log(fact: facts.CodeIgnored) -> None:
    structlog.get_logger("returns").info(
        "return.ignored",
        return_id=str(fact.return_id),
        kind=str(fact.half),
        type=str(fact.heard),
        status=None if fact.state is None else str(fact.state),
    )
