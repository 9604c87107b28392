"""Each fact of a return as the event that says it, or as a line in the log."""

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import structlog

from contracts.envelope import Event
from contracts.events import returns as said
from services.returns.domain import facts

_EVENTS: Mapping[type[Any], type[Event]] = MappingProxyType(
    {
        facts.ReturnRequested: said.ReturnRequestedV1,
        facts.ReturnDecided: said.ReturnDecidedV1,
        facts.ReturnAssessed: said.ReturnAssessedV1,
        facts.ReturnBlocked: said.ReturnBlockedV1,
        facts.ReturnCleared: said.ReturnClearedV1,
        facts.ReturnDeparted: said.ReturnDepartedV1,
        facts.ReturnArrived: said.ReturnArrivedV1,
        facts.ReturnClosed: said.ReturnClosedV1,
        facts.ReturnWithdrawn: said.ReturnWithdrawnV1,
    }
)


def outgoing(fact: facts.Fact) -> Event | None:
    if isinstance(fact, facts.Ignored):
        _log(fact)
        return None
    return _EVENTS[type(fact)](**{field.name: getattr(fact, field.name) for field in fields(fact)})


def _log(fact: facts.Ignored) -> None:
    structlog.get_logger("returns").info(
        "return.ignored",
        return_id=str(fact.return_id),
        kind=str(fact.half),
        type=str(fact.heard),
        status=None if fact.state is None else str(fact.state),
    )
