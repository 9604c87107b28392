"""A task: of a case, or of the team without one. Someone does it by a day, and it is never silently gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Self
from uuid import UUID

from services.intake.casefile.domain.case import Case, CaseVerb, CommandRefused, WrongMove
from services.intake.casework.domain import facts
from services.intake.casework.domain.facts import CaseworkFact

URGENT_STEP = "urgent-step"
"""The code of `task_kind` of what an urgent flag asks for. Which flag it was is sealed, so that the kind says nothing of her."""

LONGEST = timedelta(days=3 * 366)
GRACE = timedelta(days=30)
"""For so long a task of the team that has ended keeps its words, because it may be opened again."""
COPIED = timedelta(days=1)
"""The time in which a backup is made: it has words that went under another key there, and only then the former key goes."""


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class TaskVerb(StrEnum):
    CHANGE = "change"
    COMPLETE = "complete"
    CANCEL = "cancel"
    REOPEN = "reopen"


MOVES: Mapping[TaskState, Mapping[TaskVerb, TaskState]] = MappingProxyType(
    {
        TaskState.OPEN: {
            TaskVerb.CHANGE: TaskState.OPEN,
            TaskVerb.COMPLETE: TaskState.DONE,
            TaskVerb.CANCEL: TaskState.CANCELLED,
        },
        TaskState.DONE: {TaskVerb.REOPEN: TaskState.OPEN},
        TaskState.CANCELLED: {TaskVerb.REOPEN: TaskState.OPEN},
    }
)
ASKS_OF_CASE: Mapping[TaskVerb, CaseVerb] = MappingProxyType(
    {
        TaskVerb.CHANGE: CaseVerb.CHANGE_TASK,
        TaskVerb.COMPLETE: CaseVerb.END_TASK,
        TaskVerb.CANCEL: CaseVerb.END_TASK,
        TaskVerb.REOPEN: CaseVerb.CHANGE_TASK,
    }
)
"""The verb to which the case must be open, for a task of a case."""


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """The decisions of a person about a task: its kind, who does it, by when, and when they are reminded."""

    kind: str
    worker: str | None = None
    due_at: datetime | None = None
    remind_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SealedWords:
    """The words of a task, as ciphertext under the key of this person, or of the task itself."""

    person_id: UUID
    content: str


@dataclass(slots=True)
class Task:
    """One task. `content` is ciphertext; `version` is the one that was loaded, which the store checks and raises."""

    id: UUID
    organisation: str
    case_id: UUID | None
    kind: str
    raised_at: datetime
    raised_by: str
    state: TaskState = TaskState.OPEN
    worker: str | None = None
    due_at: datetime | None = None
    remind_at: datetime | None = None
    reminded_at: datetime | None = None
    late_at: datetime | None = None
    """When it was said that nobody had done it in time."""
    content: str | None = None
    person_id: UUID | None = None
    """Under whose key the content is: of the case's person, or of the task itself where it has no case."""
    cancel_offered: bool = False
    """The flag that raised it was cleared: a person decides whether it is still needed."""
    call_id: UUID | None = None
    """The call to the hotline that it is about, of a task of the team."""
    version: int = 0

    @classmethod
    def raised(
        cls,
        task_id: UUID,
        organisation: str,
        case: Case | None,
        plan: TaskPlan,
        *,
        by: str,
        now: datetime,
        words: SealedWords | None = None,
        call_id: UUID | None = None,
    ) -> tuple[Self, list[CaseworkFact]]:
        if case is not None:
            case.require(CaseVerb.RAISE_TASK)
        task = cls(task_id, organisation, None if case is None else case.id, plan.kind, now, by)
        _require_order(plan, now, task)
        task.worker, task.due_at, task.remind_at = plan.worker, plan.due_at, plan.remind_at
        task.call_id = call_id
        task._say(words)
        return task, [facts.TaskRaised(task.about(), task.due_at), *task.clocks()]

    def change(
        self, case: Case | None, plan: TaskPlan, words: SealedWords | None, now: datetime
    ) -> list[CaseworkFact]:
        """The whole plan as it shall be. Another time is another clock."""
        self._move(TaskVerb.CHANGE, case)
        if plan.kind != self.kind and URGENT_STEP in {plan.kind, self.kind}:
            raise CommandRefused("raised-by-flag", "this kind is given by urgent flags alone", "kind")
        _require_order(plan, now, self)
        self.kind, self.worker = plan.kind, plan.worker
        gone = self._say(words)
        self._set_clock(plan.due_at, plan.remind_at)
        return [facts.TaskChanged(self.about(), self.due_at), *self.clocks(), *gone]

    def complete(self, case: Case | None, now: datetime) -> list[CaseworkFact]:
        self._move(TaskVerb.COMPLETE, case)
        return [facts.TaskCompleted(self.about()), *self._words_ending(now)]

    def cancel(self, case: Case | None, reason: str, now: datetime) -> list[CaseworkFact]:
        self._move(TaskVerb.CANCEL, case)
        self.cancel_offered = False
        return [facts.TaskCancelled(self.about(), reason), *self._words_ending(now)]

    def reopen(self, case: Case | None, *, able: bool) -> list[CaseworkFact]:
        """Open a task that was ended too early. A clock that has struck does not strike again. `able`: whoever had it
        may still do it; else it is nobody's.
        """
        self._move(TaskVerb.REOPEN, case)
        left = [] if able else self.unassign()
        return [facts.TaskReopened(self.about(), self.due_at), *left, *self.clocks()]

    def follow_call(
        self, case_id: UUID | None, words: SealedWords | None, now: datetime
    ) -> list[CaseworkFact]:
        """The call that it is about became part of a case, or was taken out of it: so does the task, with its words."""
        before, own = self.person_id, self.case_id is None
        self.case_id = case_id
        self.content = None if words is None else words.content
        self.person_id = None if words is None else words.person_id
        gone = [facts.WordsGone(before, now + COPIED)] if own and before is not None else []
        ending = [] if self.state is TaskState.OPEN else self._words_ending(now)
        return [facts.TaskChanged(self.about(), self.due_at), *gone, *ending]

    def take_over(self, organisation: str, now: datetime) -> list[CaseworkFact]:
        """The organisation of the call that it is about is suspended: it is this one's, and nobody's there yet."""
        self.organisation = organisation
        ending = [] if self.state is TaskState.OPEN else self._words_ending(now)
        return [facts.TaskChanged(self.about(), self.due_at), *self.unassign(), *ending]

    def is_open_step(self) -> bool:
        return self.state is TaskState.OPEN and self.kind == URGENT_STEP

    def passes(self, verb: TaskVerb) -> bool:
        return verb in MOVES[self.state]

    def let_go(self, reason: str) -> list[CaseworkFact]:
        """Nobody here works on its case any more, so that nobody here does it; its words go with the case."""
        if self.state is not TaskState.OPEN:
            return []
        self.state, self.cancel_offered = TaskState.CANCELLED, False
        return [facts.TaskCancelled(self.about(), reason)]

    def unassign(self) -> list[CaseworkFact]:
        """Whoever had it left, or lost the case: it is nobody's, and a supervisor is told."""
        if self.state is not TaskState.OPEN or self.worker is None:
            return []
        self.worker = None
        return [facts.TaskUnassigned(self.about())]

    def give_back(self, worker: str) -> list[CaseworkFact]:
        """Whoever covered for this worker covers no longer."""
        self.worker = worker
        return [facts.TaskChanged(self.about(), self.due_at)]

    def strike_clock(self, now: datetime) -> list[CaseworkFact]:
        """Each clock strikes once: the reminder, and the end of its time."""
        said: list[CaseworkFact] = []
        if self.state is not TaskState.OPEN:
            return said
        if self.remind_at is not None and self.remind_at <= now and self.reminded_at is None:
            self.reminded_at = now
            said.append(facts.TaskReminded(self.about()))
        if self.due_at is not None and self.due_at <= now and self.late_at is None:
            self.late_at = now
            said.append(facts.TaskOverdue(self.about()))
        return said

    def end_words(self, version: int) -> list[CaseworkFact]:
        """The time of its words is over; nothing where it was opened again since this version."""
        return self._say(None) if self.version == version else []

    def forget_call(self) -> list[CaseworkFact]:
        """The words of the call that it is about are deleted, and with them its own."""
        return self._say(None)

    def words(self) -> SealedWords | None:
        if self.content is None or self.person_id is None:
            return None
        return SealedWords(self.person_id, self.content)

    def about(self) -> facts.TaskSubject:
        return facts.TaskSubject(self.id, self.case_id, self.organisation, self.worker)

    def clocks(self) -> list[CaseworkFact]:
        waiting = (
            None if self.reminded_at is not None else self.remind_at,
            None if self.late_at is not None else self.due_at,
        )
        return [facts.ClockDue(self.id, at) for at in dict.fromkeys(waiting) if at is not None]

    def _say(self, words: SealedWords | None) -> list[CaseworkFact]:
        """The words as they shall be. Of a task of the team, a key under which nothing is any more goes with them."""
        before = self.person_id
        self.content = None if words is None else words.content
        self.person_id = None if words is None else words.person_id
        if self.case_id is not None or before in {None, self.person_id}:
            return []
        return [facts.WordsGone(before)]

    def _words_ending(self, now: datetime) -> list[CaseworkFact]:
        if self.case_id is not None or self.content is None:
            return []
        return [facts.WordsEnding(self.id, self.version + 1, now + GRACE)]

    def _set_clock(self, due_at: datetime | None, remind_at: datetime | None) -> None:
        if due_at != self.due_at:
            self.due_at, self.late_at = due_at, None
        if remind_at != self.remind_at:
            self.remind_at, self.reminded_at = remind_at, None

    def _move(self, verb: TaskVerb, case: Case | None) -> None:
        if case is not None:
            case.require(ASKS_OF_CASE[verb])
        if not self.passes(verb):
            raise WrongMove
        self.state = MOVES[self.state][verb]


def _require_order(plan: TaskPlan, now: datetime, task: Task) -> None:
    """Raises CommandRefused for another time than the task has that is over or years away, and for a reminder after
    the end. A time that stays may be over.
    """
    times = (("due_at", task.due_at, plan.due_at), ("remind_at", task.remind_at, plan.remind_at))
    changed = [(member, at) for member, before, at in times if at is not None and at != before]
    for member, at in changed:
        if at <= now:
            raise CommandRefused("time-is-over", "this instant is not to come", member)
        if at > now + LONGEST:
            raise CommandRefused("too-far", "a task is due within three years", member)
    if changed and plan.remind_at is not None and plan.due_at is not None and plan.remind_at > plan.due_at:
        raise CommandRefused("reminder-too-late", "a reminder comes before the end of the time", "remind_at")
