"""The timeline of a case: what this cell knows of it, both halves by time. A pure merge of entries of the log."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.catalogue import event_class
from contracts.crossing import code_list

TIMELINE = "timeline"
"""The code list of what may happen to a case."""
PROCESS = "process.received.v1"
ABROAD = frozenset(
    {
        PROCESS,
        "disclosure.received.v1",
        "recall.received.v1",
        "correction.received.v1",
        "recall.answered.v1",
        "envelope.delivered.v1",
        "envelope.refused.v1",
    }
)
"""Events by which the other half, or whoever received something, tells what happened there."""
CONFIDENTIAL: Mapping[str, str] = {
    "extract.requested.v1": "the question of an auditor, who is not to be known by those who are audited",
    "extract.withdrawn.v1": "the same",
    "extract.released.v1": "the same",
    "cover.decided.v1": "who was kept from a case is told to supervisors alone",
}
"""Events about a case that whoever holds it does not learn of, neither by the timeline nor by the report of her data."""
LINKED = "dependants.changed.v1"
"""The event of a link, in the timelines of two cases of which a reader may have one. Whoever caused it may work on the other, and
the report of one person may come into the hands of somebody who looks for the other: the timeline tells it without a name, the
report not at all.
"""
LEFT_OUT: Mapping[str, str] = {
    **CONFIDENTIAL,
    "record.read.v1": "who has seen her data is a list of its own",
    "attempt.refused.v1": "the same",
    "operation.performed.v1": "done to the pipeline, and to no case",
    "limit.passed.v1": "told of a member of staff",
    "envelope.sealed.v1": "a step of the border; its delivery, or refusal, is shown",
    "disclosure.logged.v1": "a step of the border",
    "case.referenced.v1": "the case was given a name, and nothing happened",
    "call.raised.v1": "of a call that is no case",
    "transfer.moved.v1": "the move of the referral is shown itself",
}


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An entry of the log about the case, as far as the timeline needs it."""

    entry: int
    time: datetime
    event_id: str
    source: str
    type: str
    actor: str
    organisation: str
    causationid: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Detail:
    """A code that goes with what happened, and the list that it is of."""

    name: str
    code_list: str
    code: str


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened. `service` and `cell` are from where this cell knows of it."""

    entry: int
    at: datetime
    code: str
    service: str
    cell: str
    elsewhere: bool
    organisation: str
    by: str | None
    subject_id: str | None
    details: tuple[Detail, ...]


def merge(events: Iterable[LoggedEvent], cell: str) -> list[TimelineEntry]:
    """Oldest first. What a half here did because the other half told it is the other half's, and stands there once."""
    known = list(events)
    told = {one.event_id: str(one.details.get("code")) for one in known if one.type == PROCESS}
    happened = [
        _entry_of(one, cell)
        for one in known
        if one.type not in LEFT_OUT and told.get(one.causationid or "") != _bare(one.type)
    ]
    return sorted(happened, key=lambda one: (one.at, one.entry))


def _entry_of(one: LoggedEvent, cell: str) -> TimelineEntry:
    body, elsewhere = one.details, one.type in ABROAD
    return TimelineEntry(
        entry=one.entry,
        at=datetime.fromisoformat(body["at"]) if elsewhere and "at" in body else one.time,
        code=str(body["code"]) if one.type == PROCESS else _bare(one.type),
        service=one.source.rpartition("/")[2],
        cell=str(body.get("sender_cell") or body.get("recipient_cell") or cell) if elsewhere else cell,
        elsewhere=elsewhere,
        organisation=str(body.get("sender") or one.organisation) if one.type == PROCESS else one.organisation,
        by=None if one.type == LINKED else one.actor,
        subject_id=next(
            (str(body[name]) for name in ("referral_id", "return_id", "subject_id") if body.get(name)), None
        ),
        details=tuple(_details(one)),
    )


def _details(one: LoggedEvent) -> Iterable[Detail]:
    event = event_class(one.type)
    if event is None:
        return
    for name, value in one.details.items():
        if name in event.model_fields and isinstance(value, str) and name != "code":
            try:
                yield Detail(name, code_list(event, name), value)
            except ValueError:
                continue


def _bare(type_: str) -> str:
    return type_.rpartition(".")[0]
