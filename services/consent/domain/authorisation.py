"""The decision whether a disclosure is allowed, by which record and agreement: the same for preview, authorisation
and token.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product

from contracts.disclosure import (
    AgreementTerms,
    ComputedDisclosure,
    ConsentTerms,
    DisclosureRequest,
    compute,
    fields_hash,
)
from services.consent.domain.disclosure import SEALABLE, Disclosure
from services.consent.domain.record import ERASURE, ConsentRecord
from services.consent.domain.request import Authority, Request
from services.consent.domain.states import State
from services.consent.domain.terms import awaited


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """An organisation as the directory has it; its entry outweighs the words of a referral."""

    cell: str
    role: str


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground of a decision besides the records: this cell's name, the agreements and the directory."""

    cell: str
    agreements: Sequence[AgreementTerms]
    directory: Mapping[str, DirectoryEntry]

    def agreement(self, id_: str) -> AgreementTerms | None:
        """The agreement as it stands today."""
        return next((agreement for agreement in self.agreements if agreement.id == id_), None)

    def retention(self, agreement_id: str) -> timedelta:
        """The time that the agreement leaves after a referral; none where the agreement is not known."""
        agreement = self.agreement(agreement_id)
        return timedelta(days=0 if agreement is None else agreement.retention_days)


@dataclass(frozen=True, slots=True)
class Decision:
    """The computed disclosure, with the record and the agreement that gave it."""

    computed: ComputedDisclosure
    request: Request
    record: ConsentRecord | None = None
    agreement: AgreementTerms | None = None

    def authority(self) -> Authority:
        """The record's revision, the agreement and the fields on which the allowed disclosure rests. Only where
        nothing refused it.
        """
        record, agreement = self.record, self.agreement
        if record is None or agreement is None or self.computed.refusal is not None:
            raise ValueError("a refused disclosure rests on nothing")
        return Authority(
            consent_id=record.id,
            revision=record.revision,
            revision_hash=record.head,
            agreement_id=agreement.id,
            agreement_version=agreement.version,
            agreement_sha256=agreement.sha256,
            fields=tuple(self.computed.sent),
            fields_hash=fields_hash(self.computed.sent),
            withheld=tuple(self.computed.withheld),
            back_categories=record.terms.back_categories,
            valid_until=min(record.terms.valid_until, agreement.valid_until),
            basis=record.terms.basis,
            law=record.terms.law,
        )


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The border's request for a token."""

    recipient: str
    revision: int
    fields_hash: str


def decide(records: Sequence[ConsentRecord], ground: Ground, request: Request, now: datetime) -> Decision:
    """The best that one record and one agreement allow; else the refusal that comes nearest to being allowed."""
    listed = ground.directory.get(request.recipient)
    if listed is None:
        nothing = _try(None, None, ground, request, now)
        return replace(nothing, computed=replace(nothing.computed, refusal="unknown_recipient"))
    request = replace(request, recipient_cell=listed.cell, recipient_role=listed.role)
    given: list[ConsentRecord | None] = [*records] or [None]
    agreed: list[AgreementTerms | None] = [a for a in ground.agreements if a.joins(ground.cell, listed.cell)]
    candidates = product(given, agreed or [None])
    tried = [_try(record, agreement, ground, request, now) for record, agreement in candidates]
    return max(tried, key=lambda decision: _merit(decision, now))


def token_refusal(
    disclosure: Disclosure, record: ConsentRecord, ground: Ground, wanted: TokenRequest, now: datetime
) -> str | None:
    """The reason why no token may be given now, or None. The disclosure must still be allowed, and be exactly the one
    that was authorised.

    A renewal since then does not stand in the way: the terms of today are checked, and they may allow more.
    """
    authority = disclosure.authority
    if authority is None:
        return disclosure.refusal or "no_consent"
    if disclosure.stage not in SEALABLE:
        return _not_sealable(disclosure)
    if wanted != TokenRequest(disclosure.request.recipient, authority.revision, authority.fields_hash):
        return "disclosure_changed"
    decision = _again(disclosure.request, record, ground, authority, now)
    if decision.computed.refusal is not None:
        return decision.computed.refusal
    return None if _allows(decision, authority) else "disclosure_changed"


def _not_sealable(disclosure: Disclosure) -> str:
    reason = disclosure.recalled_for
    if reason == ERASURE:
        return "consent_withdrawn"
    if reason in {"withdrawn", "revoked", "expired"}:
        return f"consent_{reason}"
    changed = reason in {None, "narrowed", "not_in_agreement", "replaced"}
    return "disclosure_changed" if changed else "referral_cancelled"


def _again(
    request: Request, record: ConsentRecord, ground: Ground, authority: Authority, now: datetime
) -> Decision:
    """Compute anew under the very agreement of the authorisation, as that agreement now stands."""
    agreements = [a for a in ground.agreements if a.id == authority.agreement_id]
    return decide([record], replace(ground, agreements=agreements), request, now)


def _allows(decision: Decision, authority: Authority) -> bool:
    agreement = decision.agreement
    return (
        agreement is not None
        and agreement.sha256 == authority.agreement_sha256
        and agreement.version == authority.agreement_version
        and set(authority.fields) <= set(decision.computed.sent)
    )


def _try(
    record: ConsentRecord | None,
    agreement: AgreementTerms | None,
    ground: Ground,
    request: Request,
    now: datetime,
) -> Decision:
    asked = DisclosureRequest(
        purpose=request.purpose,
        recipient=request.recipient,
        recipient_cell=request.recipient_cell,
        sender_cell=ground.cell,
        recipient_role=request.recipient_role,
        fields=request.fields,
        kind=request.kind,
    )
    return Decision(compute(_consent(record), agreement, asked, now), request, record, agreement)


def _consent(record: ConsentRecord | None) -> ConsentTerms | None:
    if record is None:
        return None
    return ConsentTerms(
        state=str(record.state),
        purposes=record.terms.purposes,
        recipients=tuple(r.organisation for r in record.terms.recipients),
        categories=record.terms.categories,
        valid_until=record.terms.valid_until,
        awaits=awaited(record.terms) if record.state is State.REQUESTED else "no_consent",
        basis=record.terms.basis,
        fields=record.terms.approved_fields,
    )


def _merit(decision: Decision, now: datetime) -> tuple[bool, int, bool, bool, float]:
    """Allowed before refused, more fields before fewer; among refusals, the record that comes nearest."""
    record, request = decision.record, decision.request
    if record is None:
        return False, 0, False, False, 0.0
    fits = record.terms.names(request.recipient) and request.purpose in record.terms.purposes
    allowed = decision.computed.refusal is None
    return (
        allowed,
        len(decision.computed.sent),
        fits,
        record.permits(now),
        record.terms.valid_until.timestamp(),
    )
