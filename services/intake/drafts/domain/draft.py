"""A draft: begun, saved half-way, taken up by a colleague, submitted once or abandoned. Its content is ciphertext here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from services.intake.casefile.domain.case import CommandRefused, WrongMove
from services.intake.drafts.domain import facts
from services.intake.drafts.domain.facts import DraftFact

GRACE = timedelta(days=7)
"""For so long an abandoned draft can be resumed; then its content goes."""
FLAGS_STAND = "an urgent flag stands: submit it, or take the flag away first where it was an error"


class DraftKind(StrEnum):
    INTAKE = "intake"
    SCREENING = "screening"


class DraftState(StrEnum):
    OPEN = "open"
    SUBMITTED = "submitted"
    ABANDONED = "abandoned"
    CLEARED = "cleared"
    """Abandoned, and its content is gone."""


class DraftVerb(StrEnum):
    SAVE = "save"
    TAKE = "take"
    SUBMIT = "submit"
    ABANDON = "abandon"
    RESUME = "resume"
    CLEAR = "clear"


MOVES: Mapping[DraftState, Mapping[DraftVerb, DraftState]] = MappingProxyType(
    {
        DraftState.OPEN: {
            DraftVerb.SAVE: DraftState.OPEN,
            DraftVerb.TAKE: DraftState.OPEN,
            DraftVerb.SUBMIT: DraftState.SUBMITTED,
            DraftVerb.ABANDON: DraftState.ABANDONED,
        },
        DraftState.ABANDONED: {
            DraftVerb.RESUME: DraftState.OPEN,
            DraftVerb.CLEAR: DraftState.CLEARED,
        },
        DraftState.SUBMITTED: {},
        DraftState.CLEARED: {},
    }
)


def passes(state: DraftState, verb: DraftVerb) -> bool:
    """True where a draft in this state may be moved by this verb."""
    return verb in MOVES[state]


@dataclass(slots=True)
class Draft:
    """One draft. An intake's `case_id` is that of the case which it will open, and its own.

    `version` is the one that was loaded; the store checks it and adds one.
    """

    id: UUID
    kind: DraftKind
    case_id: UUID
    person_id: UUID
    organisation: str
    worker: str
    started_at: datetime
    urgency: str
    state: DraftState = DraftState.OPEN
    checklist: str | None = None
    checklist_version: str | None = None
    content: str | None = None
    flagged: bool = False
    """An urgent flag stands in the content."""
    remind_at: datetime | None = None
    """The next reminder; of an abandoned draft, the time when it is cleared."""
    reason: str | None = None
    result_id: UUID | None = None
    version: int = 0

    def start(self, remind_at: datetime) -> list[DraftFact]:
        return [*self._raised(flagged=self.flagged), *self._remind(remind_at)]

    def save(self, content: str, *, flagged: bool, added: bool, remind_at: datetime) -> list[DraftFact]:
        """Replace the content. A flag that did not stand before is told at once."""
        self._move(DraftVerb.SAVE)
        self.content, self.flagged = content, flagged
        return [*self._raised(flagged=added), *self._remind(remind_at)]

    def take(self, worker: str) -> list[DraftFact]:
        self._move(DraftVerb.TAKE)
        self.worker = worker
        return []

    def submit(self, result_id: UUID) -> list[DraftFact]:
        """The draft is a case or a screening now, and keeps no second copy of it."""
        self._move(DraftVerb.SUBMIT)
        self.content, self.remind_at, self.result_id = None, None, result_id
        return [facts.ContentGone(self.id, self.person_id, nobody=False)]

    def abandon(self, reason: str, now: datetime) -> list[DraftFact]:
        """Raises CommandRefused for an intake with an urgent flag: it is submitted, or the flag was an error and is taken away."""
        if passes(self.state, DraftVerb.ABANDON) and self.stands:
            raise CommandRefused("flags-stand", FLAGS_STAND)
        self._move(DraftVerb.ABANDON)
        self.reason, self.remind_at = reason, now + GRACE
        abandoned = facts.DraftAbandoned(self.case_id, self.id, self.organisation)
        return [abandoned, facts.ClearingDue(self.id, now + GRACE)]

    def resume(self, worker: str, remind_at: datetime) -> list[DraftFact]:
        self._move(DraftVerb.RESUME)
        self.worker, self.reason = worker, None
        return self._remind(remind_at)

    def clear(self, at: datetime) -> list[DraftFact]:
        """The time to clear has come; nothing where the draft was resumed since."""
        if self.state is not DraftState.ABANDONED or self.remind_at != at:
            return []
        self._move(DraftVerb.CLEAR)
        self.content, self.remind_at = None, None
        return [facts.ContentGone(self.id, self.person_id, nobody=self.kind is DraftKind.INTAKE)]

    @property
    def stands(self) -> bool:
        """An urgent flag stands that nobody has but in this draft. Those of a screening stand on its case."""
        return self.flagged and self.kind is DraftKind.INTAKE

    def remind(self, at: datetime, again_at: datetime) -> list[DraftFact]:
        """The time for which a reminder was set has come; nothing where another one was set since, or the draft ended."""
        if self.state is not DraftState.OPEN or self.remind_at != at:
            return []
        unfinished = facts.DraftUnfinished(self.case_id, self.id, self.organisation, self.started_at)
        return [unfinished, *self._remind(again_at)]

    def _raised(self, *, flagged: bool) -> list[DraftFact]:
        """Of a screening the flags stand on its case, and that says so itself."""
        if not flagged or self.kind is not DraftKind.INTAKE:
            return []
        return [facts.DraftRaised(self.case_id, self.id, self.organisation)]

    def _remind(self, at: datetime) -> list[DraftFact]:
        self.remind_at = at
        return [facts.ReminderDue(self.id, at)]

    def _move(self, verb: DraftVerb) -> None:
        if not passes(self.state, verb):
            raise WrongMove
        self.state = MOVES[self.state][verb]
