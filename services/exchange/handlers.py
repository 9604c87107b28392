"""What exchange does with the events of its cell: plain functions over disclosures, relations and grants."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from chassis.events.consumer import Subscription
from contracts.envelope import Event
from contracts.events import referral, returns
from contracts.events.audit import DisclosureLoggedV1
from contracts.events.consent import DisclosureAuthorisedV1, DisclosureCorrectedV1, DisclosureRecalledV1
from contracts.events.directory import DirectoryChangedV1
from contracts.events.intake import CaseOpenedV1, DisclosureClosedV1
from services.exchange.domain.disclosure import Authorised, Disclosure
from services.exchange.domain.facts import Fact
from services.exchange.domain.items import MAX_SERVICES, AgreementReference, Journey, ListedService, Listing
from services.exchange.domain.listings import OwnListing, told
from services.exchange.domain.process import Pair, Relation, speaker
from services.exchange.outgoing import outgoing
from services.exchange.store import disclosures, listings, received, relations
from services.exchange.store.received import Grants, Key, Opening

Facts = Iterable[Fact]


def on_disclosure_authorised(
    disclosure: Disclosure,
    event: DisclosureAuthorisedV1,
    now: datetime,
) -> Facts:
    return disclosure.authorise(
        Authorised(
            case_id=event.case_id,
            referral_id=event.referral_id,
            consent_id=event.consent_id,
            revision=event.revision,
            revision_hash=event.revision_hash,
            purpose=event.purpose,
            sender=event.sender,
            recipient=event.recipient,
            recipient_cell=event.recipient_cell,
            service=event.service,
            urgency=event.urgency,
            agreement=AgreementReference(event.agreement_id, event.agreement_version, event.agreement_sha256),
            fields=event.fields,
            fields_hash=event.fields_hash,
            back_categories=event.back_categories,
            valid_until=event.valid_until,
            kind=event.kind,
            basis=event.basis,
            law=event.law,
        )
    )


def on_disclosure_logged(disclosure: Disclosure, event: DisclosureLoggedV1, now: datetime) -> Facts:
    return disclosure.log(event.entry, event.chain_head)


def on_disclosure_recalled(disclosure: Disclosure, event: DisclosureRecalledV1, now: datetime) -> Facts:
    return disclosure.recall(event.case_id, event.referral_id, event.reason, now)


def on_disclosure_corrected(disclosure: Disclosure, event: DisclosureCorrectedV1, now: datetime) -> Facts:
    return disclosure.correct(event.referral_id, event.revision, event.fields)


def on_disclosure_closed(grants: Grants, event: DisclosureClosedV1, now: datetime) -> Facts:
    held = grants.disclosure
    return () if held is None else held.close(event.answer, event.law)


def on_case_opened(opening: Opening, event: CaseOpenedV1, now: datetime) -> Facts:
    opening.person_id = event.person_id
    return ()


def on_process(relation: Relation, event: Any, now: datetime) -> Facts:
    """Any move of a half that tells the other half; `_pair` has let through no other."""
    code, _ = PROCESS_EVENTS[type(event)]
    subject: UUID = event.return_id if code.startswith("return.") else event.referral_id
    reason = getattr(event, "reason", None) or getattr(event, "result", None)
    return relation.tell(
        code,
        subject,
        event.at,
        reason=reason,
        outcome=getattr(event, "outcome", None),
        abroad=getattr(event, "receiver_cell", None),
        journey=_journey(event),
    )


def _journey(event: Any) -> Journey | None:
    if not isinstance(event, returns.ReturnDepartedV1) or event.expected_at is None or event.handover is None:
        return None
    return Journey(event.expected_at, event.handover, bool(event.escorted))


PROCESS_EVENTS: Mapping[type[Event], tuple[str, str]] = MappingProxyType(
    {
        referral.ReferralAcceptedV1: ("referral.accepted", "recipient"),
        referral.ReferralRejectedV1: ("referral.rejected", "recipient"),
        referral.ReferralStartedV1: ("referral.started", "recipient"),
        referral.ReferralHeldV1: ("referral.held", "recipient"),
        referral.ReferralResumedV1: ("referral.resumed", "recipient"),
        referral.ReferralCompletedV1: ("referral.completed", "recipient"),
        referral.ReferralFailedV1: ("referral.failed", "recipient"),
        referral.ReferralCancelledV1: ("referral.cancelled", "recipient"),
        returns.ReturnClearedV1: ("return.cleared", "receiver"),
        returns.ReturnSuspendedV1: ("return.suspended", "receiver"),
        returns.ReturnResumedV1: ("return.resumed", "receiver"),
        returns.ReturnDepartedV1: ("return.departed", "receiver"),
        returns.ReturnMissedV1: ("return.missed", "receiver"),
        returns.ReturnTurnedBackV1: ("return.turned_back", "receiver"),
        returns.ReturnArrivedV1: ("return.arrived", "receiver"),
        returns.ReturnClosedV1: ("return.closed", "receiver"),
        returns.ReturnWithdrawnV1: ("return.withdrawn", "receiver"),
    }
)
"""Event → its process code, and which of its attributes names the organisation at the other end."""


def _pair(event: Any) -> Pair | None:
    code, recipient = PROCESS_EVENTS[type(event)]
    recorded_by = getattr(event, "recorded_by", None) or "receiving"
    ends = speaker(
        code,
        event.half,
        sender=event.sender,
        recipient=getattr(event, recipient),
        recorded_by=recorded_by,
    )
    return None if ends is None else Pair(event.case_id, *ends)


def _disclosure_key(event: Any) -> UUID:
    key: UUID = event.disclosure_id
    return key


def _grant_key(event: DisclosureClosedV1) -> Key:
    return event.case_id, event.disclosure_id


def _case_key(event: CaseOpenedV1) -> UUID:
    return event.case_id


def on_directory_changed(cell: str, partners: Sequence[str]) -> Callable[..., Facts]:
    """The handler that tells every partner how an organisation of this cell now stands."""

    def on_directory_changed(own: OwnListing, event: DirectoryChangedV1, now: datetime) -> Facts:
        if event.cell != cell:
            return []
        offered = sorted(event.services, key=lambda service: service.service_id)[:MAX_SERVICES]
        listing = Listing(
            organisation=event.organisation,
            version=event.version,
            role=event.role,
            status=event.status,
            services=tuple(ListedService(s.service_id, s.service, s.status, s.capacity) for s in offered),
            org_type=event.org_type,
        )
        return [told(listing, partner) for partner in partners] if own.hear(listing) else []

    return on_directory_changed


def _directory(cell: str, partners: Sequence[str]) -> Subscription[str, OwnListing]:
    return Subscription(
        handlers={DirectoryChangedV1: on_directory_changed(cell, partners)},
        key=lambda event: event.organisation,
        load=listings.load,
        save=listings.save,
        outgoing=outgoing,
    )


def subscriptions(cell: str, partners: Sequence[str]) -> list[Subscription[Any, Any]]:
    process: dict[type[Event], Callable[[Any, Any, datetime], Facts]] = dict.fromkeys(
        PROCESS_EVENTS, on_process
    )
    return [
        _directory(cell, [partner for partner in partners if partner != cell]),
        Subscription(
            handlers={CaseOpenedV1: on_case_opened},
            key=_case_key,
            load=received.load_openings,
            save=received.save_openings,
            outgoing=outgoing,
        ),
        Subscription(
            handlers={
                DisclosureAuthorisedV1: on_disclosure_authorised,
                DisclosureLoggedV1: on_disclosure_logged,
                DisclosureRecalledV1: on_disclosure_recalled,
                DisclosureCorrectedV1: on_disclosure_corrected,
            },
            key=_disclosure_key,
            load=disclosures.load,
            save=disclosures.save,
            outgoing=outgoing,
        ),
        Subscription(
            handlers={DisclosureClosedV1: on_disclosure_closed},
            key=_grant_key,
            load=received.load,
            save=received.save,
            outgoing=outgoing,
        ),
        Subscription(
            handlers=process, key=_pair, load=relations.load, save=relations.save, outgoing=outgoing
        ),
    ]
