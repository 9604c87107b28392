"""A case: who works on it, and the verbs that add to what is known. Values reach it as ciphertext only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Self
from uuid import UUID

from services.intake.casefile.domain import facts
from services.intake.casefile.domain.age import Age, Evidence
from services.intake.casefile.domain.facts import Fact

IMMEDIATE = "immediate"


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
        self.require(Verb.ASSIGN)
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
        self.require(Verb.RECORD)
        self.urgency = urgency_of(self.urgency, flags or frozenset())
        return self.recorded(fields, removed, more=flags is not None)

    def flag(
        self, sealed: str | None, flags: frozenset[str] | None, before: frozenset[str] = frozenset()
    ) -> list[Fact]:
        """The urgent flags as they now stand, and as ciphertext; None: not spoken of. `before`: those that stood."""
        if sealed is None or flags is None:
            return []
        return [facts.FlagsRecorded(self.id, sealed, bool(flags), added=not flags <= before)]

    def learn_flags(self, sealed: str, flags: frozenset[str], before: frozenset[str]) -> list[Fact]:
        """Flags that came with her, as long as nobody has recorded any here. They act as those do."""
        self.require(Verb.RECORD)
        self.urgency = urgency_of(self.urgency, flags)
        return self.flag(sealed, flags, before)

    def learn_age(self, evidence: Evidence, today: date, *, first: bool = False) -> list[Fact]:
        """What is on record about her age, as it now stands. Said when it is `first` known here and when it changes."""
        self.require(Verb.RECORD)
        before, self.age = self.age, self.age.learned(evidence, today)
        same = (before.group, before.basis) == (self.age.group, self.age.basis)
        return [] if same and not first else [facts.AgeGroupKnown(self.id, self.age.group, self.age.basis)]

    def recorded(
        self, fields: Iterable[str], removed: Iterable[str] = (), *, more: bool = False
    ) -> list[Fact]:
        """A new revision of what is known of the person. `more`: something changed that is no field."""
        kept, gone = tuple(sorted(fields)), tuple(sorted(removed))
        if not (kept or gone or more):
            return []
        self.fields_revision += 1
        return [facts.FieldsRecorded(self.id, self.fields_revision, kept, gone)]

    def require(self, verb: Verb) -> None:
        """Also for the verbs of what stands on the case (identification): whether it is open to them is one table."""
        if not passes(self.state, verb):
            raise WrongState


def urgency_of(urgency: str, flags: frozenset[str]) -> str:
    return IMMEDIATE if flags else urgency
