"""One disclosure: authorised or refused, then sealed, delivered, recalled and answered; every step is a ledger entry."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from contracts.casefile.fields import FIELDS
from services.consent.domain.facts import (
    DisclosureAuthorised,
    DisclosureRecalled,
    DisclosureRefused,
    Fact,
    FenceDue,
    ReadingEndDue,
)
from services.consent.domain.request import Authority, Request

CONTACT = "contact"
"""The data category of her whereabouts and of the ways to reach her."""


class Step(StrEnum):
    """The kinds of ledger entries."""

    AUTHORISED = "authorised"
    REFUSED = "refused"
    TOKEN = "token"  # noqa: S105  # a kind of entry
    SEALED = "sealed"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    ENDED = "ended"
    """The referral has ended; the recipient reads on for the time that the agreement leaves it."""
    RECALLED = "recalled"
    FENCED = "fenced"
    """Exchange has confirmed that nothing of the disclosure is sealed any more, whatever token was under way."""
    ANSWERED = "answered"


class Stage(StrEnum):
    """The stages of a disclosure."""

    ASKED = "asked"
    REFUSED = "refused"
    AUTHORISED = "authorised"
    SEALED = "sealed"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    RECALLED = "recalled"
    ANSWERED = "answered"


_AFTER_SEALING = frozenset({Stage.SEALED, Stage.DELIVERED, Stage.UNDELIVERED, Stage.RECALLED})

MOVES: Mapping[Stage, frozenset[Stage]] = MappingProxyType(
    {
        Stage.ASKED: frozenset({Stage.AUTHORISED, Stage.REFUSED}),
        Stage.REFUSED: frozenset({Stage.AUTHORISED, Stage.REFUSED}),
        Stage.AUTHORISED: _AFTER_SEALING,
        Stage.SEALED: _AFTER_SEALING,
        Stage.DELIVERED: frozenset({Stage.RECALLED}),
        Stage.UNDELIVERED: _AFTER_SEALING,
        Stage.RECALLED: frozenset({Stage.ANSWERED}),
        Stage.ANSWERED: frozenset({Stage.ANSWERED}),
    }
)
"""A refused disclosure may be asked for again (the referral is sent anew). A recall stands whatever is heard later: a
late step is written in the ledger and moves nothing.
"""

OPEN = frozenset({Stage.AUTHORISED, Stage.SEALED, Stage.DELIVERED, Stage.UNDELIVERED})
"""The stages that the end of the authority recalls: every one after an authorisation, for an envelope that we have
not heard of may be sealed.
"""

ON_ITS_WAY = frozenset({Stage.AUTHORISED, Stage.SEALED})

SEALABLE = frozenset({Stage.AUTHORISED, Stage.SEALED, Stage.UNDELIVERED})
"""The stages in which a token may be given: first, again after it lapsed, or for a resend."""


AT_ONCE = frozenset({"entered_in_error", "rejected", "unanswered"})
"""Ends of a referral after which the recipient has no use for the fields. After the others the agreement says how
long it reads on.
"""

CORRECTED_AFTER = frozenset(
    {"withdrawn", "expired", "narrowed", "not_in_agreement", "replaced", "cancelled", "completed", "failed"}
)
"""Ends after which a recipient still acts on the fields that it was given, and so is told that they are wrong. Not
after an error or a refusal, where it had no use for them, and not after a revocation: a recipient that pressed her
is told nothing of her any more.
"""

ROUTE_FIRST = timedelta(seconds=5)
"""The request that ended the consent asks exchange itself; after this time the work begins, which asks until it has
an answer.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A ledger entry before the database gives it its place and time. Field names, never values."""

    disclosure_id: UUID
    case_id: UUID
    organisation: str
    consent_id: UUID | None
    step: Step
    recipient: str
    recipient_cell: str
    revision: int | None
    fields: tuple[str, ...]
    code: str | None = None
    law: str | None = None
    token_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReferralEnd:
    """The end of its referral, where the agreement lets the recipient read on for some time."""

    reason: str
    at: datetime
    until: datetime


@dataclass(slots=True)
class Disclosure:
    id: UUID
    request: Request
    stage: Stage = Stage.ASKED
    authority: Authority | None = None
    refusal: str | None = None
    recalled_for: str | None = None
    ended: ReferralEnd | None = None
    fence_due: bool = False
    """The disclosure was recalled, and exchange has not yet confirmed that a token given before can no longer become
    an envelope.
    """
    entries: list[Entry] = field(default_factory=list)
    """Entries that are not yet saved."""
    changed: bool = False

    @property
    def authorised_by(self) -> Authority:
        """The authority of an authorised disclosure."""
        if self.authority is None:
            raise ValueError("this disclosure was never authorised")
        return self.authority

    @property
    def consent_id(self) -> UUID | None:
        return None if self.authority is None else self.authority.consent_id

    def told_of(self, corrected: Collection[str]) -> set[str]:
        """The fields, among the corrected ones, of which the recipient is told that they have other values, without a
        value.

        Never the ways to reach her: a recipient that may read no more has no use for them, and could tell from them
        that she has moved.
        """
        ended = self.stage in {Stage.RECALLED, Stage.ANSWERED} and self.recalled_for in CORRECTED_AFTER
        if self.authority is None or not (ended or self.stage is Stage.DELIVERED):
            return set()
        names = {*corrected} & {*self.authority.fields}
        return {name for name in names if FIELDS[name].category != CONTACT}

    def authorise(self, authority: Authority) -> list[Fact]:
        self._move(Stage.AUTHORISED)
        self.authority, self.refusal = authority, None
        self.write(Step.AUTHORISED, law=authority.law)
        return [DisclosureAuthorised(self.id, self.request, authority)]

    def refuse(self, reason: str) -> list[Fact]:
        self._move(Stage.REFUSED)
        self.refusal = reason
        self.write(Step.REFUSED, reason)
        return [DisclosureRefused(self.request.case_id, self.id, self.request.referral_id, reason)]

    def token(self, token_id: UUID) -> None:
        """Write that a token is given. The decision was made before, under the same lock."""
        self.write(Step.TOKEN, token_id=token_id)

    def sealed(self) -> list[Fact]:
        return self._heard(Stage.SEALED, Step.SEALED)

    def delivered(self) -> list[Fact]:
        return self._heard(Stage.DELIVERED, Step.DELIVERED)

    def undelivered(self, code: str) -> list[Fact]:
        return self._heard(Stage.UNDELIVERED, Step.UNDELIVERED, code)

    def end(self, reason: str, retention: timedelta, at: datetime) -> list[Fact]:
        """The referral is over, and with it the reading: at once, or after the time that the agreement leaves.

        A cancelled one that nobody has received yet, or one that did not arrive, is taken back at once: nobody there
        has begun anything.
        """
        unused = reason == "cancelled" and self.stage is not Stage.DELIVERED
        unused = unused or self.stage is Stage.UNDELIVERED
        if reason in AT_ONCE or unused or not retention:
            return self.recall(reason, at)
        if self.stage not in OPEN:
            return []
        self.write(Step.ENDED, reason)
        self.ended, self.changed = ReferralEnd(reason, at, at + retention), True
        return [ReadingEndDue(self.id, reason, self.ended.until)]

    def read_on(self, retention: timedelta, at: datetime) -> list[Fact]:
        """Let the recipient read on, after the end of its referral, no longer than the agreement leaves now; a longer
        time changes nothing.
        """
        if self.ended is None or (until := self.ended.at + retention) >= self.ended.until:
            return []
        if until <= at:
            return self.recall(self.ended.reason, at)
        self.ended, self.changed = replace(self.ended, until=until), True
        return [ReadingEndDue(self.id, self.ended.reason, until)]

    def recall(self, reason: str, at: datetime) -> list[Fact]:
        """Recall, because the authority ended. A disclosure that was already recalled, or never authorised, stays as
        it is.

        A delivered disclosure is never sealed again; of any other an envelope may be on its way at this moment.
        """
        if self.stage not in OPEN:
            return []
        self.fence_due = self.stage is not Stage.DELIVERED
        self._move(Stage.RECALLED)
        self.recalled_for = reason
        self.write(Step.RECALLED, reason)
        recalled = DisclosureRecalled(self.request.case_id, self.id, self.request.referral_id, reason)
        return [recalled, FenceDue(self.id, at + ROUTE_FIRST)] if self.fence_due else [recalled]

    def fence(self) -> None:
        """Take exchange's word that nothing of the disclosure is sealed from here on."""
        if self.fence_due:
            self.fence_due, self.changed = False, True
            self.write(Step.FENCED)

    def answered(self, answer: str, law: str | None) -> list[Fact]:
        """Take the recipient's answer; a later one (restricted, then erased) is written too. Exchange gives it behind
        its fence.
        """
        self.fence()
        return self._heard(Stage.ANSWERED, Step.ANSWERED, answer, law)

    def _heard(self, stage: Stage, step: Step, code: str | None = None, law: str | None = None) -> list[Fact]:
        """Take a step that happened elsewhere: it is always written, and moves the stage where it still can."""
        if stage in MOVES[self.stage]:
            self._move(stage)
        self.write(step, code, law)
        return []

    def _move(self, to: Stage) -> None:
        if to not in MOVES[self.stage]:
            raise ValueError(f"a disclosure that is {self.stage} cannot become {to}")
        self.stage, self.changed = to, True

    def write(
        self, step: Step, code: str | None = None, law: str | None = None, *, token_id: UUID | None = None
    ) -> None:
        authority, request = self.authority, self.request
        self.entries.append(
            Entry(
                disclosure_id=self.id,
                case_id=request.case_id,
                organisation=request.sender,
                consent_id=self.consent_id,
                step=step,
                recipient=request.recipient,
                recipient_cell=request.recipient_cell,
                revision=None if authority is None else authority.revision,
                fields=() if authority is None else authority.fields,
                code=code,
                law=law,
                token_id=token_id,
            )
        )
