"""A leave: a worker is away from a day to a day, and a colleague covers for them. Two covers are two leaves.

During it the cover has the cases of the worker beside them; at its end they go back by themselves. A cover does not hand on:
whoever covers and goes away too is covered for in their own cases alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Self
from uuid import UUID

from services.intake.casefile.domain.case import CommandRefused, WrongMove
from services.intake.casework.domain import facts
from services.intake.casework.domain.facts import CaseworkFact

LONGEST = timedelta(days=366)
OVER, ENDED_EARLY, COVER_LEFT, WORKER_LEFT = "over", "ended-early", "cover-left", "worker-left"
"""Codes of `leave_end`."""


class LeaveState(StrEnum):
    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"


class LeaveVerb(StrEnum):
    END = "end"
    LEAVE_OUT = "leave_out"
    PUT_BACK = "put_back"


_STANDING = frozenset(LeaveVerb)
MOVES: Mapping[LeaveState, frozenset[LeaveVerb]] = MappingProxyType(
    {LeaveState.PLANNED: _STANDING, LeaveState.RUNNING: _STANDING, LeaveState.ENDED: frozenset()}
)


@dataclass(frozen=True, slots=True)
class Absence:
    """A worker who is away, a cover, and the instants between which."""

    worker: str
    cover: str
    starts_at: datetime
    ends_at: datetime


@dataclass(slots=True)
class Leave:
    """One leave. `version` is the one that was loaded, which the store checks and raises."""

    id: UUID
    organisation: str
    worker: str
    cover: str
    starts_at: datetime
    ends_at: datetime
    state: LeaveState = LeaveState.PLANNED
    ended_at: datetime | None = None
    version: int = 0

    @classmethod
    def plan(
        cls, leave_id: UUID, organisation: str, absence: Absence, now: datetime
    ) -> tuple[Self, list[CaseworkFact]]:
        """Raises CommandRefused for oneself as cover, and for a time that is over, turned round or longer than a year."""
        _require_possible(absence, now)
        leave = cls(leave_id, organisation, absence.worker, absence.cover, absence.starts_at, absence.ends_at)
        clocks = [facts.LeaveClockDue(leave_id, at) for at in (absence.starts_at, absence.ends_at)]
        planned = facts.LeavePlanned(leave.about(), absence.starts_at, absence.ends_at)
        return leave, [planned, *clocks, *leave.strike_clock(now)]

    def strike_clock(self, now: datetime) -> list[CaseworkFact]:
        """Begin the leave, or end it; struck again, nothing happens."""
        if self.state is LeaveState.ENDED or now < self.starts_at:
            return []
        if self.ends_at <= now:
            return self._end(OVER, now)
        if self.state is LeaveState.RUNNING:
            return []
        self.state = LeaveState.RUNNING
        return [facts.LeaveBegun(self.about()), facts.CoversDue(self.id, self.state)]

    def end(self, reason: str, now: datetime) -> list[CaseworkFact]:
        self.require(LeaveVerb.END)
        return self._end(reason, now)

    def _end(self, reason: str, now: datetime) -> list[CaseworkFact]:
        self.state, self.ended_at = LeaveState.ENDED, now
        return [facts.LeaveEnded(self.about(), reason), facts.CoversDue(self.id, self.state)]

    def require(self, verb: LeaveVerb) -> None:
        if not self.passes(verb):
            raise WrongMove

    def passes(self, verb: LeaveVerb) -> bool:
        return verb in MOVES[self.state]

    def about(self) -> facts.LeaveSubject:
        return facts.LeaveSubject(self.id, self.organisation, self.worker, self.cover)


def _require_possible(absence: Absence, now: datetime) -> None:
    if absence.cover == absence.worker:
        raise CommandRefused("own-cover", "somebody else covers for whoever is away", "cover")
    if absence.ends_at <= max(now, absence.starts_at):
        raise CommandRefused(
            "time-is-over", "the last day is not before the first, and is not over", "last_day"
        )
    if absence.ends_at > now + LONGEST:
        raise CommandRefused("too-far", "a leave ends within a year", "last_day")
