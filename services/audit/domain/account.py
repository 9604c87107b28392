"""The account of one case: what she agreed to, what was disclosed under it, how it ended, and who looked and tried.

It is computed from the log alone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

from contracts.types import Code
from services.audit.domain.recall import Recall, RecallAnswer, answer_due, late_before


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """An entry, as far as the account needs it."""

    entry: int
    time: datetime
    type: str
    actor: str
    organisation: str
    details: Mapping[str, Any]


class StepKind(StrEnum):
    """The kinds of steps of a consent, or of a protection that the law allows where she cannot be asked."""

    REQUESTED = "requested"
    GIVEN = "given"
    NARROWED = "narrowed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REVOKED = "revoked"
    PROTECTION_REQUESTED = "protection-requested"
    DECLINED = "declined"
    LAPSED = "lapsed"
    PROTECTED = "protected"
    REVIEWED = "reviewed"
    UNREVIEWED = "unreviewed"


STEPS: Mapping[str, StepKind] = MappingProxyType(
    {
        "consent.requested.v1": StepKind.REQUESTED,
        "consent.given.v1": StepKind.GIVEN,
        "consent.narrowed.v1": StepKind.NARROWED,
        "consent.refused.v1": StepKind.REFUSED,
        "consent.withdrawn.v1": StepKind.WITHDRAWN,
        "consent.expired.v1": StepKind.EXPIRED,
        "consent.revoked.v1": StepKind.REVOKED,
        "protection.requested.v1": StepKind.PROTECTION_REQUESTED,
        "protection.declined.v1": StepKind.DECLINED,
        "protection.lapsed.v1": StepKind.LAPSED,
        "protection.recorded.v1": StepKind.PROTECTED,
        "protection.reviewed.v1": StepKind.REVIEWED,
        "protection.unreviewed.v1": StepKind.UNREVIEWED,
    }
)


@dataclass(frozen=True, slots=True)
class ConsentStep:
    """One step of one consent, with its terms where it has any, and who recorded it."""

    entry: int
    at: datetime
    consent_id: UUID
    step: StepKind
    revision: int | None
    revision_hash: str | None
    purposes: list[Annotated[str, Code("purpose")]]
    recipients: list[str]
    categories: list[Annotated[str, Code("data_category")]]
    back_categories: list[Annotated[str, Code("data_category")]]
    valid_until: datetime | None
    law: Annotated[str, Code("protection_law")] | None
    actor: str
    organisation: str


def consent_step(logged: CaseEvent) -> ConsentStep:
    told = logged.details
    return ConsentStep(
        entry=logged.entry,
        at=logged.time,
        consent_id=UUID(told["consent_id"]),
        step=STEPS[logged.type],
        revision=told.get("revision"),
        revision_hash=told.get("revision_hash"),
        purposes=told.get("purposes", []),
        recipients=told.get("recipients", []),
        categories=told.get("categories", []),
        back_categories=told.get("back_categories", []),
        valid_until=_instant(told.get("valid_until")),
        law=told.get("law"),
        actor=logged.actor,
        organisation=logged.organisation,
    )


class Direction(StrEnum):
    OUT = "out"
    IN = "in"


@dataclass(slots=True)
class AccountedDisclosure:
    """One disclosure from its authorisation, refusal or arrival to its end; field names, never a value.

    `revision` and `revision_hash` are of the consent that it rests on. Of one that came in, the consent is the sender's.
    """

    entry: int
    at: datetime
    disclosure_id: UUID
    referral_id: UUID
    direction: Direction
    consent_id: UUID | None
    revision: int | None
    revision_hash: str | None
    purpose: Annotated[str, Code("purpose")] | None
    service: Annotated[str, Code("service")] | None
    sender: str | None
    recipient: str | None
    partner: str | None
    agreement_id: str | None
    agreement_version: int | None
    fields: list[Annotated[str, Code("field")]]
    basis: Annotated[str, Code("disclosure_basis")] | None
    refused: Annotated[str, Code("disclosure_refusal")] | None
    sealed_at: datetime | None = None
    delivered_at: datetime | None = None
    undelivered: Annotated[str, Code("border_refusal")] | None = None
    corrected_at: list[datetime] = field(default_factory=list)
    recall: Recall | None = None
    answer: RecallAnswer | None = None

    def follow(self, logged: CaseEvent) -> None:
        """Take a later entry about this disclosure."""
        if (step := _FOLLOWING.get((self.direction, logged.type))) is not None:
            step(self, logged)

    def seal(self, logged: CaseEvent) -> None:
        self.sealed_at = logged.time

    def deliver(self, logged: CaseEvent) -> None:
        self.delivered_at = logged.time

    def fail(self, logged: CaseEvent) -> None:
        self.undelivered = logged.details.get("code")

    def correct(self, logged: CaseEvent) -> None:
        self.corrected_at.append(logged.time)

    def take_back(self, logged: CaseEvent) -> None:
        self.recall = Recall(logged.time, logged.details.get("reason"), answer_due(logged.time))

    def close(self, logged: CaseEvent) -> None:
        """Take an answer. The log may have it before its recall, since the two come by different topics."""
        self.answer = RecallAnswer(logged.time, logged.details.get("answer"), logged.details.get("law"))

    def weigh(self, now: datetime) -> None:
        if self.recall is not None:
            self.recall.overdue = self.answer is None and self.recall.at < late_before(now)


_FOLLOWING: Mapping[tuple[Direction, str], Callable[[AccountedDisclosure, CaseEvent], None]] = (
    MappingProxyType(
        {
            (Direction.OUT, "envelope.sealed.v1"): AccountedDisclosure.seal,
            (Direction.OUT, "envelope.delivered.v1"): AccountedDisclosure.deliver,
            (Direction.OUT, "envelope.refused.v1"): AccountedDisclosure.fail,
            (Direction.OUT, "disclosure.corrected.v1"): AccountedDisclosure.correct,
            (Direction.OUT, "disclosure.recalled.v1"): AccountedDisclosure.take_back,
            (Direction.OUT, "recall.answered.v1"): AccountedDisclosure.close,
            (Direction.IN, "correction.received.v1"): AccountedDisclosure.correct,
            (Direction.IN, "recall.received.v1"): AccountedDisclosure.take_back,
            (Direction.IN, "disclosure.closed.v1"): AccountedDisclosure.close,
        }
    )
)

BEGINNINGS = ("disclosure.authorised.v1", "disclosure.refused.v1", "disclosure.received.v1")
FOLLOWING = tuple(sorted({kind for _, kind in _FOLLOWING}))


def disclosures(
    beginnings: Iterable[CaseEvent], following: Iterable[CaseEvent], now: datetime
) -> list[AccountedDisclosure]:
    """The disclosures of a page, each with what followed."""
    told = [_begun(logged) for logged in beginnings]
    later = list(following)
    for one in told:
        for logged in later:
            if logged.details.get("disclosure_id") == str(one.disclosure_id):
                one.follow(logged)
        one.weigh(now)
    return told


def _begun(logged: CaseEvent) -> AccountedDisclosure:
    told = logged.details
    came = logged.type == "disclosure.received.v1"
    terms = told["grant"] if came else told
    return AccountedDisclosure(
        entry=logged.entry,
        at=logged.time,
        disclosure_id=UUID(told["disclosure_id"]),
        referral_id=UUID(told["referral_id"]),
        direction=Direction.IN if came else Direction.OUT,
        consent_id=UUID(told["consent_id"]) if "consent_id" in told else None,
        revision=terms.get("consent_revision" if came else "revision"),
        revision_hash=terms.get("consent_sha256" if came else "revision_hash"),
        purpose=terms.get("purpose"),
        service=told.get("service"),
        sender=told.get("sender"),
        recipient=told.get("recipient"),
        partner=told.get("sender_cell" if came else "recipient_cell"),
        agreement_id=terms.get("agreement_id"),
        agreement_version=terms.get("agreement_version"),
        fields=list(terms.get("fields", [])),
        basis=terms.get("basis"),
        refused=told.get("reason") if logged.type == "disclosure.refused.v1" else None,
    )


def _instant(told: str | None) -> datetime | None:
    return None if told is None else datetime.fromisoformat(told)
