"""Which events of a batch run, which are dropped as seen before, and which wait parked: decided without I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from pydantic import ValidationError

from chassis.events.subscription import Interests
from contracts.catalogue import CATALOGUE
from contracts.envelope import Event, Meta

PROTECTIVE = frozenset(entry.type for entry in CATALOGUE if entry.protective)
"""Events that are monotone and run although their stream is parked: a withdrawal never waits behind a poison event."""

UNREADABLE = "unreadable"
GAP = "gap"
BEHIND = "behind a parked event"

AHEAD = "ahead of a stopped consumer"

NOT_BEGUN = -1
"""The mark of a stream of which nothing was handled but protective events that ran ahead of a stopped consumer."""

Stream = tuple[str, str]
"""The source that says a stream, and the stream."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an event is parked: the class of an error, and the line of our code that raised it. Never what it said."""

    reason: str
    place: str = ""


class Record(Protocol):
    """A message as the broker gives it, or as it was parked."""

    topic: str
    partition: int
    offset: int
    headers: Sequence[tuple[str, bytes]]
    value: bytes


@dataclass(slots=True)
class Message:
    """A record of our own making: from the parked table, or in a test."""

    topic: str
    partition: int
    offset: int
    headers: Sequence[tuple[str, bytes]]
    value: bytes


class Arrived:
    """A `Received` whose attributes are read when somebody asks: what a handler says needs them, most say nothing."""

    __slots__ = ("_headers", "_meta", "event")

    def __init__(self, headers: Sequence[tuple[str, bytes]], event: Event | None) -> None:
        self._headers = headers
        self._meta: Meta | None = None
        self.event = event

    @property
    def meta(self) -> Meta:
        """Raises Unreadable."""
        if self._meta is None:
            self._meta = Meta.from_headers(self._headers)
        return self._meta


@dataclass(slots=True)
class Incoming:
    """One record, read as far as it could be. Without a mark it is unsequenced, or its headers are unreadable."""

    record: Record
    stream: Stream
    sequence: int
    marked: bool = True
    protective: bool = False
    received: Arrived | None = None
    fault: str | None = None
    traceparent: str | None = None


@dataclass(slots=True)
class Mark:
    """How far a stream has been handled. A parked stream keeps its mark, and what comes later waits behind it.

    `ahead` is the highest protective event that ran while the consumer was stopped before it; 0 where none did.
    """

    sequence: int
    parked: bool
    ahead: int = 0

    @property
    def has_kept(self) -> bool:
        """Whether events of this stream after its mark may have been kept: they must be looked for."""
        return self.parked or self.ahead > self.sequence


class ParkedState(StrEnum):
    """Of an event that is kept. Only one that waits becomes another, by `parked.settle`."""

    WAITING = "waiting"
    DONE = "done"
    DISCARDED = "discarded"


@dataclass(slots=True)
class Parked:
    incoming: Incoming
    cause: Cause
    state: ParkedState = ParkedState.WAITING

    @property
    def begins(self) -> bool:
        """Whether something stands still since this event; whatever waits behind it adds nothing to that."""
        return self.state is ParkedState.WAITING and self.cause.reason != BEHIND


@dataclass(slots=True)
class Admission:
    run: list[Arrived] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    moved: dict[Stream, Mark] = field(default_factory=dict)
    dropped: int = 0


def read(record: Record, interests: Interests) -> Incoming:
    """Read what decides about it, and its body when somebody handles its type. Never raises for what a record holds."""
    headers = dict(record.headers)
    try:
        type_, sequence = headers["ce_type"].decode(), int(headers["ce_sequence"])
        stream = (headers["ce_source"].decode(), headers["ce_partitionkey"].decode())
        trace = headers.get("ce_traceparent", b"").decode("ascii") or None
    except (KeyError, ValueError, AttributeError):
        return Incoming(record, _alone(record, UNREADABLE), record.offset, marked=False, fault=UNREADABLE)
    received, fault = _body(record, type_, interests)
    if sequence == 0:
        return Incoming(
            record, _alone(record, stream[0]), record.offset, False, False, received, fault, trace
        )
    return Incoming(record, stream, sequence, True, type_ in PROTECTIVE, received, fault, trace)


def _alone(record: Record, source: str) -> Stream:
    """What takes the place of a stream for a record that is parked alone if at all."""
    return source, f"{record.topic}/{record.partition}"


def _body(record: Record, type_: str, interests: Interests) -> tuple[Arrived | None, str | None]:
    known = interests.class_of(type_)
    if known is None:
        return (Arrived(record.headers, None) if interests.everything else None), None
    try:
        return Arrived(record.headers, known.model_validate_json(record.value or b"")), None
    except ValidationError:
        return None, f"the body does not fit {known.__name__}"


def admit(
    batch: Sequence[Incoming],
    marks: Mapping[Stream, Mark],
    stored: set[tuple[Stream, int]],
    poison: Cause | None = None,
) -> Admission:
    """Decide in order. `marks` holds those of the batch's streams, `stored` what is already kept of them.

    With `poison` the batch is one event that failed for this reason: it is parked where it would have run.
    """
    admission = Admission()
    for incoming in batch:
        if not incoming.marked:
            _run(admission, incoming, poison)
        elif _fresh(admission, incoming, marks, stored):
            _place(admission, incoming, poison)
            stored.add((incoming.stream, incoming.sequence))
    return admission


def _fresh(
    admission: Admission,
    incoming: Incoming,
    marks: Mapping[Stream, Mark],
    stored: set[tuple[Stream, int]],
) -> bool:
    """Whether the event is new; its stream's mark is put into `moved`, made for the first event of a stream."""
    mark = admission.moved.get(incoming.stream)
    if mark is None:
        mark = admission.moved[incoming.stream] = _mark(incoming, marks.get(incoming.stream))
    kept = (incoming.stream, incoming.sequence) in stored
    if incoming.sequence > mark.sequence and not kept:
        return True
    if kept and not mark.parked and incoming.sequence == mark.sequence + 1:
        mark.sequence = incoming.sequence  # it ran ahead of a stopped consumer
    admission.dropped += 1
    return False


def _mark(incoming: Incoming, known: Mark | None) -> Mark:
    if known is None:
        return Mark(incoming.sequence - 1, parked=False)
    if known.sequence == NOT_BEGUN:
        return replace(known, sequence=incoming.sequence - 1)
    return replace(known)


def _place(admission: Admission, incoming: Incoming, poison: Cause | None) -> None:
    """Run the stream's next event and move its mark; park at a gap or a fault, and behind either."""
    mark = admission.moved[incoming.stream]
    cause = Cause(BEHIND)
    if not mark.parked:
        fault = _fault(incoming) or poison
        if incoming.sequence == mark.sequence + 1 and fault is None:
            mark.sequence = incoming.sequence
            if incoming.received is not None:
                admission.run.append(incoming.received)
            return
        mark.parked = True
        cause = fault if fault is not None and incoming.sequence == mark.sequence + 1 else Cause(GAP)
    _park(admission, incoming, cause, poison)


def _fault(incoming: Incoming) -> Cause | None:
    return None if incoming.fault is None else Cause(incoming.fault)


def _park(admission: Admission, incoming: Incoming, cause: Cause, poison: Cause | None) -> None:
    """A protective event runs nevertheless and is kept as done, so that neither a redelivery nor a replay repeats it."""
    if incoming.protective and incoming.fault is None and poison is None:
        if incoming.received is not None:
            admission.run.append(incoming.received)
        admission.parked.append(Parked(incoming, cause, ParkedState.DONE))
    else:
        admission.parked.append(Parked(incoming, _fault(incoming) or poison or cause))


def _run(admission: Admission, incoming: Incoming, poison: Cause | None) -> None:
    fault = _fault(incoming) or poison
    if fault is not None:
        admission.parked.append(Parked(incoming, fault))
    elif incoming.received is not None:
        admission.run.append(incoming.received)
