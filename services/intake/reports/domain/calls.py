"""A call to the hotline: started with almost nothing, closed with a reason, part of a case only where she consented.

Its words are ciphertext here: under a key of its own, or of her in whose case it is.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Self
from uuid import UUID, uuid5

from services.intake.casefile.domain.case import Case, CaseVerb, CommandRefused, WrongMove
from services.intake.casework.domain.tasks import COPIED, TaskState
from services.intake.reports.domain import facts
from services.intake.reports.domain.facts import CallFact

BECAME_CASE = "became-case"
"""The code of `call_closing` of a call that is part of a case; no other way leads to it."""
UNHEARD = frozenset({"spam", "wrong-number"})
"""The reasons for which the words of a call are kept for no longer than a mistake needs to be seen."""
STEPS_OPEN = "an urgent step of this call is still to be done: do it, or cancel it, and then close"
HEARD = "danger was told of in this call, or it was part of a case: close it for another reason"
ERASURE_REQUESTED = "she asked to be erased, and this call with her: it is decided first"


class CallState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    ATTACHED = "attached"
    """Part of a case."""
    CLEARED = "cleared"
    """Nobody's, and its words are gone."""


class CallVerb(StrEnum):
    SAVE = "save"
    CLOSE = "close"
    REOPEN = "reopen"
    ATTACH = "attach"
    DETACH = "detach"
    CLEAR = "clear"


MOVES: Mapping[CallState, Mapping[CallVerb, CallState]] = MappingProxyType(
    {
        CallState.OPEN: {
            CallVerb.SAVE: CallState.OPEN,
            CallVerb.CLOSE: CallState.CLOSED,
            CallVerb.ATTACH: CallState.ATTACHED,
            CallVerb.CLEAR: CallState.CLEARED,
        },
        CallState.CLOSED: {
            CallVerb.REOPEN: CallState.OPEN,
            CallVerb.ATTACH: CallState.ATTACHED,
            CallVerb.CLEAR: CallState.CLEARED,
        },
        CallState.ATTACHED: {CallVerb.DETACH: CallState.OPEN},
        CallState.CLEARED: {},
    }
)


@dataclass(frozen=True, slots=True)
class CallTimes:
    """For how long the words of a call that is nobody's are kept in this country."""

    unheard: timedelta
    nobodys: timedelta

    @classmethod
    def of_days(cls, unheard: int, nobodys: int) -> Self:
        return cls(timedelta(days=unheard), timedelta(days=nobodys))

    def of(self, reason: str | None) -> timedelta:
        return self.unheard if reason in UNHEARD else self.nobodys


@dataclass(frozen=True, slots=True)
class CallWords:
    """The words of a call, sealed. `owner`: whose key they are under; `sealing`: how often they were put under another."""

    owner: UUID
    sealing: int
    content: str


@dataclass(slots=True)
class Call:
    """One call. `version` is the one that was loaded; the store checks it and adds one."""

    id: UUID
    organisation: str
    worker: str
    kind: str
    urgency: str
    started_at: datetime
    owner: UUID
    content: str | None
    flagged: bool = False
    """An urgent flag stands in the content."""
    sealing: int = 0
    state: CallState = CallState.OPEN
    case_id: UUID | None = None
    agreed: str | None = None
    reason: str | None = None
    ends_at: datetime | None = None
    """The instant at which its words go; None while it is part of a case."""
    version: int = 0

    def passes(self, verb: CallVerb) -> bool:
        return verb in MOVES[self.state]

    def start(self, now: datetime, times: CallTimes) -> list[CallFact]:
        return [facts.CallStarted(self.id, self.organisation, self.urgency), *self._keep(now, times)]

    def save(
        self, words: CallWords, urgency: str, *, flagged: bool, now: datetime, times: CallTimes
    ) -> list[CallFact]:
        """Replace the words. Urgency and flags are those of the whole."""
        self._move(CallVerb.SAVE)
        self.content, self.urgency, self.flagged = words.content, urgency, flagged
        return self._keep(now, times)

    def raised(self, task_id: UUID) -> list[CallFact]:
        return [facts.CallRaised(self.id, self.organisation, task_id)]

    def close(
        self, reason: str, now: datetime, times: CallTimes, *, steps: Collection[TaskState]
    ) -> list[CallFact]:
        """`steps`: the states of the steps that urgent flags ever asked for in this call. Raises CommandRefused while one is open, and
        for a reason that has the words deleted soon where there was danger, or the call was hers.
        """
        if self.passes(CallVerb.CLOSE) and TaskState.OPEN in steps:
            raise CommandRefused("steps-open", STEPS_OPEN)
        if self.passes(CallVerb.CLOSE) and reason in UNHEARD and (self.flagged or self.sealing > 0 or steps):
            raise CommandRefused("heard", HEARD, "reason")
        self._move(CallVerb.CLOSE)
        self.reason = reason
        return [facts.CallClosed(self.id, self.organisation, reason), *self._keep(now, times)]

    def reopen(self, now: datetime, times: CallTimes) -> list[CallFact]:
        self._move(CallVerb.REOPEN)
        self.reason = None
        return [facts.CallReopened(self.id, self.organisation), *self._keep(now, times)]

    def attach(self, case: Case, agreed: str, words: CallWords, now: datetime) -> list[CallFact]:
        """The call is hers: its words are under her key, and go with her. Its own is kept until a backup holds them there."""
        case.require(CaseVerb.ATTACH_CALL)
        self._move(CallVerb.ATTACH)
        before = self.owner
        self._put(words)
        self.case_id, self.agreed, self.reason, self.ends_at = case.id, agreed, BECAME_CASE, None
        return [
            facts.CallAttached(case.id, self.id, self.organisation, agreed),
            facts.OwnKeyUnneeded(before, now + COPIED),
        ]

    def detach(
        self, case: Case, words: CallWords, now: datetime, times: CallTimes, *, erasure_requested: bool
    ) -> list[CallFact]:
        """Take the call out of a case, because it was another's or she takes it back: nobody's again, and open, so that somebody
        looks at it. Raises CommandRefused while she asks to be erased: it would stay behind.
        """
        case.require(CaseVerb.DETACH_CALL)
        if erasure_requested and self.passes(CallVerb.DETACH):
            raise CommandRefused("erasure-requested", ERASURE_REQUESTED)
        self._move(CallVerb.DETACH)
        left = facts.RecordLeft(self.owner, call_record(self.id, self.sealing))
        self._put(words)
        self.case_id = self.agreed = self.reason = None
        detached = facts.CallDetached(case.id, self.id, self.organisation)
        return [detached, left, *self._keep(now, times)]

    def is_left_open(self, ends_at: datetime) -> bool:
        """True where half of the time is over, nobody has closed the call, and nothing was done with it since that clock was set."""
        return self.state is CallState.OPEN and self.ends_at == ends_at

    def clear(
        self, ends_at: datetime, now: datetime, times: CallTimes, *, steps_open: bool
    ) -> list[CallFact]:
        """Delete the words, as their time is over; nothing where something was done with the call since that clock was set. As
        long as an urgent step is open they stay, and their time begins again.
        """
        if self.ends_at != ends_at or not self.passes(CallVerb.CLEAR):
            return []
        if steps_open:
            return self._keep(now, times)
        self._move(CallVerb.CLEAR)
        self.content, self.ends_at = None, None
        return [facts.CallCleared(self.id, self.organisation), facts.OwnKeyUnneeded(self.owner)]

    def _keep(self, now: datetime, times: CallTimes) -> list[CallFact]:
        kept = times.of(self.reason)
        self.ends_at = now + kept
        looked_at = [now + kept / 2] if self.state is CallState.OPEN else []
        return [facts.CallClockDue(self.id, at, self.ends_at) for at in (*looked_at, self.ends_at)]

    def _put(self, words: CallWords) -> None:
        self.owner, self.sealing, self.content = words.owner, words.sealing, words.content

    def _move(self, verb: CallVerb) -> None:
        if not self.passes(verb):
            raise WrongMove
        self.state = MOVES[self.state][verb]


def own_key(call_id: UUID, sealing: int) -> UUID:
    """The owner of a key under which nothing else is than the words of this call."""
    return uuid5(call_id, f"call.{sealing}")


def call_record(call_id: UUID, sealing: int) -> str:
    """The record of the words in the vault's register: another each time that they are put under another key."""
    return f"{call_id}.call.{sealing}"
