"""What the tests of consent make: terms, records, grounds, requests, and the forms that are sent."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

from contracts.disclosure import AgreementTerms
from contracts.events.directory import DirectoryChangedV1
from contracts.events.exchange import AgreementChangedV1
from contracts.events.intake import AgeGroupKnownV1, CaseOpenedV1
from contracts.events.referral import ReferralSentV1
from services.consent.domain.authorisation import DirectoryEntry, Ground
from services.consent.domain.disclosure import Disclosure
from services.consent.domain.record import Act, ConsentRecord
from services.consent.domain.request import Request
from services.consent.domain.states import State
from services.consent.domain.terms import (
    Assent,
    Capacity,
    LegalBasis,
    Method,
    Recipient,
    Terms,
    WithdrawalMethod,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AGENCY = "kh-reintegration-agency"
SENDER = "th-care-agency"
PURPOSE = "return-and-reintegration"
FIELDS = ("cor_FullName", "cor_Needs", "prs_MobilePhone", "vic_TypeOfExploitation")
SHELTER, LAWYER = "th-shelter", "th-legal-aid"
LEAST = ("cor_FullName", "cor_Needs", "prs_PrimaryLanguage")
ASKED = (*LEAST, "cor_Health", "prs_MobilePhone", "vic_TypeOfExploitation")
SALT = "5a" * 16
ACT = Act("th.worker", SENDER, NOW)
SECOND = Act("th.supervisor", SENDER, NOW)
PROTECTED = {
    "legal_basis": LegalBasis.IMMEDIATE_PROTECTION,
    "law": "th-personal-data-26-1",
    "valid_until": NOW + timedelta(hours=72),
}
"""What a record says that stands in place of a consent."""


def terms(**changes) -> Terms:
    values = {
        "purposes": (PURPOSE,),
        "recipients": (Recipient(AGENCY, "KH"),),
        "categories": ("contact", "identity", "needs"),
        "back_categories": ("outcome",),
        "notice_version": "2026-1",
        "language": "km",
        "risks_explained": True,
        "method": Method.THUMBPRINT,
        "capacity": Capacity.SELF,
        "assent": Assent.NOT_ASKED,
        "interpreted": False,
        "interpreter_undertaking": False,
        "withdrawal_method": WithdrawalMethod.TELL_ANY_WORKER,
        "legal_basis": LegalBasis.CONSENT,
        "valid_until": NOW + timedelta(days=90),
    }
    return Terms(**{**values, **changes})


def record(state: State = State.REQUESTED, *, case_id: UUID | None = None, **changes) -> ConsentRecord:
    """A record that stands in this state, reached by its verbs where they lead there."""
    sealed = {}
    if state is State.PROTECTED:
        changes, sealed = {**PROTECTED, **changes}, {"reasons": "v1.x"}
    made = ConsentRecord.asked(uuid4(), case_id or uuid4(), SALT, terms(**changes), sealed)
    if state in {State.DEFERRED, State.INVALIDATED}:
        made.state = state
        return made
    paths = {
        State.REQUESTED: [],
        State.REFUSED: ["refuse"],
        State.GIVEN: ["give"],
        State.RENEWED: ["give", "renew"],
        State.EXPIRED: ["give", "expire"],
        State.REVOKED: ["give", "revoke"],
        State.WITHDRAWN: ["give", "withdraw"],
        State.PROTECTED: ["request_protection", "approve"],
    }
    for verb in paths[state]:
        apply(made, verb)
    return made


def apply(made: ConsentRecord, verb: str, at: datetime = NOW):
    """Call a verb as a use case would; `expire` comes when the validity has ended."""
    act = Act(ACT.by, ACT.organisation, at)
    if verb == "renew":
        return made.renew(terms(valid_until=at + timedelta(days=30)), {}, act)
    if verb == "request_protection":
        return made.request_protection(act, (SECOND.by,))
    if verb == "approve":
        return made.approve(SECOND, ACT.by, LEAST)
    if verb == "expire":
        return made.expire(Act(ACT.by, ACT.organisation, made.terms.valid_until), ACT.by)
    return getattr(made, verb)(act)


def agreement(**changes) -> AgreementTerms:
    values = {
        "id": "th-kh-2026",
        "version": 1,
        "sha256": "a" * 64,
        "cells": ("TH", "KH"),
        "purposes": (PURPOSE,),
        "fields": FIELDS,
        "valid_from": NOW - timedelta(days=1),
        "valid_until": NOW + timedelta(days=365),
    }
    return AgreementTerms(**{**values, **changes})


def ground(*agreements: AgreementTerms, role: str = "reintegration") -> Ground:
    return Ground("TH", agreements or (agreement(),), {AGENCY: DirectoryEntry("KH", role)})


def request(case_id: UUID | None = None, **changes) -> Request:
    values = {
        "referral_id": uuid4(),
        "case_id": case_id or uuid4(),
        "purpose": PURPOSE,
        "sender": SENDER,
        "recipient": AGENCY,
        "recipient_cell": "KH",
        "recipient_role": "reintegration",
        "service": "shelter",
        "urgency": "routine",
        "fields": FIELDS,
    }
    return Request(**{**values, **changes})


def asked() -> Disclosure:
    return Disclosure(uuid4(), request())


def answer(decision: str = "given", **changes) -> dict:
    """The form that a worker sends. A refusal needs nothing but the refusal."""
    if decision == "refused":
        return {"decision": decision, **changes}
    values = {
        "decision": decision,
        "purposes": [PURPOSE],
        "recipients": [{"organisation": AGENCY, "country": "KH"}],
        "categories": ["identity", "contact", "needs"],
        "back_categories": ["outcome"],
        "notice_version": "2026-1",
        "language": "km",
        "risks_explained": True,
        "method": "thumbprint",
        "valid_until": (datetime.now(UTC) + timedelta(days=90)).isoformat(),
    }
    return {**values, **changes}


GUARDED = {
    "capacity": "guardian",
    "guardian": "Somchai Canary",
    "guardian_relationship": "grandparent",
    "assent": "given",
}
"""What a guardian's consent says besides."""


def agreed(**changes) -> dict:
    """The form of a renewal: the same without the decision."""
    return {key: value for key, value in answer(**changes).items() if key != "decision"}


def disclosure_of(referral_id: UUID) -> UUID:
    return uuid5(referral_id, "disclosure")


def agreement_changed(version: int = 1, **changes) -> AgreementChangedV1:
    now = datetime.now(UTC)
    values = {
        "agreement_id": "th-kh-2026",
        "version": version,
        "sha256": f"{version:064x}",
        "cells": ("TH", "KH"),
        "purposes": (PURPOSE,),
        "fields": FIELDS,
        "process_codes": (),
        "valid_from": now - timedelta(days=1),
        "valid_until": now + timedelta(days=365),
    }
    return AgreementChangedV1(**{**values, **changes})


def directory_changed(version: int = 1, role: str = "reintegration", **changes) -> DirectoryChangedV1:
    values = {"organisation": AGENCY, "cell": "KH", "role": role, "version": version}
    return DirectoryChangedV1(**{**values, **changes})


def case_opened(case_id: UUID, person_id: UUID) -> CaseOpenedV1:
    return CaseOpenedV1(
        case_id=case_id,
        person_id=person_id,
        channel="screening-unit",
        organisation=SENDER,
        urgency="routine",
        opened_at=datetime.now(UTC),
    )


def age_known(case_id: UUID, age_group: str = "adult", basis: str = "birth_date") -> AgeGroupKnownV1:
    return AgeGroupKnownV1(case_id=case_id, age_group=age_group, basis=basis)


def referral_sent(case_id: UUID, referral_id: UUID | None = None, **changes) -> ReferralSentV1:
    values = {
        "case_id": case_id,
        "referral_id": referral_id or uuid4(),
        "sender": SENDER,
        "recipient": AGENCY,
        "recipient_cell": "KH",
        "recipient_role": "reintegration",
        "purpose": PURPOSE,
        "service": "shelter",
        "urgency": "routine",
        "fields": FIELDS,
        "at": datetime.now(UTC),
    }
    return ReferralSentV1(**{**values, **changes})
