"""A request for the other half of a case, ours to the partner's auditor (out) or theirs to us (in), until it is answered or taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from services.audit.domain.account import Direction


class ExtractState(StrEnum):
    """The states of a request. `releasing`: an auditor has released, and the proofs are being made."""

    OPEN = "open"
    RELEASING = "releasing"
    RELEASED = "released"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


S = ExtractState
WAITS = (S.OPEN, S.RELEASING)
"""The states of a request without an answer: only these are overdue, and taken back."""

MOVES: Mapping[tuple[Direction, str], tuple[Sequence[ExtractState], ExtractState]] = MappingProxyType(
    {
        (Direction.IN, "release"): ([S.OPEN], S.RELEASING),
        (Direction.IN, "send"): ([S.RELEASING], S.RELEASED),
        (Direction.IN, "give_up"): ([S.RELEASING], S.OPEN),
        (Direction.IN, "refuse"): ([S.OPEN], S.REFUSED),
        (Direction.IN, "withdraw"): (WAITS, S.WITHDRAWN),
        (Direction.OUT, "complete"): ([S.OPEN], S.RELEASED),
        (Direction.OUT, "refuse"): ([S.OPEN], S.REFUSED),
        (Direction.OUT, "withdraw"): ([S.OPEN], S.WITHDRAWN),
    }
)
"""(direction, verb) → from, to. What the proofs could not be made of is open again: nobody was told anything. What a partner takes
back while they are made is not sent.
"""

TOO_MANY = "too-many-open"


class Refusal(StrEnum):
    """The refusals that an auditor chooses from; the others of the list `extract_refusal` are a machine's."""

    NOTHING_TO_RELEASE = "nothing-to-release"
    ENDANGERS_HER = "endangers-her"
    OWN_INQUIRY = "own-inquiry"
    REASON_NOT_SHOWN = "reason-not-shown"


@dataclass(frozen=True, slots=True)
class ExtractRefused:
    """A request of the partner's was refused; it is told the code."""

    request_id: UUID
    partner: str
    code: str


class WrongExtractMove(ValueError):
    """The request does not stand where this move could begin."""


@dataclass(slots=True)
class ExtractCase:
    """One request. `case_id` and `asked_by` are of ours alone: a partner is told neither.

    `chosen` are the entries that an auditor released, `withheld` how many more there were.
    """

    id: UUID
    direction: Direction
    partner: str
    about: tuple[UUID, ...]
    reason: str
    asked_at: datetime
    due_at: datetime
    case_id: UUID | None = None
    asked_by: str | None = None
    state: ExtractState = ExtractState.OPEN
    refusal: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None
    chosen: tuple[int, ...] = ()
    withheld: int = 0
    version: int = 1

    def may(self, verb: str) -> bool:
        move = MOVES.get((self.direction, verb))
        return move is not None and self.state in move[0]

    def overdue(self, now: datetime) -> bool:
        return self.state in WAITS and self.due_at < now

    def release(self, chosen: tuple[int, ...], withheld: int, by: str, now: datetime) -> None:
        self._move("release")
        self.chosen, self.withheld, self.answered_by, self.answered_at = chosen, withheld, by, now

    def send(self) -> None:
        self._move("send")

    def give_up(self) -> None:
        self._move("give_up")
        self._unanswer()

    def complete(self, withheld: int, now: datetime) -> None:
        self._move("complete")
        self.withheld, self.answered_at = withheld, now

    def refuse(self, code: str | None, by: str | None, now: datetime) -> None:
        self._move("refuse")
        self.refusal, self.answered_by, self.answered_at = code, by, now

    def withdraw(self) -> None:
        """Also while the proofs are made: then nothing was answered, whatever an auditor had chosen."""
        self._move("withdraw")
        self._unanswer()

    def _unanswer(self) -> None:
        self.chosen, self.withheld, self.answered_by, self.answered_at = (), 0, None, None

    def _move(self, verb: str) -> None:
        if not self.may(verb):
            raise WrongExtractMove(f"a request that is {self.state} and {self.direction} does not {verb}")
        self.state = MOVES[self.direction, verb][1]
        self.version += 1
