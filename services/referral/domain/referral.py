"""One half of a referral. The sender's cell holds the outgoing half, the receiver's the incoming one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from contracts.country.response_clock import Deadlines
from services.referral.domain import facts
from services.referral.domain.facts import CodeIgnored, Fact, HalfMoved
from services.referral.domain.states import (
    ENDED,
    HELPING,
    MOVES,
    OFFERED,
    UNANSWERED,
    Half,
    Kind,
    State,
    Verb,
    follows,
    gate,
    passes,
)

_SAYS: Mapping[Verb, tuple[type[Any], str | None]] = MappingProxyType(
    {
        Verb.DELIVER: (facts.ReferralReceived, None),
        Verb.REFUSE: (facts.ReferralFailed, "reason"),
        Verb.ACCEPT: (facts.ReferralAccepted, None),
        Verb.REJECT: (facts.ReferralRejected, "reason"),
        Verb.START: (facts.ReferralStarted, None),
        Verb.HOLD: (facts.ReferralHeld, "reason"),
        Verb.RESUME: (facts.ReferralResumed, None),
        Verb.COMPLETE: (facts.ReferralCompleted, "outcome"),
        Verb.FAIL: (facts.ReferralFailed, "reason"),
        Verb.CANCEL: (facts.ReferralCancelled, None),
        Verb.REVOKE: (facts.ReferralRevoked, None),
        Verb.EXPIRE: (facts.ReferralExpired, None),
        Verb.CORRECT: (facts.ReferralCancelled, None),
    }
)
"""The fact of each move, and the name under which it carries its code. A correction ends the other half as a cancel
does.
"""

NOT_DISCLOSED = "not-disclosed"
"""The code of a half that followed where the other side told that it moved, and not how: her consent decides what is
told.
"""

_NOT_RUNNING = frozenset({State.DRAFT, State.REJECTED, State.COMPLETED, State.FAILED, State.CANCELLED})
"""States in which there is no other half, or it has ended, or was told to. After an expiry or a recall here it may
have been accepted.
"""


@dataclass(slots=True)
class Referral:
    """One half of a referral. `reason` is the code of the rejection, hold or failure in which it stands; a failure's
    may also be why nothing was delivered: a code of `disclosure_refusal` or `border_refusal`. Both are None where
    the other side was not to tell. `stored` is the version that the database has; 0 when new.
    """

    id: UUID
    half: Half
    case_id: UUID
    sender: str
    sender_cell: str
    recipient: str
    recipient_cell: str
    recipient_role: str
    service: str
    purpose: str
    urgency: str
    asked: tuple[str, ...]
    created_at: datetime
    kind: Kind = Kind.REFERRAL
    state: State = State.DRAFT
    reason: str | None = None
    outcome: str | None = None
    disclosure_id: UUID | None = None
    fields: tuple[str, ...] = ()
    withheld: tuple[tuple[str, str], ...] = ()
    sent_at: datetime | None = None
    received_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    respond_by: datetime | None = None
    reminded_at: datetime | None = None
    version: int = 1
    stored: int = 0

    @property
    def organisation(self) -> str:
        """The organisation that has this half when it is made; empty for a half of which only the recall came."""
        return self.sender if self.half is Half.OUTGOING else self.recipient

    @property
    def changed(self) -> bool:
        return self.version != self.stored

    def excludes(self, other: "Referral") -> bool:
        """True where the two cannot both be open: a case goes to one organisation at a time, and has one open offer
        to it for a purpose.
        """
        if other.half is not Half.OUTGOING or other.state not in UNANSWERED:
            return False
        same = (other.recipient, other.purpose) == (self.recipient, self.purpose)
        return same or (self.kind is Kind.TRANSFER and other.kind is Kind.TRANSFER)

    def send(self, deadlines: Deadlines, now: datetime) -> list[Fact]:
        """Ask consent for the disclosure; the receiver's clock begins."""
        gate(Verb.SEND, self.half, self.state, self.kind)
        self.state, self.sent_at, self.version = State.REQUESTED, now, self.version + 1
        sent = facts.ReferralSent(
            case_id=self.case_id,
            referral_id=self.id,
            sender=self.sender,
            recipient=self.recipient,
            recipient_cell=self.recipient_cell,
            recipient_role=self.recipient_role,
            purpose=self.purpose,
            service=self.service,
            urgency=self.urgency,
            fields=self.asked,
            at=now,
            kind=str(self.kind),
        )
        return [sent, *self._custody(now), *self.start_clock(deadlines)]

    def start_clock(self, deadlines: Deadlines) -> list[Fact]:
        self.respond_by = deadlines.respond_by
        return [
            facts.ReminderDue(self.id, self.half, deadlines.remind_at),
            facts.ExpiryDue(self.id, self.half, deadlines.respond_by),
        ]

    def accept(self, now: datetime) -> list[Fact]:
        return self._move(Verb.ACCEPT, now)

    def reject(self, reason: str, now: datetime) -> list[Fact]:
        return self._move(Verb.REJECT, now, reason)

    def start(self, now: datetime) -> list[Fact]:
        return self._move(Verb.START, now)

    def hold(self, reason: str, now: datetime) -> list[Fact]:
        return self._move(Verb.HOLD, now, reason)

    def resume(self, now: datetime) -> list[Fact]:
        return self._move(Verb.RESUME, now)

    def complete(self, outcome: str, now: datetime) -> list[Fact]:
        return self._move(Verb.COMPLETE, now, outcome)

    def fail(self, reason: str, now: datetime) -> list[Fact]:
        return self._move(Verb.FAIL, now, reason)

    def cancel(self, now: datetime) -> list[Fact]:
        """Cancel, by the sender, whatever the receiver has done so far. A draft goes in silence: nobody has heard of it."""
        draft = self.state is State.DRAFT
        said = self._move(Verb.CANCEL, now)
        return [] if draft else said

    def correct(self, now: datetime) -> list[Fact]:
        """Mark as entered in error, from any state. The other half hears of it as a cancellation, where it may still
        run.

        Consent hears of it first, so that the disclosure is taken back as an error, whenever the recall is seen.
        """
        draft, may_run = self.state is State.DRAFT, self.state not in _NOT_RUNNING
        said = self._move(Verb.CORRECT, now)
        if draft:
            return []
        whose = (self.case_id, self.id, str(self.half), self.sender, self.recipient)
        return [facts.ReferralCorrected(*whose, now), *(said if may_run else [])]

    def authorise(
        self, disclosure_id: UUID, fields: Iterable[str], withheld: Iterable[tuple[str, str]]
    ) -> list[Fact]:
        """Note the fields that will be sent and those that are withheld, by name. Nothing moves: nothing is sealed yet."""
        self.disclosure_id, self.fields, self.withheld = disclosure_id, tuple(fields), tuple(withheld)
        self.version += 1
        return []

    def deliver(self, now: datetime) -> list[Fact]:
        return self._move_if_possible(Verb.DELIVER, now)

    def refuse(self, code: str, now: datetime) -> list[Fact]:
        """Consent or the border refused the disclosure: nothing was delivered, so the referral has failed with that
        code.

        It does not go back to draft: the refused request stays to be seen, and a new attempt is a new referral.
        """
        return self._move_if_possible(Verb.REFUSE, now, code)

    def undelivered(self, disclosure_id: UUID | None, code: str, now: datetime) -> list[Fact]:
        """The border did not let the disclosure through. One that another has replaced since is no matter of the
        referral's.
        """
        if disclosure_id is not None and self.disclosure_id not in {None, disclosure_id}:
            return [self._ignored(Verb.REFUSE)]
        return self.refuse(code, now)

    def revoke(self, now: datetime) -> list[Fact]:
        """Consent ended. Before acceptance that takes the offer back; after it the help goes on unchanged."""
        return self._move_if_possible(Verb.REVOKE, now)

    def expire(self, now: datetime) -> list[Fact]:
        """No answer in time. A late answer is still followed: silence never loses a case."""
        return self._move_if_possible(Verb.EXPIRE, now)

    def remind(self, now: datetime) -> list[Fact]:
        """Half of the time has gone without an answer: that is said, and from now on the worklist shows it."""
        if self.state in OFFERED and self.reminded_at is None:
            self.reminded_at, self.version = now, self.version + 1
            return [self._fact(facts.ReferralReminded, now)]
        return []

    def follow(self, verb: Verb, now: datetime, code: str | None = None) -> list[Fact]:
        """Follow the move of the other half, if it fits where this one stands; else only note that the code was heard."""
        if self.state not in follows(self.half, verb, self.kind):
            return [self._ignored(verb)]
        return self._take(verb, now, code)

    def _move_if_possible(self, verb: Verb, now: datetime, code: str | None = None) -> list[Fact]:
        if not passes(verb, self.half, self.state, self.kind):
            return [self._ignored(verb)]
        return self._take(verb, now, code)

    def _move(self, verb: Verb, now: datetime, code: str | None = None) -> list[Fact]:
        gate(verb, self.half, self.state, self.kind)
        return self._take(verb, now, code)

    def _take(self, verb: Verb, now: datetime, code: str | None) -> list[Fact]:
        """The one place where a state changes after sending."""
        says, carries = _SAYS[verb]
        self.state, self.version = MOVES[verb].to, self.version + 1
        self.reason = code if carries == "reason" else None
        if carries == "outcome":
            self.outcome = code
        self._stamp(now)
        carried = {} if carries is None else {carries: code or NOT_DISCLOSED}
        return [self._fact(says, now, **carried), *self._custody(now)]

    def _fact(self, says: type[Any], now: datetime, **carried: str) -> Fact:
        fact: HalfMoved = says(
            case_id=self.case_id,
            referral_id=self.id,
            half=str(self.half),
            sender=self.sender,
            recipient=self.recipient,
            at=now,
            **carried,
        )
        return fact

    def _custody(self, now: datetime) -> list[Fact]:
        """The custody of the case, as the sender's half of a transfer now stands."""
        if self.kind is Kind.REFERRAL or self.half is Half.INCOMING:
            return []
        return [facts.TransferMoved(self.case_id, self.id, self.recipient, str(self.state), now)]

    def _stamp(self, now: datetime) -> None:
        if self.state is State.RECEIVED:
            self.received_at = now
        if self.state in HELPING or self.state is State.REJECTED:
            self.answered_at = self.answered_at or now
        self.ended_at = now if self.state in ENDED else None

    def _ignored(self, verb: Verb) -> CodeIgnored:
        return CodeIgnored(self.id, self.half, verb, self.state)
