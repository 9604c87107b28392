"""A consent record: append-only revisions, moved by verbs that pass one gate, with the disclosures made under it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from contracts.protection import protection
from services.consent.domain import facts
from services.consent.domain.chain import FIRST, Revision, digest
from services.consent.domain.disclosure import Disclosure
from services.consent.domain.facts import Fact
from services.consent.domain.narrowing import Part
from services.consent.domain.states import MOVES, NARROWABLE, PERMITTING, SAID_NO, State, WrongState
from services.consent.domain.terms import (
    Capacity,
    IncompleteTerms,
    Terms,
    awaited,
    check_given,
    check_protection,
)

ASK_AGAIN_WITHIN = timedelta(days=30)
"""Time to ask her, or a guardian, again. Help that has begun must not break off on a birthday; after this its
disclosure is recalled.
"""

ENDS_SOON = timedelta(days=14)
"""Before the end whoever has her case is told, while there is time to ask her again."""

SYSTEM = "system:consent"
"""The actor where nobody acts: an age becomes known, a time is over, she is erased."""

ERASURE = "erasure"
"""The code of `recall_reason` for what was disclosed of somebody who is erased."""


class SamePerson(Exception):
    """Whoever recorded it does not also confirm, approve or review it."""


@dataclass(frozen=True, slots=True)
class Act:
    """The person who moves the record, for which organisation, and when by the database's clock under the record's lock."""

    by: str
    organisation: str
    at: datetime


def her_no(state: State, by: str, capacity: Capacity) -> bool:
    """True where it is her own no that a record was left so: she refused, or took back what she herself had given. Her erasure is
    none, and neither is the end of what another agreed to for her.
    """
    if state is State.WITHDRAWN:
        return by != SYSTEM and not capacity.for_child
    return state in SAID_NO


@dataclass(slots=True)
class ConsentRecord:
    """One consent with its revisions. `revision` is the version too: each move adds exactly one."""

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
        """A record of a person who was asked; nothing is recorded before she answers."""
        return cls(id=id_, case_id=case_id, salt=salt, state=State.REQUESTED, terms=terms, sealed=sealed)

    @property
    def fence_due(self) -> bool:
        """True where a disclosure under the record was recalled and exchange has yet to confirm that nothing of it is
        sealed any more.
        """
        return any(disclosure.fence_due for disclosure in self.disclosures)

    @property
    def runs(self) -> bool:
        """True while the record's validity is still to end: it permits, or somebody is still to act on it."""
        awaited = self.state is State.REQUESTED and self.revision > 0
        return self.state in PERMITTING or self.state is State.PROTECTED or awaited

    @property
    def unapproved(self) -> bool:
        """True for a protection that was asked for and that no second person has approved: it permits nothing."""
        return self.terms.protects and self.state is State.REQUESTED and self.revision > 0

    @property
    def protected_once(self) -> bool:
        """True for a protection that is in force, or was: its reasons are to be looked at, whatever became of it."""
        return self.state is State.PROTECTED or self.terms.approved_by is not None

    @property
    def renewable(self) -> bool:
        """True where she may be asked again, and agree in this record."""
        return not self.terms.protects and State.RENEWED in MOVES[self.state]

    def lets(self, verb: "Callable[[ConsentRecord], object]") -> bool:
        """True where a verb passes now. The verb is tried on a copy, so that the offer of a view and the command
        cannot differ.
        """
        try:
            verb(replace(self, disclosures=[], unsaved=[]))
        except (WrongState, SamePerson, IncompleteTerms):
            return False
        return True

    def fits(self, *, child: bool) -> bool:
        """True where the person who spoke is the one who must be asked at her age."""
        return self.terms.capacity.for_child is child

    def permits(self, now: datetime) -> bool:
        return self.state in PERMITTING | {State.PROTECTED} and now < self.terms.valid_until

    def give(self, act: Act) -> list[Fact]:
        if self.state is State.PROTECTED:
            raise WrongState(self.state)
        check_given(self.terms, frozenset(self.sealed), act.at)
        if self.terms.capacity.for_child:
            return self._request(act, self.terms, self.sealed)
        self._move(State.GIVEN, act)
        return [self._set(facts.ConsentGiven), self._expiry()]

    def request_protection(self, act: Act, approvers: Sequence[str]) -> list[Fact]:
        """Ask for an immediate protection: she cannot be asked, and a law allows it. It permits nothing before a second
        person has approved it.
        """
        check_protection(self.terms, frozenset(self.sealed))
        if self.revision:
            raise WrongState(self.state)
        until = act.at + protection().approve_within
        self._move(State.REQUESTED, act, replace(self.terms, valid_until=until))
        asked = facts.ProtectionRequested(
            self.case_id, self.id, self.revision, self.head, self.terms, tuple(approvers)
        )
        return [asked, self._expiry()]

    def approve(self, act: Act, asked_by: str | None, fields: Sequence[str]) -> list[Fact]:
        """Approve, by a second person, within the time for it, that these fields go and no other. Nobody says that she
        consented. Raises SamePerson, or WrongState where nothing waits for approval.
        """
        if not self.unapproved:
            raise WrongState(self.state)
        if act.at >= self.terms.valid_until:
            raise WrongState(State.EXPIRED)
        if act.by == asked_by:
            raise SamePerson
        until, due = act.at + protection().valid_for, act.at + protection().review_within
        approved = replace(self.terms, approved_by=act.by, approved_fields=tuple(fields), valid_until=until)
        self._move(State.PROTECTED, act, approved)
        return [
            self._set(facts.ProtectionRecorded),
            self._expiry(),
            facts.ReviewDue(self.id, act.organisation, due),
        ]

    def decline(self, sealed: Mapping[str, str], act: Act, asked_by: str | None) -> list[Fact]:
        """A second person refuses what was asked for, or whoever asked takes it back. Nothing was disclosed."""
        if not self.unapproved:
            raise WrongState(self.state)
        self._move(State.REVOKED, act, sealed={**self.sealed, **sealed})
        waits = None if act.by == asked_by else asked_by
        return [facts.ProtectionDeclined(self.case_id, self.id, self.revision, waits)]

    def review(
        self, sealed: Mapping[str, str], act: Act, asked_by: str | None, *, upheld: bool
    ) -> list[Fact]:
        """A third person has looked at the reasons, also when the protection has ended by then. Not upheld, it is
        taken back.

        Raises SamePerson, or WrongState where there is nothing to review.
        """
        if not self.protected_once or self.terms.reviewed_by is not None:
            raise WrongState(self.state)
        if act.by in {asked_by, self.terms.approved_by}:
            raise SamePerson
        revoked = self.state is State.PROTECTED and not upheld
        terms, both = replace(self.terms, reviewed_by=act.by, upheld=upheld), {**self.sealed, **sealed}
        self._revise(State.REVOKED if revoked else self.state, act, terms, both)
        said: list[Fact] = [facts.ProtectionReviewed(self.case_id, self.id, self.revision, upheld)]
        if revoked:
            said += [
                facts.ConsentRevoked(self.case_id, self.id, self.revision),
                *self._recalls("revoked", act),
            ]
        return said + ([self._expiry()] if self.runs else [])

    def unreviewed(self, organisation: str) -> list[Fact]:
        """The time for the second person's review is over."""
        if self.terms.reviewed_by is not None:
            return []
        return [facts.ProtectionUnreviewed(self.case_id, self.id, organisation)]

    def refuse(self, act: Act) -> list[Fact]:
        """Record her no, so that nobody asks her again unknowingly; it permits nothing."""
        self._move(State.REFUSED, act)
        return [facts.ConsentRefused(self.case_id, self.id, self.revision)]

    def renew(self, terms: Terms, sealed: Mapping[str, str], act: Act) -> list[Fact]:
        """She was asked again and agreed, to the same or to other terms; these replace the ones before."""
        if not self.renewable:
            raise WrongState(self.state)
        check_given(terms, frozenset(sealed), act.at)
        if terms.capacity.for_child:
            return self._request(act, terms, sealed)
        self._move(State.RENEWED, act, terms, sealed)
        return [self._set(facts.ConsentGiven), self._expiry()]

    def confirm(self, act: Act, asked_by: Collection[str]) -> list[Fact]:
        """A second person has looked at who speaks for the child. Raises SamePerson, or WrongState where no
        confirmation is awaited.
        """
        if self.state is not State.REQUESTED or awaited(self.terms) != "guardian_unconfirmed":
            raise WrongState(self.state)
        if act.by in asked_by:
            raise SamePerson
        check_given(self.terms, frozenset(self.sealed), act.at)
        first = self.revision == 1
        self._move(State.GIVEN if first else State.RENEWED, act, replace(self.terms, confirmed_by=act.by))
        return [self._set(facts.ConsentGiven), self._expiry()]

    def lapse(self, act: Act) -> list[Fact]:
        """The person who spoke is not the one who must be asked: her age is now known to be another. She is asked
        again; until then, and for ASK_AGAIN_WITHIN at most, a recipient keeps the fields that it has received, and
        nothing more is sealed.
        """
        until = min(self.terms.valid_until, act.at + ASK_AGAIN_WITHIN)
        return self._request(act, replace(self.terms, valid_until=until), self.sealed)

    def _request(self, act: Act, terms: Terms, sealed: Mapping[str, str]) -> list[Fact]:
        """Request: the record permits nothing until somebody has acted."""
        self._move(State.REQUESTED, act, terms, sealed)
        awaits = awaited(self.terms)
        return [facts.ConsentRequested(self.case_id, self.id, self.revision, awaits), self._expiry()]

    def narrow(self, part: Part, act: Act) -> list[Fact]:
        """She takes a part back. Where nothing is left it is a withdrawal; where nothing is permitted, nothing is to
        do.

        A protection, which stands in place of her answer, ends whole, and so does one that was asked for: from now on
        her answer counts.
        """
        if self.state is State.PROTECTED or self.unapproved:
            return [] if part.without(self.terms) == self.terms else self.withdraw(act)
        if self.state not in NARROWABLE:
            return []
        left = part.without(self.terms)
        if left is None:
            return self.withdraw(act)
        if left == self.terms:
            return []
        self._revise(self.state, act, left, self.sealed)
        return [self._set(facts.ConsentNarrowed), self._expiry()]

    def withdraw(self, act: Act) -> list[Fact]:
        """Withdraw, by the person. Asking twice is no error: she is told that it is withdrawn."""
        if self.state is State.WITHDRAWN:
            return []
        self._move(State.WITHDRAWN, act)
        return [
            facts.ConsentWithdrawn(self.case_id, self.id, self.revision),
            *self._recalls("withdrawn", act),
        ]

    def erase(self, act: Act) -> list[Fact]:
        """She is erased: what she agreed to ends, and whoever received anything under it is asked to erase it."""
        if State.WITHDRAWN not in MOVES[self.state] or not self.revision:
            return self._recalls(ERASURE, act)
        self._move(State.WITHDRAWN, act)
        return [
            facts.ConsentWithdrawn(self.case_id, self.id, self.revision),
            *self._recalls(ERASURE, act),
        ]

    def revoke(self, act: Act) -> list[Fact]:
        """Revoke, by another than the person. A protection that nobody has approved is declined."""
        if self.unapproved:
            raise WrongState(self.state)
        self._move(State.REVOKED, act)
        return [facts.ConsentRevoked(self.case_id, self.id, self.revision), *self._recalls("revoked", act)]

    def expire(self, act: Act, asked_by: str | None) -> list[Fact]:
        """Expire when the validity has ended; before that, or where the record permits nothing any more, nothing
        happens.
        """
        if not self.runs or act.at < self.terms.valid_until:
            return []
        lapsed = self.unapproved
        self._move(State.EXPIRED, act)
        if lapsed:
            return [facts.ProtectionLapsed(self.case_id, self.id, self.revision, asked_by)]
        return [facts.ConsentExpired(self.case_id, self.id, self.revision), *self._recalls("expired", act)]

    def end_reading(self, referral_id: UUID, reason: str, at: datetime) -> list[Fact]:
        """End the reading of all disclosures made for this referral, whatever followed the first."""
        ours = [d for d in self.disclosures if d.request.referral_id == referral_id]
        return [fact for disclosure in ours for fact in disclosure.recall(reason, at)]

    def _recalls(self, reason: str, act: Act) -> list[Fact]:
        return [fact for disclosure in self.disclosures for fact in disclosure.recall(reason, act.at)]

    def _set(self, kind: Callable[..., Fact]) -> Fact:
        return kind(self.case_id, self.id, self.revision, self.head, self.terms)

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
