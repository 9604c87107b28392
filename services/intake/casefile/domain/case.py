"""A case: the workers on it, and the verbs that add to the person's record. Values reach it as ciphertext only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Self
from uuid import UUID

from services.intake.casefile.domain import facts
from services.intake.casefile.domain.age import Age, AgeEvidence
from services.intake.casefile.domain.facts import CaseFact

IMMEDIATE = "immediate"
MOST_WORKERS = 20
"""The workers of one case, however it is given to them."""


class WrongMove(Exception):
    """The verb is not one of the moves from the present state."""


class CommandRefused(ValueError):
    """The verb is understood and refused. `code` says why, without a value."""

    def __init__(self, code: str, message: str, member: str | None = None) -> None:
        """`member` is the part of the command that is refused; None: all of it."""
        super().__init__(message)
        self.code, self.member = code, member


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    """Nobody works on it any more, and it is still here: what protects her goes on, and it opens again when she is back."""
    HANDED_OVER = "handed_over"
    """Another organisation accepted it by transfer and has her now, under a case of its own."""
    ERASED = "erased"
    """The person's key is gone, or about to go: as she asked, or because everything came from abroad and was recalled
    before anybody accepted.
    """


GONE = frozenset({CaseState.HANDED_OVER, CaseState.ERASED})
"""The states in which nobody of the organisation finds her any more."""


HERE = frozenset(CaseState) - GONE


class CaseVerb(StrEnum):
    ASSIGN = "assign"
    RECORD = "record"
    SCREEN = "screen"
    IDENTIFY = "identify"
    ASSESS_NEEDS = "assess_needs"
    ASSESS_AGE = "assess_age"
    PLACE_HOLD = "place_hold"
    LIFT_HOLD = "lift_hold"
    WRITE_NOTE = "write_note"
    CORRECT_NOTE = "correct_note"
    STRIKE_NOTE = "strike_note"
    RAISE_TASK = "raise_task"
    CHANGE_TASK = "change_task"
    END_TASK = "end_task"
    LINK_DEPENDANT = "link_dependant"
    UNLINK_DEPENDANT = "unlink_dependant"
    ATTACH_CALL = "attach_call"
    DETACH_CALL = "detach_call"
    CLOSE = "close"
    RESUME = "resume"
    TAKE_OVER = "take_over"


MOVES: Mapping[CaseState, frozenset[CaseVerb]] = MappingProxyType(
    {
        CaseState.OPEN: frozenset(CaseVerb) - {CaseVerb.RESUME},
        CaseState.CLOSED: frozenset(
            {
                CaseVerb.RESUME,
                CaseVerb.PLACE_HOLD,
                CaseVerb.LIFT_HOLD,
                CaseVerb.STRIKE_NOTE,
                CaseVerb.END_TASK,
                CaseVerb.UNLINK_DEPENDANT,
                CaseVerb.TAKE_OVER,
                CaseVerb.DETACH_CALL,
            }
        ),
        CaseState.HANDED_OVER: frozenset(),
        CaseState.ERASED: frozenset({CaseVerb.LIFT_HOLD}),
    }
)


def passes(state: CaseState, verb: CaseVerb) -> bool:
    """True where a case in this state may be moved by this verb."""
    return verb in MOVES[state]


def _require_few(workers: tuple[str, ...]) -> None:
    if len(workers) > MOST_WORKERS:
        raise CommandRefused("too-many-workers", f"a case has at most {MOST_WORKERS} workers", "workers")


@dataclass(slots=True)
class Case:
    """One case. `version` is the one that was loaded; the store checks it and adds one."""

    id: UUID
    person_id: UUID
    organisation: str
    workers: tuple[str, ...]
    urgency: str
    state: CaseState = CaseState.OPEN
    version: int = 0
    status_revision: int = 0
    age: Age = field(default_factory=Age)
    age_revision: int = 0
    """The number of assessments of her age."""
    fields_revision: int = 0

    @classmethod
    def open(
        cls,
        case_id: UUID,
        person_id: UUID,
        *,
        channel: str,
        organisation: str,
        urgency: str,
        now: datetime,
        workers: tuple[str, ...] = (),
        import_id: UUID | None = None,
    ) -> tuple[Self, list[CaseFact]]:
        """A case opened by an organisation and assigned to it; without `workers` nobody in it is named yet. Raises CommandRefused."""
        _require_few(workers)
        case = cls(case_id, person_id, organisation, workers, urgency)
        opened = facts.CaseOpened(case_id, person_id, channel, organisation, urgency, now)
        return case, [opened, facts.CaseAssigned(case_id, organisation, workers, import_id)]

    def close(self) -> list[CaseFact]:
        """Nobody works on it from now on. Whatever somebody still waits for was looked at before."""
        self.require(CaseVerb.CLOSE)
        self.state = CaseState.CLOSED
        return [facts.CaseClosed(self.id)]

    def resume(self) -> list[CaseFact]:
        self.require(CaseVerb.RESUME)
        self.state = CaseState.OPEN
        return [facts.CaseResumed(self.id), self._tasks_due()]

    def assign(self, organisation: str, workers: tuple[str, ...]) -> list[CaseFact]:
        """The whole assignment inside the case's organisation; it replaces the one before.

        Raises CommandRefused for another organisation, which gets the case by transfer, a disclosure, and for too many workers.
        """
        self.require(CaseVerb.ASSIGN)
        if organisation != self.organisation:
            message = "another organisation gets a case by transfer, never by assignment"
            raise CommandRefused("other-organisation", message, "organisation")
        workers = tuple(dict.fromkeys(workers))
        _require_few(workers)
        self.workers = workers
        return [facts.CaseAssigned(self.id, self.organisation, self.workers), self._tasks_due()]

    def take_over(self, organisation: str, worker: str) -> list[CaseFact]:
        """Whoever has the case is suspended: a supervisor of another organisation has it from now on, closed or open."""
        self.require(CaseVerb.TAKE_OVER)
        self.organisation, self.workers = organisation, (worker,)
        return [facts.CaseAssigned(self.id, organisation, self.workers), self._tasks_due()]

    def workers_with(self, worker: str, instead_of: str | None) -> tuple[str, ...]:
        """Whoever has it with one more, who may take the place of another; the same where that other one has it not."""
        if instead_of is None:
            return tuple(dict.fromkeys((*self.workers, worker)))
        return tuple(dict.fromkeys(worker if one == instead_of else one for one in self.workers))

    def record(
        self,
        fields: Iterable[str] = (),
        removed: Iterable[str] = (),
        flags: frozenset[str] | None = None,
        *,
        numbered: bool = False,
    ) -> list[CaseFact]:
        """Fields were recorded or removed. An urgent flag raises the urgency and never lowers it; None: not spoken of. `numbered`: the
        organisation's own number was set or taken away.
        """
        self.require(CaseVerb.RECORD)
        self.urgency = urgency_of(self.urgency, flags or frozenset())
        return self.recorded(fields, removed, more=numbered or flags is not None)

    def require_reason(self, reason: str | None, *, replaced: bool) -> None:
        """Require a reason, sealed, where something that was on record is replaced or taken away; what is added needs none."""
        if replaced and reason is None:
            raise CommandRefused(
                "reason-needed", "something on record is replaced or removed: say why", "reason"
            )

    def flag(
        self, sealed: str | None, flags: frozenset[str] | None, before: frozenset[str] = frozenset()
    ) -> list[CaseFact]:
        """Set the urgent flags, as ciphertext too; None: not spoken of. `before`: the flags that stood."""
        if sealed is None or flags is None:
            return []
        return [
            facts.FlagsRecorded(self.id, sealed, bool(flags), added=not flags <= before),
            self._tasks_due(),
        ]

    def _tasks_due(self) -> facts.TasksDue:
        return facts.TasksDue(self.id, str(self.version))

    def learn_flags(self, sealed: str, flags: frozenset[str], before: frozenset[str]) -> list[CaseFact]:
        """Learn flags that came with her, as long as nobody has recorded any here. They act as recorded ones do."""
        self.require(CaseVerb.RECORD)
        self.urgency = urgency_of(self.urgency, flags)
        return self.flag(sealed, flags, before)

    def learn_age(self, evidence: AgeEvidence, today: date, *, first: bool = False) -> list[CaseFact]:
        """Learn the evidence about her age, as it now stands. Said when it is `first` known here and when it changes."""
        self.require(CaseVerb.RECORD)
        before, self.age = self.age, self.age.learned(evidence, today)
        same = (before.group, before.basis) == (self.age.group, self.age.basis)
        return [] if same and not first else [facts.AgeGroupKnown(self.id, self.age.group, self.age.basis)]

    def recorded(
        self, fields: Iterable[str], removed: Iterable[str] = (), *, more: bool = False
    ) -> list[CaseFact]:
        """A new revision of the person's fields. `more`: something changed that is no field."""
        kept, gone = tuple(sorted(fields)), tuple(sorted(removed))
        if not (kept or gone or more):
            return []
        self.fields_revision += 1
        return [facts.FieldsRecorded(self.id, self.fields_revision, kept, gone)]

    def require(self, verb: CaseVerb) -> None:
        """Require that the verb is open, also for the verbs of identification, which stands on the case: one table
        for all.
        """
        if not passes(self.state, verb):
            raise WrongMove


def urgency_of(urgency: str, flags: frozenset[str]) -> str:
    return IMMEDIATE if flags else urgency
