"""Which events of a batch run, which are dropped as seen before, and which wait parked: decided without I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import ValidationError

from chassis.subscription import Interests
from contracts.catalogue import CATALOGUE
from contracts.envelope import Event, Meta, Received, Unreadable

PROTECTIVE = frozenset(entry.type for entry in CATALOGUE if entry.protective)
"""Events that are monotone and run although their stream is parked: a withdrawal never waits behind a poison event."""

UNREADABLE = "unreadable"
GAP = "gap"
BEHIND = "behind a parked event"

Stream = tuple[str, str]
"""The source that says a stream, and the stream."""


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


@dataclass(slots=True)
class Incoming:
    """One record, read as far as it could be. Without a mark it is unsequenced, or its headers are unreadable."""

    record: Record
    stream: Stream
    sequence: int
    marked: bool = True
    protective: bool = False
    received: Received | None = None
    fault: str | None = None


@dataclass(slots=True)
class Mark:
    """How far a stream has been handled. A parked stream keeps its mark, and what comes later waits behind it."""

    sequence: int
    parked: bool


@dataclass(slots=True)
class Parked:
    incoming: Incoming
    reason: str
    state: str = "waiting"


@dataclass(slots=True)
class Admission:
    run: list[Received] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    moved: dict[Stream, Mark] = field(default_factory=dict)
    dropped: int = 0


def read(record: Record, interests: Interests) -> Incoming:
    """Read the attributes, and the body when somebody handles its type. Never raises for what a record holds."""
    headers = dict(record.headers)
    try:
        type_, sequence = headers["ce_type"].decode(), int(headers["ce_sequence"])
        stream = (headers["ce_source"].decode(), headers["ce_partitionkey"].decode())
        known = interests.class_of(type_)
        meta = Meta.from_headers(record.headers) if known is not None or interests.everything else None
    except (KeyError, ValueError, AttributeError, Unreadable):
        return _unmarked(record, (UNREADABLE, f"{record.topic}/{record.partition}"), fault=UNREADABLE)
    received, fault = _body(meta, known, record.value)
    if sequence == 0:
        return _unmarked(record, (stream[0], f"{record.topic}/{record.partition}"), received, fault)
    return Incoming(record, stream, sequence, True, type_ in PROTECTIVE, received, fault)


def _unmarked(
    record: Record, stream: Stream, received: Received | None = None, fault: str | None = None
) -> Incoming:
    return Incoming(record, stream, record.offset, marked=False, received=received, fault=fault)


def _body(
    meta: Meta | None, known: type[Event] | None, value: bytes | None
) -> tuple[Received | None, str | None]:
    if meta is None:
        return None, None
    if known is None:
        return Received(meta, None, value or b""), None
    try:
        return Received(meta, known.model_validate_json(value or b""), value or b""), None
    except ValidationError:
        return None, f"the body does not fit {known.__name__}"


def admit(
    batch: Sequence[Incoming],
    marks: Mapping[Stream, Mark],
    stored: set[tuple[Stream, int]],
    poison: str | None = None,
) -> Admission:
    """Decide in order. `marks` holds those of the batch's streams, `stored` what is already kept for parked ones.

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
        known = marks.get(incoming.stream)
        mark = Mark(known.sequence, known.parked) if known else Mark(incoming.sequence - 1, parked=False)
        admission.moved[incoming.stream] = mark
    if incoming.sequence > mark.sequence and (incoming.stream, incoming.sequence) not in stored:
        return True
    admission.dropped += 1
    return False


def _place(admission: Admission, incoming: Incoming, poison: str | None) -> None:
    """Run the stream's next event and move its mark; park at a gap or a fault, and behind either."""
    mark = admission.moved[incoming.stream]
    reason = BEHIND
    if not mark.parked:
        fault = incoming.fault or poison
        if incoming.sequence == mark.sequence + 1 and fault is None:
            mark.sequence = incoming.sequence
            if incoming.received is not None:
                admission.run.append(incoming.received)
            return
        mark.parked = True
        reason = fault if fault is not None and incoming.sequence == mark.sequence + 1 else GAP
    _park(admission, incoming, reason, poison)


def _park(admission: Admission, incoming: Incoming, reason: str, poison: str | None) -> None:
    """A protective event runs nevertheless and is kept as done, so that neither a redelivery nor a replay repeats it."""
    if incoming.protective and incoming.fault is None and poison is None:
        if incoming.received is not None:
            admission.run.append(incoming.received)
        admission.parked.append(Parked(incoming, reason, "done"))
    else:
        admission.parked.append(Parked(incoming, incoming.fault or poison or reason))


def _run(admission: Admission, incoming: Incoming, poison: str | None) -> None:
    fault = incoming.fault or poison
    if fault is not None:
        admission.parked.append(Parked(incoming, fault))
    elif incoming.received is not None:
        admission.run.append(incoming.received)
