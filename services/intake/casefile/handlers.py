"""The handlers of intake: disclosures received for a case, and the authorisations by which consent lets fields leave."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.events.consumer import Subscription
from contracts.events.consent import DisclosureAuthorisedV1, DisclosureRecalledV1
from contracts.events.exchange import (
    CorrectionReceivedV1,
    DisclosureReceivedV1,
    RecallAnsweredV1,
    RecallReceivedV1,
)
from contracts.events.referral import ReferralAcceptedV1, TransferMovedV1
from services.intake.casefile.domain.authorised import AuthorisedDisclosure
from services.intake.casefile.domain.custody import Custody, Transfer
from services.intake.casefile.domain.facts import CaseFact
from services.intake.casefile.domain.received import Arrival, ReceivedFile, ReceivedGrant
from services.intake.casefile.outgoing import outgoing
from services.intake.casefile.store import authorised, custody, received

INCOMING = "incoming"

Handled = DisclosureReceivedV1 | RecallReceivedV1 | CorrectionReceivedV1 | ReferralAcceptedV1


def on_disclosure_received(
    file: ReceivedFile, event: DisclosureReceivedV1, now: datetime
) -> Iterable[CaseFact]:
    return file.receive(_arrival(event))


def on_referral_accepted(file: ReceivedFile, event: ReferralAcceptedV1, now: datetime) -> Iterable[CaseFact]:
    """The referral was accepted here: from now on a recall closes the fields, and the help goes on."""
    return file.accept(event.referral_id) if event.half == INCOMING else ()


def on_recall_received(file: ReceivedFile, event: RecallReceivedV1, now: datetime) -> Iterable[CaseFact]:
    return file.recall(event.disclosure_id, event.referral_id, event.reason)


def on_correction_received(
    file: ReceivedFile, event: CorrectionReceivedV1, now: datetime
) -> Iterable[CaseFact]:
    return file.correct(event.disclosure_id, event.fields)


def _arrival(event: DisclosureReceivedV1) -> Arrival:
    return Arrival(
        disclosure_id=event.disclosure_id,
        referral_id=event.referral_id,
        person_id=event.person_id,
        urgency=event.urgency,
        grant=event.grant.kept_as(
            ReceivedGrant,
            sender=event.sender,
            sender_cell=event.sender_cell,
            service=event.service,
            kind=event.kind,
        ),
        values={received.field: received.value for received in event.fields},
        at=event.at,
    )


def _about(event: Handled) -> UUID | None:
    """The case of an incoming half; None for an outgoing one, which is the sender's: nothing was received for it."""
    if isinstance(event, ReferralAcceptedV1) and event.half != INCOMING:
        return None
    return event.case_id


def on_transfer_moved(case: Custody, event: TransferMovedV1, now: datetime) -> Iterable[CaseFact]:
    return case.hear(Transfer(event.referral_id, event.recipient, event.state, event.at))


def _custody() -> Subscription[UUID, Custody]:
    return Subscription(
        handlers={TransferMovedV1: on_transfer_moved},
        key=lambda event: event.case_id,
        load=custody.load,
        save=custody.save,
        outgoing=outgoing,
    )


def _received() -> Subscription[UUID, ReceivedFile]:
    return Subscription(
        handlers={
            DisclosureReceivedV1: on_disclosure_received,
            ReferralAcceptedV1: on_referral_accepted,
            RecallReceivedV1: on_recall_received,
            CorrectionReceivedV1: on_correction_received,
        },
        key=_about,
        load=received.load,
        save=received.save,
        outgoing=outgoing,
    )


def on_disclosure_authorised(
    disclosure: AuthorisedDisclosure, event: DisclosureAuthorisedV1, now: datetime
) -> Iterable[CaseFact]:
    disclosure.authorise(event.case_id, event.fields, event.valid_until)
    return ()


def on_disclosure_recalled(
    disclosure: AuthorisedDisclosure, event: DisclosureRecalledV1, now: datetime
) -> Iterable[CaseFact]:
    disclosure.recall(now)
    return ()


def on_recall_answered(
    disclosure: AuthorisedDisclosure, event: RecallAnsweredV1, now: datetime
) -> Iterable[CaseFact]:
    disclosure.answer(event.case_id, event.at)
    return ()


def _authorised() -> Subscription[UUID, AuthorisedDisclosure]:
    """The subscription to authorisations, by which exchange may ask for fields
    (services/intake/casefile/api/internal.py), and to the answers of those from whom they were recalled.
    """
    return Subscription(
        handlers={
            DisclosureAuthorisedV1: on_disclosure_authorised,
            DisclosureRecalledV1: on_disclosure_recalled,
            RecallAnsweredV1: on_recall_answered,
        },
        key=lambda event: event.disclosure_id,
        load=authorised.load,
        save=authorised.save,
        outgoing=outgoing,
    )


def subscriptions() -> list[Subscription[Any, Any]]:
    return [_received(), _custody(), _authorised()]
