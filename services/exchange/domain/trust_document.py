"""A trust document: a trust list or a version of an agreement that governance signed, put in by one operator. Another one confirms it, and then
it counts. Whether governance signed it is asked again at every reading.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID


class TrustDocumentState(StrEnum):
    """Of the code list `proposal_state`."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class TrustDocumentVerb(StrEnum):
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"


MOVES: Mapping[TrustDocumentState, Mapping[TrustDocumentVerb, TrustDocumentState]] = MappingProxyType(
    {
        TrustDocumentState.PROPOSED: {
            TrustDocumentVerb.CONFIRM: TrustDocumentState.CONFIRMED,
            TrustDocumentVerb.WITHDRAW: TrustDocumentState.WITHDRAWN,
        },
        TrustDocumentState.CONFIRMED: {},
        TrustDocumentState.WITHDRAWN: {},
    }
)
"""A document that two people confirmed is followed by the next one that governance signs, and never taken back."""

STANDS = frozenset({TrustDocumentState.PROPOSED, TrustDocumentState.CONFIRMED})
"""A document that stands so keeps another one of the same number out."""


class WrongTrustDocumentState(Exception):
    """The document was decided before."""


class SameProposer(Exception):
    """The second person is the first."""


class ProposerGone(Exception):
    """The first person is no operator any more."""


@dataclass(frozen=True, slots=True)
class TrustDocumentName:
    """The document by its own word. `agreement_id` is empty for the trust list; it counts from `counts_from`."""

    agreement_id: str
    number: int
    sha256: str
    counts_from: datetime


@dataclass(frozen=True, slots=True)
class TrustDocumentMoved:
    document_id: UUID
    state: TrustDocumentState
    name: TrustDocumentName


@dataclass(slots=True)
class TrustDocument:
    id: UUID
    name: TrustDocumentName
    ticket: str
    state: TrustDocumentState
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    version: int = 1

    @classmethod
    def propose(
        cls, document_id: UUID, name: TrustDocumentName, ticket: str, by: str, at: datetime
    ) -> tuple["TrustDocument", list[TrustDocumentMoved]]:
        """Put it in; nothing counts yet."""
        made = cls(document_id, name, ticket, TrustDocumentState.PROPOSED, by, at)
        return made, [made._moved()]

    def confirm(self, by: str, at: datetime, operators: Collection[str]) -> list[TrustDocumentMoved]:
        """Confirm while the first person is among the operators. Raises WrongTrustDocumentState, SameProposer, ProposerGone."""
        if self.state is TrustDocumentState.PROPOSED:
            if by == self.proposed_by:
                raise SameProposer
            if self.proposed_by not in operators:
                raise ProposerGone
        return self._decide(TrustDocumentVerb.CONFIRM, by, at)

    def withdraw(self, by: str, at: datetime) -> list[TrustDocumentMoved]:
        """Nothing of it has counted, so whoever put it in may. Raises WrongTrustDocumentState."""
        return self._decide(TrustDocumentVerb.WITHDRAW, by, at)

    def lets(self, verb: TrustDocumentVerb, by: str, at: datetime, operators: Collection[str]) -> bool:
        """True where a verb passes now; it is tried on a copy."""
        tried = replace(self)
        try:
            tried.confirm(by, at, operators) if verb is TrustDocumentVerb.CONFIRM else tried.withdraw(by, at)
        except (WrongTrustDocumentState, SameProposer, ProposerGone):
            return False
        return True

    def _decide(self, verb: TrustDocumentVerb, by: str, at: datetime) -> list[TrustDocumentMoved]:
        if verb not in MOVES[self.state]:
            raise WrongTrustDocumentState
        self.state, self.decided_by, self.decided_at = MOVES[self.state][verb], by, at
        self.version += 1
        return [self._moved()]

    def _moved(self) -> TrustDocumentMoved:
        return TrustDocumentMoved(self.id, self.state, self.name)
