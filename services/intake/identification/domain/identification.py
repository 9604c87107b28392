"""The assessments and decisions of persons about a case. Each verb asks the case whether it is open to it; the case
knows nothing of this.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from services.intake.casefile.domain.age import AgeEvidence, Group
from services.intake.casefile.domain.case import Case, CaseVerb, CommandRefused, WrongMove
from services.intake.casefile.domain.facts import AgeGroupKnown, CaseFact
from services.intake.identification.domain import facts
from services.intake.identification.domain.facts import Fact

REFLECTION = timedelta(days=30)
"""A recovery and reflection period lasts 30 days or more (Council of Europe Convention, article 13)."""
LONGEST_HOLD = timedelta(days=366)
ALLOWANCE = timedelta(hours=1)
"""A request for exactly thirty days is some seconds old when it arrives."""


@dataclass(slots=True)
class Hold:
    """A hold on removal: until when, never why."""

    id: UUID
    until: datetime
    lifted_at: datetime | None = None

    @property
    def lifted(self) -> bool:
        return self.lifted_at is not None


@dataclass(slots=True)
class Identification:
    """The identification of one case. `holds` are loaded where one is placed or lifted."""

    case: Case
    holds: dict[UUID, Hold] = field(default_factory=dict)

    def screen(
        self, screening_id: UUID, checklist: str, version: str, result: str, corrects: UUID | None = None
    ) -> list[Fact]:
        """`corrects`: an earlier screening, which stays and is no longer the present one."""
        self.case.require(CaseVerb.SCREEN)
        return [facts.CaseScreened(self.case.id, screening_id, checklist, version, result, corrects)]

    def identify(
        self, deciding_organisation: str, status: str, fields: Iterable[str] = ()
    ) -> list[Fact | CaseFact]:
        """A person's decision, and the fields in which it stands. Every revision stays."""
        case = self.case
        case.require(CaseVerb.IDENTIFY)
        case.status_revision += 1
        decided = facts.CaseIdentified(case.id, case.status_revision, deciding_organisation, status)
        return [decided, *case.recorded(fields)]

    def assess_needs(
        self, assessment_id: UUID, urgency: str, needs: str, fields: Iterable[str] = ()
    ) -> list[Fact | CaseFact]:
        """Needs, not category: no status is asked for."""
        self.case.require(CaseVerb.ASSESS_NEEDS)
        assessed = facts.NeedsAssessed(self.case.id, assessment_id, urgency, needs)
        return [assessed, *self.case.recorded(fields)]

    def assess_age(self, group: Group, evidence: AgeEvidence, today: date) -> list[CaseFact]:
        """A person's decision, with its basis. Every revision stays."""
        case = self.case
        case.require(CaseVerb.ASSESS_AGE)
        case.age, case.age_revision = case.age.assessed(group, evidence, today), case.age_revision + 1
        return [AgeGroupKnown(case.id, case.age.group, case.age.basis)]

    def place_hold(self, hold_id: UUID, until: datetime | None, now: datetime) -> list[Fact]:
        """Place a hold. Raises CommandRefused for less than the reflection period, and for more than a year at once."""
        self.case.require(CaseVerb.PLACE_HOLD)
        until = until or now + REFLECTION
        if not now + REFLECTION - ALLOWANCE <= until <= now + LONGEST_HOLD:
            raise CommandRefused("hold-length", "a hold lasts at least 30 days and at most 366")
        self.holds[hold_id] = Hold(hold_id, until)
        return [facts.HoldPlaced(self.case.id, hold_id, until)]

    def lift_hold(self, hold_id: UUID, now: datetime) -> list[Fact]:
        """Lift a hold. Raises KeyError for a hold that the case does not have, WrongMove for one that is lifted."""
        self.case.require(CaseVerb.LIFT_HOLD)
        hold = self.holds[hold_id]
        if hold.lifted:
            raise WrongMove
        hold.lifted_at = now
        return [facts.HoldLifted(self.case.id, hold_id)]
