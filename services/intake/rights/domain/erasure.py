"""The erasure of a person, as she asked: requested by one person, decided by a second one and not at once, because nothing brings
it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from services.intake.rights.domain import facts
from services.intake.rights.domain.facts import ErasureFact


class ErasureState(StrEnum):
    REQUESTED = "requested"
    CANCELLED = "cancelled"
    """She does not want it any more."""
    REFUSED = "refused"
    """A law has everything kept; it is named, and nothing was erased."""
    CONFIRMED = "confirmed"
    """Nobody reads or writes about her; the key goes as soon as every service has released what it kept under it."""
    COMPLETED = "completed"
    """The key is destroyed."""


class ErasureVerb(StrEnum):
    CANCEL = "cancel_erasure"
    REFUSE = "refuse_erasure"
    CONFIRM = "confirm_erasure"
    COMPLETE = "complete_erasure"
    REPEAT = "repeat_erasure"
    """After a restore: it was confirmed since the backup, and the ledger has her key."""


MOVES: Mapping[tuple[ErasureState, ErasureVerb], ErasureState] = MappingProxyType(
    {
        (ErasureState.REQUESTED, ErasureVerb.CANCEL): ErasureState.CANCELLED,
        (ErasureState.REQUESTED, ErasureVerb.REFUSE): ErasureState.REFUSED,
        (ErasureState.REQUESTED, ErasureVerb.CONFIRM): ErasureState.CONFIRMED,
        (ErasureState.CONFIRMED, ErasureVerb.COMPLETE): ErasureState.COMPLETED,
        (ErasureState.REQUESTED, ErasureVerb.REPEAT): ErasureState.COMPLETED,
    }
)
OPEN = frozenset({ErasureState.REQUESTED, ErasureState.CONFIRMED})
"""Of a case there is one of these at a time."""
SECOND_PERSON = frozenset({ErasureVerb.REFUSE, ErasureVerb.CONFIRM})


class WrongErasureMove(Exception):
    """The verb is not one of the moves from the present state."""


class SamePerson(Exception):
    """The person who recorded the request does not also decide on it."""


class TooEarly(Exception):
    """She may still take it back: whoever asked in distress, or because another wanted it, has some time for that."""


@dataclass(slots=True)
class Erasure:
    id: UUID
    case_id: UUID
    person_id: UUID
    organisation: str
    state: ErasureState
    requested_by: str
    requested_at: datetime
    reason: str | None
    """Her reason, sealed under her key, with which it goes."""
    decided_by: str | None = None
    decided_at: datetime | None = None
    law: str | None = None
    destroyed_at: datetime | None = None
    epoch: str | None = None

    def request(self) -> list[ErasureFact]:
        return [facts.ErasureRequested(self.case_id, self.id)]

    def lets(self, verb: ErasureVerb, by: str) -> bool:
        """True where this person may move it so, as soon as its time has come."""
        return (self.state, verb) in MOVES and not (verb in SECOND_PERSON and by == self.requested_by)

    def cancel(self, by: str, at: datetime) -> list[ErasureFact]:
        self._decide(ErasureVerb.CANCEL, by, at)
        return [facts.ErasureCancelled(self.case_id, self.id)]

    def refuse(self, by: str, at: datetime, law: str) -> list[ErasureFact]:
        self._decide(ErasureVerb.REFUSE, by, at)
        self.law = law
        return [facts.ErasureRefused(self.case_id, self.id, law)]

    def confirm(self, by: str, at: datetime, wait: timedelta) -> list[ErasureFact]:
        """Raises TooEarly until `wait` has passed since the request."""
        self._decide(ErasureVerb.CONFIRM, by, at)
        if at < self.requested_at + wait:
            raise TooEarly
        return [
            facts.ErasureConfirmed(self.case_id, self.id),
            facts.ErasureDue(self.id, self.case_id, self.person_id),
        ]

    def complete(self, destroyed_at: datetime, epoch: str) -> list[ErasureFact]:
        self._end(ErasureVerb.COMPLETE, destroyed_at, epoch)
        return [facts.CaseErased(self.case_id, destroyed_at, epoch)]

    def repeat(self, destroyed_at: datetime, epoch: str) -> None:
        """Complete it as the ledger has it; who confirmed it, the backup did not have."""
        self._end(ErasureVerb.REPEAT, destroyed_at, epoch)

    def _end(self, verb: ErasureVerb, destroyed_at: datetime, epoch: str) -> None:
        self._move(verb)
        self.destroyed_at, self.epoch, self.reason = destroyed_at, epoch, None

    def _decide(self, verb: ErasureVerb, by: str, at: datetime) -> None:
        if (self.state, verb) in MOVES and verb in SECOND_PERSON and by == self.requested_by:
            raise SamePerson
        self._move(verb)
        self.decided_by, self.decided_at = by, at

    def _move(self, verb: ErasureVerb) -> None:
        after = MOVES.get((self.state, verb))
        if after is None:
            raise WrongErasureMove
        self.state = after
