"""A consent record: append-only revisions, moved by verbs that pass one gate, with the disclosures made under it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.consent.domain import facts
from services.consent.domain.chain import FIRST, Revision, digest
from services.consent.domain.disclosure import Disclosure
from services.consent.domain.facts import Fact
from services.consent.domain.narrowing import Part
from services.consent.domain.states import MOVES, NARROWABLE, PERMITTING, State, WrongState
from services.consent.domain.terms import Terms, check_given


@dataclass(frozen=True, slots=True)
class Act:
    """Who moves the record, for which organisation, and when by the database's clock under the record's lock."""

    by: str
    organisation: str
    at: datetime


@dataclass(slots=True)
class ConsentRecord:
    """`revision` is the version too: each move adds exactly one."""

    id: UUID
    case_id: UUID
    salt: str
    state: State
    terms: Terms
    sealed: Mapping[str, str]
    revision: int = 0
    head: str = FIRST
    disclosures: list[Disclosure] = field(default_factory=list)
    unsaved: list[Revision] = field(default_factory=list)

    @classmethod
    def asked(
        cls, id_: UUID, case_id: UUID, salt: str, terms: Terms, sealed: Mapping[str, str]
    ) -> "ConsentRecord":
        """She was asked; nothing is recorded before she answers."""
        return cls(id=id_, case_id=case_id, salt=salt, state=State.REQUESTED, terms=terms, sealed=sealed)

    @property
    def fence_due(self) -> bool:
        """Something under it was recalled, of which exchange has yet to confirm that nothing is sealed any more."""
        return any(disclosure.fence_due for disclosure in self.disclosures)

    def permits(self, now: datetime) -> bool:
        return self.state in PERMITTING and now < self.terms.valid_until

    def give(self, act: Act) -> list[Fact]:
        check_given(self.terms, frozenset(self.sealed), act.at)
        self._move(State.GIVEN, act)
        return [facts.ConsentGiven(self), self._expiry()]

    def refuse(self, act: Act) -> list[Fact]:
        """A refusal is kept so that nobody asks her again unknowingly; it permits nothing."""
        self._move(State.REFUSED, act)
        return [facts.ConsentRefused(self.case_id, self.id, self.revision)]

    def renew(self, terms: Terms, sealed: Mapping[str, str], act: Act) -> list[Fact]:
        """She was asked again and agreed, to the same or to other terms; these replace the ones before."""
        check_given(terms, frozenset(sealed), act.at)
        self._move(State.RENEWED, act, terms, sealed)
        return [facts.ConsentGiven(self), self._expiry()]

    def narrow(self, part: Part, act: Act) -> list[Fact]:
        """She takes a part back. Where nothing is left it is a withdrawal; where nothing is permitted, nothing is to do."""
        if self.state not in NARROWABLE:
            return []
        left = part.without(self.terms)
        if left is None:
            return self.withdraw(act)
        if left == self.terms:
            return []
        self._revise(self.state, act, left, self.sealed)
        return [facts.ConsentNarrowed(self), self._expiry()]

    def withdraw(self, act: Act) -> list[Fact]:
        """By the person. Asking twice is no error: she is told that it is withdrawn."""
        if self.state is State.WITHDRAWN:
            return []
        self._move(State.WITHDRAWN, act)
        return [
            facts.ConsentWithdrawn(self.case_id, self.id, self.revision),
            *self._recalls("withdrawn", act),
        ]

    def revoke(self, act: Act) -> list[Fact]:
        """By another than the person."""
        self._move(State.REVOKED, act)
        return [facts.ConsentRevoked(self.case_id, self.id, self.revision), *self._recalls("revoked", act)]

    def expire(self, act: Act) -> list[Fact]:
        """When its validity has ended; before that, or where it permits nothing any more, nothing happens."""
        if self.state not in PERMITTING or act.at < self.terms.valid_until:
            return []
        self._move(State.EXPIRED, act)
        return [facts.ConsentExpired(self.case_id, self.id, self.revision), *self._recalls("expired", act)]

    def _recalls(self, reason: str, act: Act) -> list[Fact]:
        return [fact for disclosure in self.disclosures for fact in disclosure.recall(reason, act.at)]

    def _expiry(self) -> Fact:
        return facts.ExpiryDue(self.id, self.revision, self.terms.valid_until)

    def _move(
        self, to: State, act: Act, terms: Terms | None = None, sealed: Mapping[str, str] | None = None
    ) -> None:
        """The one gate: checks the table, then adds the revision that says so. Raises WrongState and changes nothing."""
        if to not in MOVES[self.state]:
            raise WrongState(self.state)
        self._revise(to, act, terms or self.terms, self.sealed if sealed is None else sealed)

    def _revise(self, to: State, act: Act, terms: Terms, sealed: Mapping[str, str]) -> None:
        self.terms, self.sealed = terms, sealed
        revision = Revision(
            consent_id=self.id,
            case_id=self.case_id,
            number=self.revision + 1,
            state=to,
            at=act.at,
            by=act.by,
            organisation=act.organisation,
            terms=self.terms,
            sealed=dict(self.sealed),
            previous=self.head,
        )
        revision = replace(revision, hash=digest(revision.body(), self.salt))
        self.state, self.revision, self.head = to, revision.number, revision.hash
        self.unsaved.append(revision)
