"""The numbers of envelopes as evidence: those that came are compared with those that should have come, and nobody
else is held back.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

MAX_GAP = 1_000
"""The most numbers that may be missing in one chain. A jump beyond that is not believed: it would make work without end."""

FIRST_PREV = "0" * 64


class Place(StrEnum):
    """The place of an envelope in the chain of its recipient."""

    NEXT = "next"
    AFTER_GAP = "after-gap"
    FILLS_GAP = "fills-gap"
    REPEATED = "repeated"
    TOO_FAR = "too-far"


@dataclass(slots=True)
class OutgoingChain:
    """The chain of envelopes sealed to one recipient. Its row is locked while an envelope is sealed."""

    cell: str
    recipient: str
    seq: int = 0
    head: str = FIRST_PREV

    def append(self, sha256: str) -> None:
        self.seq, self.head = self.seq + 1, sha256


@dataclass(slots=True)
class IncomingChain:
    """The chain of envelopes from one cell for one of our organisations. `forks` counts links that did not fit."""

    cell: str
    recipient: str
    seq: int = 0
    head: str = FIRST_PREV
    forks: int = 0
    announced: int = 0
    gaps: set[int] = field(default_factory=set)
    asked: list[int] = field(default_factory=list)
    """Numbers that became missing just now: each is asked for once."""
    closed: list[int] = field(default_factory=list)

    def take(self, seq: int, prev: str, sha256: str, replaces: int | None = None) -> Place:
        """Put an envelope whose signature holds into its place, whether its items are refused or not.

        An envelope that is too far ahead moves nothing, so that those before it are still taken.
        """
        place = self._place(seq, prev, sha256)
        if replaces is not None and place not in {Place.REPEATED, Place.TOO_FAR}:
            self.close(replaces)
        return place

    def close(self, seq: int) -> None:
        if seq in self.gaps:
            self.gaps.discard(seq)
            self.closed.append(seq)

    def hear(self, head: int) -> None:
        """Take the number of envelopes that the partner says it gave out. Any up to the number that it said before is
        missing if it has not come.
        """
        if self.announced > self.seq:
            self._miss(self.seq + 1, self.announced)
            self.seq, self.head = self.announced, ""
        if head <= self.seq + MAX_GAP:
            self.announced = max(self.announced, head)

    def _place(self, seq: int, prev: str, sha256: str) -> Place:
        if seq <= self.seq:
            if seq not in self.gaps:
                return Place.REPEATED
            self.close(seq)
            return Place.FILLS_GAP
        if seq > self.seq + MAX_GAP:
            return Place.TOO_FAR
        gap = seq > self.seq + 1
        if gap:
            self._miss(self.seq + 1, seq - 1)
        elif self.head and prev != self.head:
            self.forks += 1
        self.seq, self.head = seq, sha256
        return Place.AFTER_GAP if gap else Place.NEXT

    def _miss(self, first: int, last: int) -> None:
        room = MAX_GAP - len(self.gaps)
        missing = [n for n in range(first, last + 1) if n not in self.gaps][:room]
        self.gaps.update(missing)
        self.asked.extend(missing)


def runs(numbers: Iterable[int], longest: int) -> list[tuple[int, int]]:
    """Consecutive numbers as (first, last), none longer than `longest`."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1 and number - found[-1][0] < longest:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
