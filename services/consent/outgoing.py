"""Each fact of this service as the event that says it or the work that it makes due."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from chassis.outbox import DueWork
from contracts.envelope import Event
from contracts.events import consent
from services.consent.domain import facts

EXPIRE = "expire"
"""The kind of the work row that ends a consent when its validity does."""

REVIEW = "review"
"""The kind of the work row that alarms where no third person has looked at an immediate protection."""

END = "end"
"""The kind of the work row that ends the reading some time after the end of a referral."""

LENGTHEN = "lengthen"
"""The kind of the work row that lets a disclosure which ends soon be followed by one that lasts as long as she agreed
to.
"""

LOOK = "look"
"""The kind of the work row that compares the disclosures under an agreement with the agreement as it stands today."""

FENCE = "fence"
"""The kind of the work row that asks exchange to seal nothing more of a recalled disclosure."""


def outgoing(fact: facts.Fact) -> Event | DueWork:
    return _BY_FACT[type(fact)](fact)


def _given(fact: facts.ConsentGiven) -> Event:
    return consent.ConsentGivenV1(**_terms(fact))


def _narrowed(fact: facts.ConsentNarrowed) -> Event:
    return consent.ConsentNarrowedV1(**_terms(fact))


def _terms(fact: facts.TermsSet) -> dict[str, Any]:
    return {
        "case_id": fact.case_id,
        "consent_id": fact.consent_id,
        "revision": fact.revision,
        "revision_hash": fact.revision_hash,
        "purposes": fact.terms.purposes,
        "recipients": tuple(r.organisation for r in fact.terms.recipients),
        "categories": fact.terms.categories,
        "back_categories": fact.terms.back_categories,
        "valid_until": fact.terms.valid_until,
    }


def _protection_requested(fact: facts.ProtectionRequested) -> Event:
    return consent.ProtectionRequestedV1(**_protection(fact), approvers=fact.approvers)


def _protected(fact: facts.ProtectionRecorded) -> Event:
    return consent.ProtectionRecordedV1(**_protection(fact))


def _protection(fact: facts.TermsSet) -> dict[str, Any]:
    return {
        "case_id": fact.case_id,
        "consent_id": fact.consent_id,
        "revision": fact.revision,
        "revision_hash": fact.revision_hash,
        "law": fact.terms.law or "",
        "recipients": tuple(r.organisation for r in fact.terms.recipients),
        "valid_until": fact.terms.valid_until,
    }


def _declined(fact: facts.ProtectionDeclined) -> Event:
    return consent.ProtectionDeclinedV1(
        case_id=fact.case_id, consent_id=fact.consent_id, revision=fact.revision, asked_by=fact.asked_by
    )


def _lapsed(fact: facts.ProtectionLapsed) -> Event:
    return consent.ProtectionLapsedV1(
        case_id=fact.case_id, consent_id=fact.consent_id, revision=fact.revision, asked_by=fact.asked_by
    )


def _reviewed(fact: facts.ProtectionReviewed) -> Event:
    return consent.ProtectionReviewedV1(
        case_id=fact.case_id, consent_id=fact.consent_id, revision=fact.revision, upheld=fact.upheld
    )


def _unreviewed(fact: facts.ProtectionUnreviewed) -> Event:
    return consent.ProtectionUnreviewedV1(
        case_id=fact.case_id, consent_id=fact.consent_id, organisation=fact.organisation
    )


def _review_due(fact: facts.ReviewDue) -> DueWork:
    payload = {"consent_id": str(fact.consent_id), "organisation": fact.organisation}
    return DueWork(REVIEW, str(fact.consent_id), payload, due_at=fact.at)


def _requested(fact: facts.ConsentRequested) -> Event:
    return consent.ConsentRequestedV1(
        case_id=fact.case_id, consent_id=fact.consent_id, revision=fact.revision, awaits=fact.awaits
    )


def _refused(fact: facts.ConsentRefused) -> Event:
    return consent.ConsentRefusedV1(case_id=fact.case_id, consent_id=fact.consent_id, revision=fact.revision)


def _withdrawn(fact: facts.ConsentWithdrawn) -> Event:
    return consent.ConsentWithdrawnV1(
        case_id=fact.case_id, consent_id=fact.consent_id, revision=fact.revision
    )


def _expired(fact: facts.ConsentExpired) -> Event:
    return consent.ConsentExpiredV1(case_id=fact.case_id, consent_id=fact.consent_id, revision=fact.revision)


def _ending(fact: facts.ConsentEnding) -> Event:
    return consent.ConsentEndingV1(
        case_id=fact.case_id, consent_id=fact.consent_id, revision=fact.revision, reason=fact.reason
    )


def _revoked(fact: facts.ConsentRevoked) -> Event:
    return consent.ConsentRevokedV1(case_id=fact.case_id, consent_id=fact.consent_id, revision=fact.revision)


def _expiry_due(fact: facts.ExpiryDue) -> DueWork:
    key = f"{fact.consent_id}.{fact.revision}"
    payload = {"consent_id": str(fact.consent_id), "revision": fact.revision}
    return DueWork(EXPIRE, key, payload, due_at=fact.at)


def _fence_due(fact: facts.FenceDue) -> DueWork:
    key = str(fact.disclosure_id)
    return DueWork(FENCE, key, {"disclosure_id": key}, due_at=fact.at)


def _hand_over_asked(fact: facts.HandOverAsked) -> Event:
    request = fact.request
    return consent.HandOverAskedV1(
        case_id=request.case_id,
        referral_id=request.referral_id,
        sender=request.sender,
        recipient=request.recipient,
        recipient_cell=request.recipient_cell,
        recipient_role=request.recipient_role,
        purpose=request.purpose,
        service=request.service,
        urgency=request.urgency,
        fields=request.fields,
        at=fact.at,
    )


def _reading_end_due(fact: facts.ReadingEndDue) -> DueWork:
    payload = {"disclosure_id": str(fact.disclosure_id), "reason": fact.reason}
    key = f"{fact.disclosure_id}.{fact.reason}.{int(fact.at.timestamp())}"
    return DueWork(END, key, payload, due_at=fact.at)


def _lengthen_due(fact: facts.LengthenDue) -> DueWork:
    key = f"{fact.consent_id}.{int(fact.at.timestamp())}"
    return DueWork(LENGTHEN, key, {"consent_id": str(fact.consent_id)}, due_at=fact.at)


def _look_due(fact: facts.LookDue) -> DueWork:
    payload = {"agreement_id": fact.agreement_id, "version": fact.version}
    return DueWork(LOOK, f"{fact.agreement_id}.{fact.version}.{fact.why}", payload, due_at=fact.at)


def _authorised(fact: facts.DisclosureAuthorised) -> Event:
    request, authority = fact.request, fact.authority
    return consent.DisclosureAuthorisedV1(
        case_id=request.case_id,
        disclosure_id=fact.disclosure_id,
        referral_id=request.referral_id,
        consent_id=authority.consent_id,
        revision=authority.revision,
        revision_hash=authority.revision_hash,
        purpose=request.purpose,
        sender=request.sender,
        recipient=request.recipient,
        recipient_cell=request.recipient_cell,
        service=request.service,
        urgency=request.urgency,
        agreement_id=authority.agreement_id,
        agreement_version=authority.agreement_version,
        agreement_sha256=authority.agreement_sha256,
        fields=authority.fields,
        fields_hash=authority.fields_hash,
        withheld=tuple(
            consent.WithheldField(field=name, reason=reason) for name, reason in authority.withheld
        ),
        back_categories=authority.back_categories,
        valid_until=authority.valid_until,
        kind=request.kind,
        basis=authority.basis,
        law=authority.law,
    )


def _disclosure_refused(fact: facts.DisclosureRefused) -> Event:
    return consent.DisclosureRefusedV1(
        case_id=fact.case_id,
        disclosure_id=fact.disclosure_id,
        referral_id=fact.referral_id,
        reason=fact.reason,
    )


def _recalled(fact: facts.DisclosureRecalled) -> Event:
    return consent.DisclosureRecalledV1(
        case_id=fact.case_id,
        disclosure_id=fact.disclosure_id,
        referral_id=fact.referral_id,
        reason=fact.reason,
    )


def _corrected(fact: facts.DisclosureCorrected) -> Event:
    return consent.DisclosureCorrectedV1(
        case_id=fact.case_id,
        disclosure_id=fact.disclosure_id,
        referral_id=fact.referral_id,
        revision=fact.revision,
        fields=fact.fields,
    )


def _notice_changed(fact: facts.NoticeChanged) -> Event:
    return consent.NoticeChangedV1(
        notice_version=fact.version,
        language=fact.language,
        state=fact.state,
        revision=fact.revision,
        sha256=fact.sha256,
        withdrawal_asked=fact.withdrawal_asked,
    )


_BY_FACT: Mapping[type[Any], Callable[[Any], Event | DueWork]] = MappingProxyType(
    {
        facts.ConsentGiven: _given,
        facts.ConsentRequested: _requested,
        facts.ConsentNarrowed: _narrowed,
        facts.ConsentRefused: _refused,
        facts.ConsentWithdrawn: _withdrawn,
        facts.ConsentExpired: _expired,
        facts.ConsentEnding: _ending,
        facts.ConsentRevoked: _revoked,
        facts.ProtectionRequested: _protection_requested,
        facts.ProtectionDeclined: _declined,
        facts.ProtectionLapsed: _lapsed,
        facts.ProtectionRecorded: _protected,
        facts.ProtectionReviewed: _reviewed,
        facts.ProtectionUnreviewed: _unreviewed,
        facts.ReviewDue: _review_due,
        facts.ExpiryDue: _expiry_due,
        facts.HandOverAsked: _hand_over_asked,
        facts.DisclosureAuthorised: _authorised,
        facts.DisclosureRefused: _disclosure_refused,
        facts.DisclosureRecalled: _recalled,
        facts.DisclosureCorrected: _corrected,
        facts.FenceDue: _fence_due,
        facts.ReadingEndDue: _reading_end_due,
        facts.LengthenDue: _lengthen_due,
        facts.LookDue: _look_due,
        facts.NoticeChanged: _notice_changed,
    }
)
