"""A case: who works on it, and the verbs that add to what is known. Values reach it as ciphertext only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Self
from uuid import UUID

from services.intake.casefile.domain import facts
from services.intake.casefile.domain.age import Age, Evidence, Group
from services.intake.casefile.domain.facts import Fact

IMMEDIATE = "immediate"
REFLECTION = timedelta(days=30)
"""A recovery and reflection period lasts 30 days or more (Council of Europe Convention, article 13)."""
LONGEST_HOLD = timedelta(days=366)
ALLOWANCE = timedelta(hours=1)
"""A request for exactly thirty days is some seconds old when it arrives."""


class WrongState(Exception):
    """The verb is not one of the moves from the present state."""


class Refused(ValueError):
    """The verb is understood and refused. `code` says why, without a value."""

    def __init__(self, code: str, message: str, member: str | None = None) -> None:
        """`member` is what of the command it is about; None: all of it."""
        super().__init__(message)
        self.code, self.member = code, member


class State(StrEnum):
    OPEN = "open"
    HANDED_OVER = "handed_over"
    """Another organisation accepted it by transfer and has her now, under a case of its own."""
    ERASED = "erased"
    """Everything came from abroad and was recalled before anybody accepted: the person's key is gone."""


class Verb(StrEnum):
    ASSIGN = "assign"
    RECORD = "record"
    SCREEN = "screen"
    IDENTIFY = "identify"
    ASSESS_NEEDS = "assess_needs"
    ASSESS_AGE = "assess_age"
    PLACE_HOLD = "place_hold"
    LIFT_HOLD = "lift_hold"


MOVES: Mapping[State, frozenset[Verb]] = MappingProxyType(
    {
        State.OPEN: frozenset(Verb),
        State.HANDED_OVER: frozenset(),
        State.ERASED: frozenset({Verb.LIFT_HOLD}),
    }
)


def passes(state: State, verb: Verb) -> bool:
    """Whether a case that stands so may be moved by this verb."""
    return verb in MOVES[state]


@dataclass(slots=True)
class Hold:
    """A hold on removal: that it exists, never why."""

    id: UUID
    until: datetime
    lifted_at: datetime | None = None

    @property
    def lifted(self) -> bool:
        return self.lifted_at is not None


@dataclass(slots=True)
class Case:
    """`version` is what was loaded; the store checks it and adds one."""

    id: UUID
    person_id: UUID
    organisation: str
    workers: tuple[str, ...]
    urgency: str
    state: State = State.OPEN
    version: int = 0
    status_revision: int = 0
    age: Age = field(default_factory=Age)
    age_revision: int = 0
    """How many assessments of her age there are."""
    holds: dict[UUID, Hold] = field(default_factory=dict)
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
    ) -> tuple[Self, list[Fact]]:
        """Opened by an organisation and assigned to it; without `workers` nobody in it is named yet."""
        case = cls(case_id, person_id, organisation, workers, urgency)
        opened = facts.CaseOpened(case_id, person_id, channel, organisation, urgency, now)
        return case, [opened, facts.CaseAssigned(case_id, organisation, workers, import_id)]

    def assign(self, organisation: str, workers: tuple[str, ...]) -> list[Fact]:
        """The whole assignment inside the case's organisation; it replaces the one before.

        Raises Refused for another organisation: that one gets the case by transfer, which is a disclosure.
        """
        self._may(Verb.ASSIGN)
        if organisation != self.organisation:
            message = "another organisation gets a case by transfer, never by assignment"
            raise Refused("other-organisation", message, "organisation")
        self.workers = tuple(dict.fromkeys(workers))
        return [facts.CaseAssigned(self.id, self.organisation, self.workers)]

    def record(
        self,
        fields: Iterable[str] = (),
        removed: Iterable[str] = (),
        flags: frozenset[str] | None = None,
    ) -> list[Fact]:
        """Fields were recorded or removed. An urgent flag raises the urgency and never lowers it; None: not spoken of."""
        self._may(Verb.RECORD)
        self.urgency = urgency_of(self.urgency, flags or frozenset())
        return self._recorded(fields, removed, more=flags is not None)

    def flag(
        self, sealed: str | None, flags: frozenset[str] | None, before: frozenset[str] = frozenset()
    ) -> list[Fact]:
        """The urgent flags as they now stand, and as ciphertext; None: not spoken of. `before`: those that stood."""
        if sealed is None or flags is None:
            return []
        return [facts.FlagsRecorded(self.id, sealed, bool(flags), added=not flags <= before)]

    def learn_flags(self, sealed: str, flags: frozenset[str], before: frozenset[str]) -> list[Fact]:
        """Flags that came with her, as long as nobody has recorded any here. They act as those do."""
        self._may(Verb.RECORD)
        self.urgency = urgency_of(self.urgency, flags)
        return self.flag(sealed, flags, before)

    def learn_age(self, evidence: Evidence, today: date, *, first: bool = False) -> list[Fact]:
        """What is on record about her age, as it now stands. Said when it is `first` known here and when it changes."""
        self._may(Verb.RECORD)
        before, self.age = self.age, self.age.learned(evidence, today)
        same = (before.group, before.basis) == (self.age.group, self.age.basis)
        return [] if same and not first else [facts.AgeGroupKnown(self.id, self.age.group, self.age.basis)]

    def assess_age(self, group: Group, evidence: Evidence, today: date) -> list[Fact]:
        """A person's decision, with its basis. Every revision stays."""
        self._may(Verb.ASSESS_AGE)
        self.age, self.age_revision = self.age.assessed(group, evidence, today), self.age_revision + 1
        return [facts.AgeGroupKnown(self.id, self.age.group, self.age.basis)]

    def screen(self, screening_id: UUID, checklist: str, version: str, result: str) -> list[Fact]:
        self._may(Verb.SCREEN)
        return [facts.CaseScreened(self.id, screening_id, checklist, version, result)]

    def identify(self, deciding_organisation: str, status: str, fields: Iterable[str] = ()) -> list[Fact]:
        """A person's decision, and the fields in which it stands. Every revision stays."""
        self._may(Verb.IDENTIFY)
        self.status_revision += 1
        decided = facts.CaseIdentified(self.id, self.status_revision, deciding_organisation, status)
        return [decided, *self._recorded(fields)]

    def assess_needs(
        self, assessment_id: UUID, urgency: str, needs: str, fields: Iterable[str] = ()
    ) -> list[Fact]:
        """Needs, not category: no status is asked for."""
        self._may(Verb.ASSESS_NEEDS)
        return [facts.NeedsAssessed(self.id, assessment_id, urgency, needs), *self._recorded(fields)]

    def place_hold(self, hold_id: UUID, until: datetime | None, now: datetime) -> list[Fact]:
        """Raises Refused for less than the reflection period, and for more than a year at once."""
        self._may(Verb.PLACE_HOLD)
        until = until or now + REFLECTION
        if not now + REFLECTION - ALLOWANCE <= until <= now + LONGEST_HOLD:
            raise Refused("hold-length", "a hold lasts at least 30 days and at most 366")
        self.holds[hold_id] = Hold(hold_id, until)
        return [facts.HoldPlaced(self.id, hold_id, until)]

    def lift_hold(self, hold_id: UUID, now: datetime) -> list[Fact]:
        """Raises KeyError for a hold that the case does not have, WrongState for one that is lifted."""
        self._may(Verb.LIFT_HOLD)
        hold = self.holds[hold_id]
        if hold.lifted:
            raise WrongState
        hold.lifted_at = now
        return [facts.HoldLifted(self.id, hold_id)]

    def _recorded(
        self, fields: Iterable[str], removed: Iterable[str] = (), *, more: bool = False
    ) -> list[Fact]:
        """A new revision of what is known of the person. `more`: something changed that is no field."""
        kept, gone = tuple(sorted(fields)), tuple(sorted(removed))
        if not (kept or gone or more):
            return []
        self.fields_revision += 1
        return [facts.FieldsRecorded(self.id, self.fields_revision, kept, gone)]

    def _may(self, verb: Verb) -> None:
        if not passes(self.state, verb):
            raise WrongState


def urgency_of(urgency: str, flags: frozenset[str]) -> str:
    return IMMEDIATE if flags else urgency
