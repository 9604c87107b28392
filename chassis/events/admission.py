"""Admission of a batch: some events run, some are dropped as seen before, some wait parked. Decided without I/O."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from pydantic import ValidationError

from chassis.events.subscription import Interests
from chassis.own_tables import ParkedState
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
"""The service that says a stream (its `source`), and the stream's own name."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The reason why an event is parked: the class of an error, and the line of our code that raised it. Never the
    error's message.
    """

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


class ArrivedEvent:
    """A `ReceivedEvent` whose attributes are read from the headers only when a handler asks for them; most never do."""

    __slots__ = ("_headers", "_meta", "event")

    def __init__(self, headers: Sequence[tuple[str, bytes]], event: Event | None) -> None:
        self._headers = headers
        self._meta: Meta | None = None
        self.event = event

    @property
    def meta(self) -> Meta:
        """The event's metadata. Raises UnreadableMessage."""
        if self._meta is None:
            self._meta = Meta.from_headers(self._headers)
        return self._meta


@dataclass(slots=True)
class IncomingRecord:
    """One record, read as far as possible. Without a mark it is unsequenced, or its headers are unreadable."""

    record: Record
    stream: Stream
    sequence: int
    marked: bool = True
    protective: bool = False
    received: ArrivedEvent | None = None
    fault: str | None = None
    traceparent: str | None = None

    @property
    def wanted(self) -> bool:
        """False for a record that only moves its stream's mark: no handler takes its type."""
        return self.received is not None or self.fault is not None


@dataclass(slots=True)
class Mark:
    """How far a stream has been handled. A parked stream keeps its mark, and later events wait behind it.

    `ahead` is the highest protective event that ran while the consumer was stopped before it; 0 where none did.
    """

    sequence: int
    parked: bool
    ahead: int = 0

    @property
    def has_kept(self) -> bool:
        """True where events of this stream after its mark may have been kept, so that they must be looked for."""
        return self.parked or self.ahead > self.sequence


class Run(NamedTuple):
    """The sequences of one stream that a batch has one after another, all of them readable."""

    first: int
    last: int


def runs_of(batch: Sequence[IncomingRecord]) -> dict[Stream, Run]:
    """The runs of a batch: a stream with a gap, a repetition or an unreadable event has none."""
    runs: dict[Stream, Run] = {}
    broken: set[Stream] = set()
    for one in batch:
        if one.marked:
            known = runs.get(one.stream)
            if one.fault is not None or (known is not None and one.sequence != known.last + 1):
                broken.add(one.stream)
            runs[one.stream] = Run(one.sequence if known is None else known.first, one.sequence)
    return {stream: run for stream, run in runs.items() if stream not in broken}


@dataclass(slots=True)
class ParkedEvent:
    incoming: IncomingRecord
    cause: Cause
    state: ParkedState = ParkedState.WAITING

    @property
    def begins(self) -> bool:
        """True where a stream stands still since this event; the events that wait behind it add nothing to that."""
        return self.state is ParkedState.WAITING and self.cause.reason != BEHIND


@dataclass(slots=True)
class Admission:
    run: list[ArrivedEvent] = field(default_factory=list)
    parked: list[ParkedEvent] = field(default_factory=list)
    moved: dict[Stream, Mark] = field(default_factory=dict)


def read(record: Record, interests: Interests) -> IncomingRecord:
    """Read the headers that decide about a record, and its body when a handler takes its type. Never raises, whatever
    a record holds.
    """
    headers = dict(record.headers)
    try:
        type_, sequence = headers["ce_type"].decode(), int(headers["ce_sequence"])
        stream = (headers["ce_source"].decode(), headers["ce_partitionkey"].decode())
        trace = headers.get("ce_traceparent", b"").decode("ascii") or None
    except (KeyError, ValueError, AttributeError):
        return IncomingRecord(
            record, _alone(record, UNREADABLE), record.offset, marked=False, fault=UNREADABLE
        )
    received, fault = _body(record, type_, interests)
    if sequence == 0:
        return IncomingRecord(
            record, _alone(record, stream[0]), record.offset, False, False, received, fault, trace
        )
    return IncomingRecord(record, stream, sequence, True, type_ in PROTECTIVE, received, fault, trace)


def _alone(record: Record, source: str) -> Stream:
    """The stand-in of the stream for a record that, if at all, is parked alone."""
    return source, f"{record.topic}/{record.partition}"


def _body(record: Record, type_: str, interests: Interests) -> tuple[ArrivedEvent | None, str | None]:
    known = interests.class_of(type_)
    if known is None:
        return (ArrivedEvent(record.headers, None) if interests.everything else None), None
    try:
        return ArrivedEvent(record.headers, known.model_validate_json(record.value or b"")), None
    except ValidationError:
        return None, f"the body does not fit {known.__name__}"


def admit(
    batch: Sequence[IncomingRecord],
    marks: Mapping[Stream, Mark],
    stored: set[tuple[Stream, int]],
    poison: Cause | None = None,
    taken: Collection[Stream] = (),
) -> Admission:
    """Decide in order. Of the streams that were `taken` all runs, and their marks have moved; of the others `marks` holds the marks,
    `stored` the events that are already kept.

    With `poison` the batch is one event that failed for this reason: it is parked where it would have run.
    """
    admission = Admission()
    for incoming in batch:
        if not incoming.marked:
            _run(admission, incoming, poison)
        elif incoming.stream in taken:
            if incoming.received is not None:
                admission.run.append(incoming.received)
        elif _fresh(admission, incoming, marks, stored):
            _place(admission, incoming, poison)
            stored.add((incoming.stream, incoming.sequence))
    return admission


def _fresh(
    admission: Admission,
    incoming: IncomingRecord,
    marks: Mapping[Stream, Mark],
    stored: set[tuple[Stream, int]],
) -> bool:
    """True for a new event; its stream's mark is put into `moved`, made for the first event of a stream."""
    mark = admission.moved.get(incoming.stream)
    if mark is None:
        mark = admission.moved[incoming.stream] = _mark(incoming, marks.get(incoming.stream))
    kept = (incoming.stream, incoming.sequence) in stored
    if incoming.sequence > mark.sequence and not kept:
        return True
    if kept and not mark.parked and incoming.sequence == mark.sequence + 1:
        mark.sequence = incoming.sequence  # the event ran ahead of a stopped consumer
    return False


def _mark(incoming: IncomingRecord, known: Mark | None) -> Mark:
    if known is None:
        return Mark(incoming.sequence - 1, parked=False)
    if known.sequence == NOT_BEGUN:
        return replace(known, sequence=incoming.sequence - 1)
    return replace(known)


def _place(admission: Admission, incoming: IncomingRecord, poison: Cause | None) -> None:
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


def _fault(incoming: IncomingRecord) -> Cause | None:
    return None if incoming.fault is None else Cause(incoming.fault)


def _park(admission: Admission, incoming: IncomingRecord, cause: Cause, poison: Cause | None) -> None:
    """A protective event runs nevertheless and is kept as done, so that neither a redelivery nor a replay repeats it."""
    if incoming.protective and incoming.fault is None and poison is None:
        if incoming.received is not None:
            admission.run.append(incoming.received)
        admission.parked.append(ParkedEvent(incoming, cause, ParkedState.DONE))
    else:
        admission.parked.append(ParkedEvent(incoming, _fault(incoming) or poison or cause))


def _run(admission: Admission, incoming: IncomingRecord, poison: Cause | None) -> None:
    fault = _fault(incoming) or poison
    if fault is not None:
        admission.parked.append(ParkedEvent(incoming, fault))
    elif incoming.received is not None:
        admission.run.append(incoming.received)
