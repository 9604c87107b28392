"""The handlers of exchange for the events of its cell: plain functions over disclosures, relations and grants."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.events.consumer import Subscription
from contracts.border.items import MAX_SERVICES, AgreementReference, Journey, ListedService, Listing
from contracts.crossing import BY_EVENT
from contracts.events.audit import DisclosureLoggedV1
from contracts.events.consent import DisclosureAuthorisedV1, DisclosureCorrectedV1, DisclosureRecalledV1
from contracts.events.directory import DirectoryChangedV1
from contracts.events.extracts import (
    ExtractPreparedV1,
    ExtractRefusedV1,
    ExtractRequestedV1,
    ExtractWithdrawnV1,
)
from contracts.events.intake import DisclosureClosedV1
from contracts.events.returns import ReturnDepartedV1
from services.exchange.domain.disclosure import AuthorisedDisclosure, Disclosure
from services.exchange.domain.extracts import part_due, refused_due, request_due, withdrawal_due
from services.exchange.domain.facts import Fact
from services.exchange.domain.listings import OwnListing, told
from services.exchange.domain.process import Relation, pair_of
from services.exchange.outgoing import outgoing
from services.exchange.store import disclosures, extracts, listings, received, relations
from services.exchange.store.received import Grants, Key

Facts = Iterable[Fact]


def on_disclosure_authorised(
    disclosure: Disclosure,
    event: DisclosureAuthorisedV1,
    now: datetime,
) -> Facts:
    return disclosure.authorise(
        AuthorisedDisclosure(
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


def on_process(relation: Relation, event: Any, now: datetime) -> Facts:
    """Any move of a half that tells the other half; `pair_of` has let through no other."""
    crossing = BY_EVENT[type(event)]
    subject_id: UUID = getattr(event, crossing.subject.identifier)
    carried = None if crossing.carries is None else getattr(event, crossing.carries)
    return relation.tell(crossing, subject_id, event.at, carried, _journey(event))


def _journey(event: Any) -> Journey | None:
    if not isinstance(event, ReturnDepartedV1) or event.expected_at is None or event.handover is None:
        return None
    return Journey(event.expected_at, event.handover, bool(event.escorted))


def on_extract_requested(_: None, event: ExtractRequestedV1, now: datetime) -> Facts:
    return [request_due(event)]


def on_extract_withdrawn(_: None, event: ExtractWithdrawnV1, now: datetime) -> Facts:
    return withdrawal_due(event)


def on_extract_prepared(_: None, event: ExtractPreparedV1, now: datetime) -> Facts:
    return [part_due(event)]


def on_extract_refused(_: None, event: ExtractRefusedV1, now: datetime) -> Facts:
    return [refused_due(event)]


def _disclosure_key(event: Any) -> UUID:
    key: UUID = event.disclosure_id
    return key


def _grant_key(event: DisclosureClosedV1) -> Key:
    return event.case_id, event.disclosure_id


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


def _extracts() -> Subscription[UUID, None]:
    return Subscription(
        handlers={
            ExtractRequestedV1: on_extract_requested,
            ExtractWithdrawnV1: on_extract_withdrawn,
            ExtractPreparedV1: on_extract_prepared,
            ExtractRefusedV1: on_extract_refused,
        },
        key=lambda event: event.request_id,
        load=extracts.load,
        save=extracts.save,
        outgoing=outgoing,
    )


def subscriptions(cell: str, partners: Sequence[str]) -> list[Subscription[Any, Any]]:
    return [
        _directory(cell, [partner for partner in partners if partner != cell]),
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
            handlers=dict.fromkeys(BY_EVENT, on_process),
            key=pair_of,
            load=relations.load,
            save=relations.save,
            outgoing=outgoing,
        ),
        _extracts(),
    ]
