"""A distrust: a key that was lost, or an agreement that is suspended, counts no more in this cell, by the word of one operator at once, until a
second confirms or lifts it. A cell may trust less than governance signed, and never more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

CONFIRM_WITHIN = timedelta(hours=24)
"""A distrust that nobody confirmed in time goes on, and is overdue."""


class DistrustKind(StrEnum):
    """The code list `distrust_kind`."""

    KEY = "key-lost"
    AGREEMENT = "agreement-suspended"


class DistrustState(StrEnum):
    """Of the code list `proposal_state`."""

    ACTING = "acting"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class DistrustVerb(StrEnum):
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"


MOVES: Mapping[DistrustState, Mapping[DistrustVerb, DistrustState]] = MappingProxyType(
    {
        DistrustState.ACTING: {
            DistrustVerb.CONFIRM: DistrustState.CONFIRMED,
            DistrustVerb.WITHDRAW: DistrustState.WITHDRAWN,
        },
        DistrustState.CONFIRMED: {},
        DistrustState.WITHDRAWN: {},
    }
)
"""A distrust that two people confirmed is not lifted: another key is listed, or the agreement's next version is signed."""


ACTS = frozenset({DistrustState.ACTING, DistrustState.CONFIRMED})
"""A distrust that stands so counts."""


class WrongDistrustState(Exception):
    """The distrust was decided before."""


class SameOperator(Exception):
    """The second person is the first."""


@dataclass(frozen=True, slots=True)
class DistrustSubject:
    """The key, or the version of an agreement, that is not trusted any more. `name` is a key's thumbprint or an agreement's identifier.

    `organisation` and `use` are a key's; `agreement_version` is the version that is suspended, 0 for a key. `since` is when a key was lost.
    """

    kind: DistrustKind
    name: str
    since: datetime
    organisation: str | None = None
    use: str | None = None
    agreement_version: int = 0


@dataclass(frozen=True, slots=True)
class DistrustMoved:
    distrust_id: UUID
    state: DistrustState
    what: DistrustSubject


@dataclass(slots=True)
class Distrust:
    """One distrust. `due_at` is by when a second person is to look at it."""

    id: UUID
    what: DistrustSubject
    ticket: str
    state: DistrustState
    declared_by: str
    declared_at: datetime
    due_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    version: int = 1

    @classmethod
    def declare(
        cls, distrust_id: UUID, what: DistrustSubject, ticket: str, by: str, at: datetime
    ) -> tuple["Distrust", list[DistrustMoved]]:
        """Declare it; it acts at once."""
        made = cls(distrust_id, what, ticket, DistrustState.ACTING, by, at, at + CONFIRM_WITHIN)
        return made, [made._moved()]

    def confirm(self, by: str, at: datetime) -> list[DistrustMoved]:
        """Raises WrongDistrustState, SameOperator."""
        return self._decide(DistrustVerb.CONFIRM, by, at)

    def withdraw(self, by: str, at: datetime) -> list[DistrustMoved]:
        """Lift it: it was a mistake. Raises WrongDistrustState, SameOperator."""
        return self._decide(DistrustVerb.WITHDRAW, by, at)

    def lets(self, verb: DistrustVerb, by: str, at: datetime) -> bool:
        """True where a verb passes now; it is tried on a copy."""
        try:
            tried = replace(self)
            (tried.confirm if verb is DistrustVerb.CONFIRM else tried.withdraw)(by, at)
        except (WrongDistrustState, SameOperator):
            return False
        return True

    def is_overdue(self, now: datetime) -> bool:
        return self.state is DistrustState.ACTING and now > self.due_at

    def _decide(self, verb: DistrustVerb, by: str, at: datetime) -> list[DistrustMoved]:
        if verb not in MOVES[self.state]:
            raise WrongDistrustState
        if by == self.declared_by:
            raise SameOperator
        self.state, self.decided_by, self.decided_at = MOVES[self.state][verb], by, at
        self.version += 1
        return [self._moved()]

    def _moved(self) -> DistrustMoved:
        return DistrustMoved(self.id, self.state, self.what)


@dataclass(frozen=True, slots=True)
class Distrusts:
    """All that is not trusted in this cell now: keys by thumbprint with their organisations, agreements by identifier and version."""

    keys: Mapping[str, str] = field(default_factory=dict)
    agreements: frozenset[tuple[str, int]] = frozenset()

    def suspends(self, agreement_id: str, version: int) -> bool:
        """True for a suspended version and for each before it, whose file would bring back what is suspended."""
        return any(name == agreement_id and version <= suspended for name, suspended in self.agreements)
