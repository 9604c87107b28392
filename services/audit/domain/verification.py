"""The verification of the log as it was at one moment: entry by entry, as far as computed, until it is whole or broken."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.audit.domain.chain import GENESIS, Verdict


class State(StrEnum):
    """The states of a verification. `given_up`: it could not be computed to its end. That says nothing about the log."""

    RUNNING = "running"
    WHOLE = "whole"
    BROKEN = "broken"
    GIVEN_UP = "given_up"


@dataclass(slots=True)
class Verification:
    """One verification. `until` and `expected_head` are the length and the head that the log had at the beginning."""

    id: UUID
    actor: str
    begun_at: datetime
    until: int
    expected_head: str
    state: State = State.RUNNING
    entries: int = 0
    head: str = GENESIS
    first_broken: int | None = None
    ended_at: datetime | None = None

    @property
    def verdict(self) -> Verdict:
        """The verdict over the entries computed so far."""
        return Verdict(self.entries, self.head, self.first_broken)

    def advance(self, verdict: Verdict, *, at_end: bool, now: datetime) -> None:
        """Take the verdict over a further part. At the end the log must be as long, and come to the same head, as at
        the beginning.
        """
        if self.state is not State.RUNNING:
            return
        self.entries, self.head, self.first_broken = verdict.entries, verdict.head, verdict.first_broken
        if (
            self.first_broken is None
            and at_end
            and (self.entries, self.head) != (self.until, self.expected_head)
        ):
            self.first_broken = min(self.entries, self.until) + 1
        if self.first_broken is not None:
            self.state, self.ended_at = State.BROKEN, now
        elif at_end:
            self.state, self.ended_at = State.WHOLE, now

    def give_up(self, now: datetime) -> None:
        if self.state is State.RUNNING:
            self.state, self.ended_at = State.GIVEN_UP, now
