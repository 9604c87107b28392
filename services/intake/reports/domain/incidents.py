"""An incident without a person: something that happens at a place, told by one organisation and shared with others.

Corrected with a trace, and merged by hand with another that is the same; nothing merges by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID, uuid5

from services.intake.casefile.domain.case import CommandRefused, WrongMove
from services.intake.reports.domain import facts
from services.intake.reports.domain.facts import IncidentFact


class PlaceLevel(StrEnum):
    """How exactly the place is known. Nothing more exact stands in clear."""

    COUNTRY = "country"
    PROVINCE = "province"
    DISTRICT = "district"


class IncidentState(StrEnum):
    STANDING = "standing"
    MERGED = "merged"
    """The same as another, which stands for both."""


class IncidentVerb(StrEnum):
    CORRECT = "correct"
    MERGE = "merge"
    SEPARATE = "separate"
    LINK = "link"


MOVES: Mapping[IncidentState, Mapping[IncidentVerb, IncidentState]] = MappingProxyType(
    {
        IncidentState.STANDING: {
            IncidentVerb.CORRECT: IncidentState.STANDING,
            IncidentVerb.MERGE: IncidentState.MERGED,
            IncidentVerb.LINK: IncidentState.STANDING,
        },
        IncidentState.MERGED: {IncidentVerb.SEPARATE: IncidentState.STANDING},
    }
)
_PARTS = {
    PlaceLevel.COUNTRY: (False, False),
    PlaceLevel.PROVINCE: (True, False),
    PlaceLevel.DISTRICT: (True, True),
}


@dataclass(frozen=True, slots=True)
class IncidentAccount:
    """What is told of an incident: in clear what is no person's, sealed whatever was written freely.

    `province` is a code of the country, `district` a number of its statistics office; `last_on` is the last of several days.
    """

    kind: str
    level: PlaceLevel
    province: str | None
    district: str | None
    first_on: date
    last_on: date
    source: str
    certainty: str
    with_all: bool
    shared_with: tuple[str, ...]
    content: str | None

    def require_right(self, today: date) -> None:
        """Raises CommandRefused where the parts contradict one another."""
        if (self.province is not None, self.district is not None) != _PARTS[self.level]:
            raise CommandRefused("place-level", "a place has the parts of its level", "level")
        if self.last_on < self.first_on:
            raise CommandRefused("time-order", "the last day is before the first", "last_on")
        if self.last_on > today:
            raise CommandRefused("date-in-the-future", "this day is still to come", "last_on")
        if self.with_all and self.shared_with:
            raise CommandRefused("one-of-two", "shared with all, or with those that are named", "shared_with")


@dataclass(slots=True)
class Incident:
    """One incident. `version` is the one that was loaded; the store checks it and adds one.

    `owner` is whose key the words are under: its own, which nothing else is under.
    """

    id: UUID
    organisation: str
    owner: UUID
    account: IncidentAccount
    state: IncidentState = IncidentState.STANDING
    merged_into: UUID | None = None
    revision: int = 1
    version: int = 0

    def report(self, today: date) -> list[IncidentFact]:
        self.account.require_right(today)
        return [facts.IncidentReported(self.id, self.organisation)]

    def correct(self, account: IncidentAccount, owner: UUID, today: date) -> list[IncidentFact]:
        """Another account stands from now on, for those with whom it is shared now. Of the former the codes are kept; its words go
        with their key, so that a name that should never have been written is gone.
        """
        self._move(IncidentVerb.CORRECT)
        account.require_right(today)
        former = self.owner
        self.account, self.owner, self.revision = account, owner, self.revision + 1
        corrected = facts.IncidentCorrected(self.id, self.organisation, self.revision)
        return [corrected, facts.OwnKeyUnneeded(former)]

    def merge(self, other: "Incident") -> list[IncidentFact]:
        """It is the same as the other, which stands for both. Raises CommandRefused where somebody who sees this one does not see
        that one: for them it would disappear.
        """
        if other.id == self.id:
            raise CommandRefused("same-incident", "an incident is not merged with itself", "into")
        if other.state is not IncidentState.STANDING:
            raise CommandRefused("merged-already", "that one is merged with another itself", "into")
        if not other.is_seen_like(self):
            raise CommandRefused("less-shared", "not everybody who sees this one sees that one", "into")
        self._move(IncidentVerb.MERGE)
        self.merged_into = other.id
        return [facts.IncidentMerged(self.id, self.organisation, other.id)]

    def separate(self) -> list[IncidentFact]:
        self._move(IncidentVerb.SEPARATE)
        self.merged_into = None
        return [facts.IncidentSeparated(self.id, self.organisation)]

    def is_seen_like(self, other: "Incident") -> bool:
        """True where whoever sees the other sees this one too."""
        if self.account.with_all:
            return True
        seen = {self.organisation, *self.account.shared_with}
        return not other.account.with_all and {other.organisation, *other.account.shared_with} <= seen

    def passes(self, verb: IncidentVerb) -> bool:
        return verb in MOVES[self.state]

    def require(self, verb: IncidentVerb) -> None:
        if not self.passes(verb):
            raise WrongMove

    def _move(self, verb: IncidentVerb) -> None:
        self.require(verb)
        self.state = MOVES[self.state][verb]


def incident_key(incident_id: UUID, revision: int) -> UUID:
    """The owner of a key under which nothing else is than the words of this revision."""
    return uuid5(incident_id, f"incident.{revision}")


def incident_record(incident_id: UUID, revision: int) -> str:
    return f"{incident_id}.incident.{revision}"
