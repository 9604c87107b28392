"""The handlers of consent: plain functions, from a loaded aggregate and an event to facts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid5

from chassis.database import Transaction
from chassis.events.subscription import Subscription
from chassis.identity.taken_over import taken_over
from contracts.disclosure import AgreementTerms
from contracts.envelope import Event
from contracts.events.exchange import (
    AgreementChangedV1,
    DisclosureReceivedV1,
    EnvelopeDeliveredV1,
    EnvelopeRefusedV1,
    EnvelopeSealedV1,
    RecallAnsweredV1,
    RecallReceivedV1,
)
from contracts.events.intake import (
    AgeGroupChangingV1,
    AgeGroupKnownV1,
    CaseErasedV1,
    ErasureConfirmedV1,
    FieldsRecordedV1,
)
from contracts.events.referral import (
    ReferralAcceptedV1,
    ReferralCancelledV1,
    ReferralCompletedV1,
    ReferralCorrectedV1,
    ReferralExpiredV1,
    ReferralFailedV1,
    ReferralRejectedV1,
    ReferralSentV1,
    ReferralStartedV1,
)
from services.consent.domain.case import CaseConsents
from services.consent.domain.facts import Fact
from services.consent.domain.grant import CaseGrants, ReceivedTerms
from services.consent.domain.ground import AgreementVersions
from services.consent.domain.request import Request
from services.consent.domain.terms import LONGEST
from services.consent.outgoing import outgoing
from services.consent.store import grants, grounds, records
from services.consent.store.tables import RECORDS

Facts = Iterable[Fact]
OUTGOING = "outgoing"


def disclosure_id_of(referral_id: UUID) -> UUID:
    """The identifier of a referral's one disclosure, which everybody can derive."""
    return uuid5(referral_id, "disclosure")


def on_age_group_known(case: CaseConsents, event: AgeGroupKnownV1, now: datetime) -> Facts:
    return case.learn_age(event.age_group, now)


def on_age_group_changing(case: CaseConsents, event: AgeGroupChangingV1, now: datetime) -> Facts:
    return case.comes_of_age_soon()


def on_fields_recorded(case: CaseConsents, event: FieldsRecordedV1, now: datetime) -> Facts:
    return case.corrected({*event.fields, *event.removed}, event.revision, now)


def on_erasure_confirmed(case: CaseConsents, event: ErasureConfirmedV1, now: datetime) -> Facts:
    return case.erase(now)


def on_case_erased(case: CaseConsents, event: CaseErasedV1, now: datetime) -> Facts:
    """Also where nobody asked for it: everything came from abroad and was recalled."""
    return case.erase(now)


def on_referral_sent(case: CaseConsents, event: ReferralSentV1, now: datetime) -> Facts:
    request = Request(
        referral_id=event.referral_id,
        case_id=event.case_id,
        purpose=event.purpose,
        sender=event.sender,
        recipient=event.recipient,
        recipient_cell=event.recipient_cell,
        recipient_role=event.recipient_role,
        service=event.service,
        urgency=event.urgency,
        fields=event.fields,
        kind=event.kind,
    )
    return case.ask(disclosure_id_of(event.referral_id), request, now)


ENDS: Mapping[type[Event], str] = MappingProxyType(
    {
        ReferralCorrectedV1: "entered_in_error",
        ReferralRejectedV1: "rejected",
        ReferralExpiredV1: "unanswered",
        ReferralCancelledV1: "cancelled",
        ReferralCompletedV1: "completed",
        ReferralFailedV1: "failed",
    }
)
"""The end of the sender's half → why the reading ends. The end of a recipient's half is no matter of ours."""


def on_referral_ended(case: CaseConsents, event: Any, now: datetime) -> Facts:
    return case.end(event.referral_id, ENDS[type(event)], now) if event.half == OUTGOING else []


def on_referral_corrected(case: CaseConsents, event: ReferralCorrectedV1, now: datetime) -> Facts:
    """Protective: the event may come before the referral that it corrects, and then nothing is disclosed for that
    referral at all.
    """
    return case.sent_in_error(event.referral_id, now) if event.half == OUTGOING else []


def on_referral_answered(
    case: CaseConsents, event: ReferralAcceptedV1 | ReferralStartedV1, now: datetime
) -> Facts:
    return case.answered_late(event.referral_id, now) if event.half == OUTGOING else []


def on_envelope_sealed(case: CaseConsents, event: EnvelopeSealedV1, now: datetime) -> Facts:
    disclosure = case.disclosure(event.disclosure_id)
    return [] if disclosure is None else disclosure.sealed()


def on_envelope_delivered(case: CaseConsents, event: EnvelopeDeliveredV1, now: datetime) -> Facts:
    disclosure = case.disclosure(event.disclosure_id)
    return [] if disclosure is None else disclosure.delivered()


def on_envelope_refused(case: CaseConsents, event: EnvelopeRefusedV1, now: datetime) -> Facts:
    disclosure = case.disclosure(event.disclosure_id)
    return [] if disclosure is None else disclosure.undelivered(event.code)


def on_recall_answered(case: CaseConsents, event: RecallAnsweredV1, now: datetime) -> Facts:
    disclosure = case.disclosure(event.disclosure_id)
    return [] if disclosure is None else disclosure.answered(event.answer, event.law)


def on_disclosure_received(case: CaseGrants, event: DisclosureReceivedV1, now: datetime) -> Facts:
    terms = event.grant.kept_as(
        ReceivedTerms, referral_id=event.referral_id, sender=event.sender, sender_cell=event.sender_cell
    )
    longest = min(terms.valid_until, now + LONGEST)
    case.grant(event.disclosure_id).receive(replace(terms, valid_until=longest))
    return ()


def on_recall_received(case: CaseGrants, event: RecallReceivedV1, now: datetime) -> Facts:
    """Protective: the event may come before the disclosure that it recalls, and then closes it before it is known."""
    case.grant(event.disclosure_id).recall(event.reason)
    return ()


def on_agreement_changed(agreement: AgreementVersions, event: AgreementChangedV1, now: datetime) -> Facts:
    return agreement.learn(
        AgreementTerms(
            id=event.agreement_id,
            version=event.version,
            sha256=event.sha256,
            cells=event.cells,
            purposes=event.purposes,
            fields=event.fields,
            valid_from=event.valid_from,
            valid_until=event.valid_until,
            retention_days=event.retention_days,
        ),
        now,
    )


_OF_A_CASE: Mapping[type[Event], Any] = MappingProxyType(
    {
        AgeGroupChangingV1: on_age_group_changing,
        AgeGroupKnownV1: on_age_group_known,
        FieldsRecordedV1: on_fields_recorded,
        ErasureConfirmedV1: on_erasure_confirmed,
        CaseErasedV1: on_case_erased,
        ReferralSentV1: on_referral_sent,
        **dict.fromkeys(ENDS, on_referral_ended),
        ReferralCorrectedV1: on_referral_corrected,
        ReferralAcceptedV1: on_referral_answered,
        ReferralStartedV1: on_referral_answered,
        EnvelopeSealedV1: on_envelope_sealed,
        EnvelopeDeliveredV1: on_envelope_delivered,
        EnvelopeRefusedV1: on_envelope_refused,
        RecallAnsweredV1: on_recall_answered,
    }
)

_DECIDES_NOTHING = frozenset(
    {
        AgeGroupChangingV1,
        AgeGroupKnownV1,
        ErasureConfirmedV1,
        CaseErasedV1,
        EnvelopeSealedV1,
        EnvelopeDeliveredV1,
        EnvelopeRefusedV1,
        RecallAnsweredV1,
    }
)
"""The events by which nothing is authorised and no time is counted: neither agreements nor the directory are looked at for them."""
_OF_GRANTS: Mapping[type[Event], Any] = MappingProxyType(
    {DisclosureReceivedV1: on_disclosure_received, RecallReceivedV1: on_recall_received}
)


def _ground_of(event: Event) -> str | None:
    """The recipient on whose entry an event is decided, besides those of before; None: nothing is decided."""
    if type(event) in _DECIDES_NOTHING:
        return None
    return event.recipient if isinstance(event, ReferralSentV1) else ""


def subscriptions(cell: str) -> list[Subscription[Any, Any]]:
    """Agreements come first, as the directory does (chassis), so that a referral in the same batch finds them."""

    async def load(
        tx: Transaction, case_ids: Sequence[UUID], recipients: Sequence[str]
    ) -> dict[UUID, CaseConsents]:
        return await records.load(tx, cell, case_ids, recipients)

    agreements = Subscription(
        handlers={AgreementChangedV1: on_agreement_changed},
        key=lambda event: str(event.agreement_id),
        load=grounds.load_agreements,
        save=grounds.save_agreements,
        outgoing=outgoing,
    )
    cases = Subscription(
        handlers=_OF_A_CASE,
        key=lambda event: event.case_id,
        load=load,
        save=records.save_cases,
        outgoing=outgoing,
        names=_ground_of,
    )
    received = Subscription(
        handlers=_OF_GRANTS,
        key=lambda event: event.case_id,
        load=grants.load,
        save=grants.save,
        outgoing=outgoing,
    )
    return [agreements, taken_over(RECORDS), cases, received]
