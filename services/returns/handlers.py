"""The handlers of returns: plain functions, from a loaded case and an event to facts."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from chassis.events.subscription import Subscription
from chassis.identity.taken_over import taken_over
from contracts.crossing import BY_CODE, RETURN
from contracts.events.exchange import ProcessReceivedV1
from contracts.events.intake import (
    AgeGroupKnownV1,
    CaseErasedV1,
    CaseReopenedV1,
    CaseTransferredV1,
    DependantsChangedV1,
    ErasureConfirmedV1,
    FlagsRecordedV1,
    HoldLiftedV1,
    HoldPlacedV1,
)
from contracts.events.referral import (
    ReferralAcceptedV1,
    ReferralCancelledV1,
    ReferralCompletedV1,
    ReferralCorrectedV1,
    ReferralFailedV1,
)
from services.returns.domain.assisted_return import Return
from services.returns.domain.case import CaseKnowledge, CaseReturns
from services.returns.domain.facts import CodeIgnored, Fact
from services.returns.domain.journey import FollowedMove, Journey
from services.returns.domain.states import Half, Verb
from services.returns.outgoing import outgoing
from services.returns.store import known, returns
from services.returns.store.tables import RETURNS

Facts = Iterable[Fact]
COMES = frozenset({"linked", "back"})
"""The codes of `dependant_change` by which there is one more whom the return leaves or takes along."""


def on_age_group_known(case: CaseKnowledge, event: AgeGroupKnownV1, now: datetime) -> Facts:
    case.age_group = event.age_group
    return ()


def on_flags_recorded(case: CaseKnowledge, event: FlagsRecordedV1, now: datetime) -> Facts:
    case.flags = event.flags
    return ()


def on_case_reopened(case: CaseKnowledge, event: CaseReopenedV1, now: datetime) -> Facts:
    """Values that were sealed before she was erased are nothing under her new key."""
    case.flags = None
    return ()


def on_erased(case: CaseKnowledge, event: ErasureConfirmedV1 | CaseErasedV1, now: datetime) -> Facts:
    """Also where nobody asked for it: everything came from abroad and was recalled."""
    case.forget()
    return ()


def on_hold_placed(case: CaseKnowledge, event: HoldPlacedV1, now: datetime) -> Facts:
    case.place_hold(event.hold_id, event.until)
    return ()


def on_hold_lifted(case: CaseKnowledge, event: HoldLiftedV1, now: datetime) -> Facts:
    case.lift_hold(event.hold_id)
    return ()


def on_dependants_changed(case: CaseKnowledge, event: DependantsChangedV1, now: datetime) -> Facts:
    case.change_dependants(more=event.change in COMES, here=event.linked_here, now=now)
    return ()


def on_referral_accepted(case: CaseKnowledge, event: ReferralAcceptedV1, now: datetime) -> Facts:
    case.accept(event.referral_id, event.recipient)
    return ()


def on_referral_ended(case: CaseKnowledge, event: Any, now: datetime) -> Facts:
    """Completed, failed or cancelled: the organisation that had accepted her waits for her no longer."""
    case.end(event.referral_id)
    return ()


def on_referral_corrected(case: CaseKnowledge, event: ReferralCorrectedV1, now: datetime) -> Facts:
    """Protective: the event may come before the answer to the referral that was sent in error."""
    case.correct(event.referral_id)
    return ()


def on_case_transferred(case: CaseReturns, event: CaseTransferredV1, now: datetime) -> Facts:
    """Her new holder does not know of her decision here: a return that has not begun ends with the transfer."""
    return case.hand_over(now)


def on_process_received(cell: str) -> Callable[..., Facts]:
    """The handler, in a cell where received returns end."""

    def on_process_received(case: CaseReturns, event: ProcessReceivedV1, now: datetime) -> Facts:
        """Codes of referrals belong to referral. The fact of the half that follows bears its own name or the other's,
        so exchange sends none of it back.
        """
        crossing = BY_CODE.get(event.code)
        if crossing is None or crossing.subject is not RETURN:
            return ()
        verb = Verb(crossing.verb)
        follower = _told_half(case, event) if crossing.either else Half(crossing.follows)
        known_half = case.halves.get((event.subject_id, follower))
        if known_half is not None and event.sender != _partner(known_half):
            return [CodeIgnored(event.subject_id, follower, event.code, None)]
        told = _told(event)
        if verb is Verb.CLEAR:
            return case.clear(_abroad(case, event, cell, now), told, now)
        if verb is Verb.DEPART:
            return case.depart(_abroad(case, event, cell, now), told, now)
        return case.follow(follower, event.subject_id, verb, told, now)

    return on_process_received


def _told(event: ProcessReceivedV1) -> FollowedMove:
    when = event.expected_at
    journey = None if when is None else Journey(when, event.handover, event.escorted)
    return FollowedMove(event.at, event.reason, journey)


def _told_half(case: CaseReturns, event: ProcessReceivedV1) -> Half:
    """The half here whose partner speaks; where both halves are here, each under its own case, it is the one loaded."""
    receiving = case.halves.get((event.subject_id, Half.RECEIVING))
    from_sender = receiving is not None and event.sender == receiving.sender
    return Half.RECEIVING if from_sender else Half.SENDING


def _partner(found: Return) -> str:
    """The organisation of the other side: a code about a return counts only from there."""
    return found.receiver if found.half is Half.SENDING else found.sender


def _abroad(case: CaseReturns, event: ProcessReceivedV1, cell: str, now: datetime) -> Return:
    """The receiving half of a return that another organisation tells us of."""
    return Return(
        id=event.subject_id,
        half=Half.RECEIVING,
        case_id=case.case_id,
        sender=event.sender,
        receiver=event.recipient,
        receiver_cell=cell,
        requested_at=now,
    )


def subscriptions(cell: str) -> list[Subscription[Any, Any]]:
    return [_knowledge(), taken_over(RETURNS), _returns(cell)]


def _knowledge() -> Subscription[Any, CaseKnowledge]:
    return Subscription(
        handlers={
            AgeGroupKnownV1: on_age_group_known,
            DependantsChangedV1: on_dependants_changed,
            FlagsRecordedV1: on_flags_recorded,
            CaseReopenedV1: on_case_reopened,
            ErasureConfirmedV1: on_erased,
            CaseErasedV1: on_erased,
            HoldPlacedV1: on_hold_placed,
            HoldLiftedV1: on_hold_lifted,
            ReferralAcceptedV1: on_referral_accepted,
            ReferralCompletedV1: on_referral_ended,
            ReferralFailedV1: on_referral_ended,
            ReferralCancelledV1: on_referral_ended,
            ReferralCorrectedV1: on_referral_corrected,
        },
        key=lambda event: event.case_id,
        load=known.load,
        save=known.save,
        outgoing=outgoing,
    )


def _returns(cell: str) -> Subscription[Any, CaseReturns]:
    return Subscription(
        handlers={
            CaseTransferredV1: on_case_transferred,
            ProcessReceivedV1: on_process_received(cell),
        },
        key=lambda event: event.case_id,
        load=returns.load,
        save=returns.save_cases,
        outgoing=outgoing,
    )
