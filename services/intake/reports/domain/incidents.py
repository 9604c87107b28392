"""An incident without a person: something that happens at a place, written down by one organisation and shared with others.

What others see is no more exact than a province and a calendar month. Words are read by whoever wrote them down alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID, uuid5

from services.intake.casefile.domain.case import CommandRefused, WrongMove
from services.intake.reports.domain import facts
from services.intake.reports.domain.facts import IncidentFact

PERSON_NAMED = "person-named"
"""The reason, of a correction or a withdrawal, that somebody could be recognised."""


class IncidentState(StrEnum):
    STANDING = "standing"
    WITHDRAWN = "withdrawn"
    """Taken back: it was not so, it was told twice, or somebody could be recognised. Its words are gone."""


class IncidentVerb(StrEnum):
    CORRECT = "correct"
    WITHDRAW = "withdraw"


MOVES: Mapping[IncidentState, Mapping[IncidentVerb, IncidentState]] = MappingProxyType(
    {
        IncidentState.STANDING: {
            IncidentVerb.CORRECT: IncidentState.STANDING,
            IncidentVerb.WITHDRAW: IncidentState.WITHDRAWN,
        },
        IncidentState.WITHDRAWN: {},
    }
)


@dataclass(frozen=True, slots=True)
class IncidentAccount:
    """An account of an incident: in clear what is no person's, sealed whatever was written freely.

    `month` is its first day. `with_all`: every organisation of the country sees it, without its words.
    """

    kind: str
    province: str | None
    month: date
    certainty: str
    with_all: bool
    shared_with: tuple[str, ...]
    content: str | None

    def require_right(self, today: date) -> None:
        """Raises CommandRefused."""
        if self.month > today:
            raise CommandRefused("date-in-the-future", "this month is still to come", "month")
        if self.with_all and self.shared_with:
            raise CommandRefused("one-of-two", "shared with all, or with those that are named", "shared_with")


@dataclass(slots=True)
class Incident:
    """One incident. `version` is the one that was loaded; the store checks it and adds one.

    `shared_at`: since when all have seen it, the first time: in that month it is counted, and in no other.
    """

    id: UUID
    organisation: str
    account: IncidentAccount
    state: IncidentState = IncidentState.STANDING
    reason: str | None = None
    shared_at: datetime | None = None
    revision: int = 1
    version: int = 0

    @property
    def owner(self) -> UUID:
        """The owner of the key that the words are under, which is of this revision alone."""
        return incident_key(self.id, self.revision)

    def record(self, now: datetime, today: date, keep: timedelta) -> list[IncidentFact]:
        """`keep`: for how long its words are kept."""
        self.account.require_right(today)
        self._share(now)
        return [facts.IncidentRecorded(self.id, self.organisation), *self._kept(now, keep)]

    def correct(
        self, account: IncidentAccount, reason: str, now: datetime, today: date, keep: timedelta
    ) -> list[IncidentFact]:
        """Another account stands from now on, for those with whom it is shared now. Nothing is kept of the former, and its words
        go with their key: a name, or a place, that should never have been told is gone.
        """
        self._move(IncidentVerb.CORRECT)
        account.require_right(today)
        gone = self._unneeded()
        self.account, self.reason, self.revision = account, reason, self.revision + 1
        self._share(now)
        corrected = facts.IncidentCorrected(self.id, self.organisation, self.revision, reason)
        return [corrected, *gone, *self._kept(now, keep)]

    def withdraw(self, reason: str) -> list[IncidentFact]:
        """End it. Whoever saw it goes on seeing that it was withdrawn and why: they may be acting on it. Where somebody could be recognised,
        nobody else sees anything of it any more.
        """
        self._move(IncidentVerb.WITHDRAW)
        gone = self._unneeded()
        self.reason, self.account = reason, replace(self.account, content=None)
        if reason == PERSON_NAMED:
            self.account = replace(self.account, with_all=False, shared_with=())
        return [facts.IncidentWithdrawn(self.id, self.organisation, reason), *gone]

    def clear(self, revision: int) -> list[IncidentFact]:
        """The time of the words of this revision is over. Nothing happens where others have taken their place."""
        if self.revision != revision or self.account.content is None:
            return []
        gone = self._unneeded()
        self.account = replace(self.account, content=None)
        return [facts.IncidentCleared(self.id, self.organisation), *gone]

    def is_seen_by(self, organisation: str) -> bool:
        account = self.account
        return account.with_all or organisation in {self.organisation, *account.shared_with}

    def passes(self, verb: IncidentVerb) -> bool:
        return verb in MOVES[self.state]

    def _move(self, verb: IncidentVerb) -> None:
        if not self.passes(verb):
            raise WrongMove
        self.state = MOVES[self.state][verb]

    def _share(self, now: datetime) -> None:
        if self.account.with_all and self.shared_at is None:
            self.shared_at = now

    def _kept(self, now: datetime, keep: timedelta) -> list[IncidentFact]:
        if self.account.content is None:
            return []
        return [facts.IncidentWordsDue(self.id, self.revision, now + keep)]

    def _unneeded(self) -> list[IncidentFact]:
        return [] if self.account.content is None else [facts.OwnKeyUnneeded(self.owner)]


def incident_key(incident_id: UUID, revision: int) -> UUID:
    """The owner of a key under which nothing else is than the words of this revision."""
    return uuid5(incident_id, f"incident.{revision}")


def incident_record(incident_id: UUID, revision: int) -> str:
    return f"{incident_id}.incident.{revision}"
