"""The handlers of referral: plain functions, from a loaded case and an event to facts."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from chassis.events.subscription import Subscription
from chassis.identity.taken_over import taken_over
from contracts.country.response_clock import ResponseClock
from contracts.crossing import BY_CODE, REFERRAL
from contracts.events.consent import (
    ConsentGivenV1,
    DisclosureAuthorisedV1,
    DisclosureRecalledV1,
    DisclosureRefusedV1,
    HandOverAskedV1,
)
from contracts.events.directory import DirectoryChangedV1
from contracts.events.exchange import (
    DisclosureReceivedV1,
    EnvelopeDeliveredV1,
    EnvelopeRefusedV1,
    ProcessReceivedV1,
    RecallReceivedV1,
)
from contracts.events.intake import AgeGroupKnownV1, CaseErasedV1, ErasureConfirmedV1
from services.referral.domain.case import AUTHORITY_ENDED, CaseReferrals
from services.referral.domain.consent import Consent, HeardConsent
from services.referral.domain.facts import CodeIgnored, Fact
from services.referral.domain.offers import Offer, Offers
from services.referral.domain.referral import Referral
from services.referral.domain.states import Half, Kind, State, Verb
from services.referral.outgoing import outgoing
from services.referral.store import ages, consents, offers, referrals
from services.referral.store.ages import HeardAge
from services.referral.store.tables import REFERRALS

Facts = Iterable[Fact]
DISCLOSURE = "disclosure"


def on_consent_given(heard: HeardConsent, event: ConsentGivenV1, now: datetime) -> Facts:
    heard.hear(
        Consent(
            event.consent_id,
            event.case_id,
            event.revision,
            event.purposes,
            event.recipients,
            event.valid_until,
        )
    )
    return ()


def on_hand_over_asked(clock: ResponseClock) -> Callable[..., Facts]:
    """The handler that sends a transfer, with this cell's response clock."""

    def on_hand_over_asked(case: CaseReferrals, event: HandOverAskedV1, now: datetime) -> Facts:
        transfer = Referral(
            id=event.referral_id,
            half=Half.OUTGOING,
            case_id=event.case_id,
            sender=event.sender,
            sender_cell=event.recipient_cell,
            recipient=event.recipient,
            recipient_cell=event.recipient_cell,
            recipient_role=event.recipient_role,
            service=event.service,
            purpose=event.purpose,
            urgency=event.urgency,
            asked=event.fields,
            created_at=now,
            kind=Kind.TRANSFER,
        )
        return case.hand_over(transfer, clock, now)

    return on_hand_over_asked


def on_disclosure_authorised(case: CaseReferrals, event: DisclosureAuthorisedV1, now: datetime) -> Facts:
    referral = case.outgoing(event.referral_id)
    if referral is None:
        return [_unknown(event, Half.OUTGOING)]
    return referral.authorise(
        event.disclosure_id, event.fields, ((w.field, w.reason) for w in event.withheld)
    )


def on_disclosure_refused(case: CaseReferrals, event: DisclosureRefusedV1, now: datetime) -> Facts:
    return _outgoing(case, event, lambda referral: referral.refuse(event.reason, now))


def on_disclosure_recalled(case: CaseReferrals, event: DisclosureRecalledV1, now: datetime) -> Facts:
    """Only the end of her consent or of the agreement takes the offer back. An end that follows a new disclosure, or
    one of the referral's own, does not.
    """
    if event.reason not in AUTHORITY_ENDED:
        return ()
    return _outgoing(case, event, lambda referral: referral.revoke(now))


def on_envelope_delivered(case: CaseReferrals, event: EnvelopeDeliveredV1, now: datetime) -> Facts:
    if event.item_class != DISCLOSURE:
        return ()
    return _outgoing(case, event, lambda referral: referral.deliver(now))


def on_envelope_refused(case: CaseReferrals, event: EnvelopeRefusedV1, now: datetime) -> Facts:
    if event.item_class != DISCLOSURE:
        return ()
    return _outgoing(case, event, lambda referral: referral.undelivered(event.disclosure_id, event.code, now))


def on_process_received(case: CaseReferrals, event: ProcessReceivedV1, now: datetime) -> Facts:
    """Codes of returns belong to returns. The fact of the half that follows bears its own name, so exchange sends
    none of it back.
    """
    crossing = BY_CODE.get(event.code)
    if crossing is None or crossing.subject is not REFERRAL:
        return ()
    half, verb = Half(crossing.follows), Verb(crossing.verb)
    referral = case.halves.get((event.subject_id, half))
    if referral is None or not _is_partner(referral, event):
        return [CodeIgnored(event.subject_id, half, event.code, None)]
    return referral.follow(verb, now, event.reason)


def on_recall_received(case: CaseReferrals, event: RecallReceivedV1, now: datetime) -> Facts:
    return case.recall(event.referral_id, event.disclosure_id, event.reason, now)


def on_disclosure_received(clock: ResponseClock, cell: str) -> Callable[..., Facts]:
    """The handler that opens the incoming half, with this cell's response clock."""

    def on_disclosure_received(case: CaseReferrals, event: DisclosureReceivedV1, now: datetime) -> Facts:
        offer = Referral(
            id=event.referral_id,
            half=Half.INCOMING,
            case_id=event.case_id,
            sender=event.sender,
            sender_cell=event.sender_cell,
            recipient=event.recipient,
            recipient_cell=cell,
            recipient_role="",
            service=event.service,
            purpose=event.grant.purpose,
            urgency=event.urgency,
            asked=event.grant.fields,
            created_at=now,
            kind=Kind(event.kind),
            state=State.REQUESTED,
            disclosure_id=event.disclosure_id,
            fields=event.grant.fields,
        )
        return case.receive(offer, clock, now)

    return on_disclosure_received


def on_age_group_known(heard: HeardAge, event: AgeGroupKnownV1, now: datetime) -> Facts:
    heard.age_group, heard.basis = event.age_group, event.basis
    return ()


def on_erased(heard: HeardAge, event: ErasureConfirmedV1 | CaseErasedV1, now: datetime) -> Facts:
    """Also where nobody asked for it: everything came from abroad and was recalled."""
    heard.forget()
    return ()


def on_directory_changed(offers: Offers, event: DirectoryChangedV1, now: datetime) -> Facts:
    offers.hear(
        event.status,
        [Offer(s.service_id, s.service, s.status, s.minimum_age, s.maximum_age) for s in event.services],
    )
    return ()


def _is_partner(referral: Referral, event: ProcessReceivedV1) -> bool:
    """True where a code about a referral comes from its other side: nobody else's counts, whatever else the sender
    may be trusted with.
    """
    if referral.half is Half.OUTGOING:
        return (event.sender, event.sender_cell) == (referral.recipient, referral.recipient_cell)
    return (event.sender, event.sender_cell) == (referral.sender, referral.sender_cell)


def _outgoing(case: CaseReferrals, event: Any, verb: Callable[[Referral], Facts]) -> Facts:
    referral = case.outgoing(event.referral_id) if event.referral_id is not None else None
    return [_unknown(event, Half.OUTGOING)] if referral is None else verb(referral)


def _unknown(event: Any, half: Half) -> CodeIgnored:
    return CodeIgnored(event.referral_id, half, event.type, None)


def subscriptions(clock: ResponseClock, cell: str) -> list[Subscription[Any, Any]]:
    """A given consent is no matter of any referral, so none is loaded for it, and offers are loaded for hand-overs
    alone. The directory comes first, so that a hand-over in the same batch finds it.
    """
    return [
        _offers(),
        _ages(),
        _consents(),
        taken_over(REFERRALS),
        _hand_overs(clock),
        _referrals(clock, cell),
    ]


def _offers() -> Subscription[Any, Offers]:
    return Subscription(
        handlers={DirectoryChangedV1: on_directory_changed},
        key=lambda event: event.organisation,
        load=offers.load,
        save=offers.save,
        outgoing=outgoing,
    )


def _ages() -> Subscription[Any, HeardAge]:
    return Subscription(
        handlers={
            AgeGroupKnownV1: on_age_group_known,
            ErasureConfirmedV1: on_erased,
            CaseErasedV1: on_erased,
        },
        key=lambda event: event.case_id,
        load=ages.load,
        save=ages.save,
        outgoing=outgoing,
    )


def _consents() -> Subscription[Any, HeardConsent]:
    return Subscription(
        handlers={ConsentGivenV1: on_consent_given},
        key=lambda event: event.consent_id,
        load=consents.load,
        save=consents.save,
        outgoing=outgoing,
    )


def _hand_overs(clock: ResponseClock) -> Subscription[Any, CaseReferrals]:
    return Subscription(
        handlers={HandOverAskedV1: on_hand_over_asked(clock)},
        key=lambda event: event.case_id,
        load=referrals.load_with_offers,
        save=referrals.save_cases,
        outgoing=outgoing,
    )


def _referrals(clock: ResponseClock, cell: str) -> Subscription[Any, CaseReferrals]:
    return Subscription(
        handlers={
            DisclosureAuthorisedV1: on_disclosure_authorised,
            DisclosureRefusedV1: on_disclosure_refused,
            DisclosureRecalledV1: on_disclosure_recalled,
            EnvelopeDeliveredV1: on_envelope_delivered,
            EnvelopeRefusedV1: on_envelope_refused,
            DisclosureReceivedV1: on_disclosure_received(clock, cell),
            ProcessReceivedV1: on_process_received,
            RecallReceivedV1: on_recall_received,
        },
        key=lambda event: event.case_id,
        load=referrals.load,
        save=referrals.save_cases,
        outgoing=outgoing,
    )
