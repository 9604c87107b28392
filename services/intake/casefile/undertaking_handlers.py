"""The handlers of intake for what the services of referrals and returns say, so that a case is not closed over somebody who waits."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from chassis.events.subscription import Subscription
from contracts.envelope import Event
from contracts.events import referral, returns
from contracts.events.referral import ReferralSentV1, TransferMovedV1
from services.intake.casefile.domain.undertaking import Undertaking, UndertakingKind, UndertakingState
from services.intake.casefile.outgoing import outgoing
from services.intake.casefile.store import undertakings
from services.intake.casefile.store.undertakings import Key

OUTGOING = "outgoing"
SENDING = "sending"
Handler = Callable[[Undertaking, Any, datetime], Iterable[Any]]

S = UndertakingState
OF_REFERRALS: Mapping[type[Event], UndertakingState] = MappingProxyType(
    {
        referral.ReferralReceivedV1: S.WAITING,
        referral.ReferralAcceptedV1: S.GOING_ON,
        referral.ReferralStartedV1: S.GOING_ON,
        referral.ReferralHeldV1: S.GOING_ON,
        referral.ReferralResumedV1: S.GOING_ON,
        referral.ReferralExpiredV1: S.UNANSWERED,
        referral.ReferralRejectedV1: S.ENDED,
        referral.ReferralCompletedV1: S.ENDED,
        referral.ReferralFailedV1: S.ENDED,
        referral.ReferralCancelledV1: S.ENDED,
        referral.ReferralRevokedV1: S.ENDED,
        referral.ReferralCorrectedV1: S.IN_ERROR,
    }
)
"""How a half of a referral stands after each of its moves."""

OF_RETURNS: Mapping[type[Event], UndertakingState] = MappingProxyType(
    {
        returns.ReturnRequestedV1: S.GOING_ON,
        returns.ReturnCounselledV1: S.GOING_ON,
        returns.ReturnDecidedV1: S.GOING_ON,
        returns.ReturnAssessedV1: S.GOING_ON,
        returns.ReturnClearedV1: S.GOING_ON,
        returns.ReturnSuspendedV1: S.GOING_ON,
        returns.ReturnResumedV1: S.GOING_ON,
        returns.ReturnDepartedV1: S.GOING_ON,
        returns.ReturnMissedV1: S.GOING_ON,
        returns.ReturnTurnedBackV1: S.GOING_ON,
        returns.ReturnClosedV1: S.ENDED,
        returns.ReturnWithdrawnV1: S.ENDED,
    }
)
"""How a half of a return stands after each of its moves, but for her arrival."""


def on_referral_sent(sent: Undertaking, event: ReferralSentV1, _now: datetime) -> Iterable[Any]:
    sent.send(event.case_id, UndertakingKind(event.kind), event.service, event.at)
    return ()


def on_transfer_moved(sent: Undertaking, event: TransferMovedV1, _now: datetime) -> Iterable[Any]:
    sent.become_transfer(event.case_id)
    return ()


def on_return_arrived(half: Undertaking, event: returns.ReturnArrivedV1, _now: datetime) -> Iterable[Any]:
    """Nothing of the return is left to do for whoever sent her; the receiving half goes on until it is closed."""
    state = S.ENDED if event.half == SENDING else S.GOING_ON
    half.move(event.case_id, state, UndertakingKind.RETURN)
    return ()


def _to(state: UndertakingState, kind: UndertakingKind | None = None) -> Handler:
    def on_moved(half: Undertaking, event: Any, _now: datetime) -> Iterable[Any]:
        half.move(event.case_id, state, kind)
        return ()

    return on_moved


def _key(event: Any) -> Key:
    subject: UUID = event.return_id if type(event).__module__ == returns.__name__ else event.referral_id
    return subject, getattr(event, "half", OUTGOING)


def subscription() -> Subscription[Key, Undertaking]:
    return Subscription(
        handlers={
            ReferralSentV1: on_referral_sent,
            TransferMovedV1: on_transfer_moved,
            returns.ReturnArrivedV1: on_return_arrived,
            **{event: _to(state) for event, state in OF_REFERRALS.items()},
            **{event: _to(state, UndertakingKind.RETURN) for event, state in OF_RETURNS.items()},
        },
        key=_key,
        load=undertakings.load,
        save=undertakings.save,
        outgoing=outgoing,
    )
