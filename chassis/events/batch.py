"""A batch: records as they were read, and for how long what comes next waits for company."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field

from chassis.events.admission import IncomingRecord
from chassis.events.offsets import OffsetsMoved, Partition
from contracts.envelope import Event

SMALL = 50
"""A batch of fewer records is small: under load others are waited for before the next."""
QUICK_SECONDS = 0.008
"""The seconds within which a small batch is handled where nothing else runs: after one of these nothing is waited for."""
LONGER, LONGEST_REST_SECONDS = 4.0, 0.2
"""After the end of a small batch that took longer, records wait for others until so many times as long is over, but not longer than this."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records as read, and the offsets at which the database must be for them to be the next ones."""

    incoming: list[IncomingRecord]
    positions: dict[Partition, int]
    since: dict[str, int] = field(default_factory=dict)
    """By topic, when its oldest record was made, in milliseconds since 1970."""
    read_at: float = field(default_factory=time.monotonic)

    def followed_by(self, other: "Batch") -> "Batch":
        """Both as one. Raises OffsetsMoved where a partition of the other one does not begin where this one ends."""
        if not self.incoming:
            return other
        ends = {(i.record.topic, i.record.partition): i.record.offset + 1 for i in self.incoming}
        if any(ends.get(partition, at) != at for partition, at in other.positions.items()):
            raise OffsetsMoved
        positions, since = {**other.positions, **self.positions}, {**other.since, **self.since}
        return Batch([*self.incoming, *other.incoming], positions, since, self.read_at)

    @property
    def protects(self) -> bool:
        """True where something in it may not wait for anything."""
        return any(one.protective for one in self.incoming)

    @property
    def wanted(self) -> bool:
        """True where some record is wanted here; others are, alone, not worth a transaction."""
        return any(one.wanted for one in self.incoming)

    def is_awaited(self, awaited: Collection[type[Event]]) -> bool:
        """True where a record is one of these events."""
        return any(one.received is not None and type(one.received.event) in awaited for one in self.incoming)


def rest_after(records: int, seconds: float) -> float:
    """For how long after the end of a batch of so many, that took so long, others are waited for: the busier the machine, the longer."""
    late = max(0.0, seconds - QUICK_SECONDS) if records < SMALL else 0.0
    return min(LONGEST_REST_SECONDS, LONGER * late)
