"""What returns does when it is told something: plain functions, from what was loaded and the event to facts."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from chassis.subscription import Subscription
from contracts.events.exchange import ProcessReceivedV1
from contracts.events.intake import AgeGroupKnownV1, CaseOpenedV1
from services.returns import store
from services.returns.domain.assisted_return import Return
from services.returns.domain.case import CaseReturns
from services.returns.domain.facts import Fact, Ignored
from services.returns.domain.states import Half, Verb
from services.returns.outgoing import outgoing

Facts = Iterable[Fact]

_FOLLOWED: Mapping[str, tuple[Half, Verb]] = MappingProxyType(
    {
        "return.cleared": (Half.RECEIVING, Verb.CLEAR),
        "return.departed": (Half.RECEIVING, Verb.DEPART),
        "return.withdrawn": (Half.RECEIVING, Verb.WITHDRAW),
        "return.arrived": (Half.SENDING, Verb.ARRIVE),
        "return.closed": (Half.SENDING, Verb.CLOSE),
    }
)
"""Process code → the half that follows it. What such a half says bears its own name, so exchange sends none of it back."""


def on_case_opened(case: CaseReturns, event: CaseOpenedV1, now: datetime) -> Facts:
    case.person_id = event.person_id
    return ()


def on_age_group_known(case: CaseReturns, event: AgeGroupKnownV1, now: datetime) -> Facts:
    case.age_group = event.age_group
    return ()


def on_process_received(cell: str) -> Callable[..., Facts]:
    """The handler, in a cell where received returns end."""

    def on_process_received(case: CaseReturns, event: ProcessReceivedV1, now: datetime) -> Facts:
        """Referral has the codes of referrals; a code that no half follows is passed over."""
        if event.code not in _FOLLOWED:
            return ()
        half, verb = _FOLLOWED[event.code]
        known = case.halves.get((event.subject_id, half))
        if known is not None and event.sender != _partner(known):
            return [Ignored(event.subject_id, half, event.code, None)]
        if verb is Verb.CLEAR:
            return case.clear(_abroad(case, event, cell, now), now)
        if verb is Verb.DEPART:
            return case.depart(_abroad(case, event, cell, now), now)
        return case.follow(half, event.subject_id, verb, now, event.reason)

    return on_process_received


def _partner(known: Return) -> str:
    """A code about a return counts only from its other side."""
    return known.receiver if known.half is Half.SENDING else known.sender


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


def subscription(cell: str) -> Subscription[Any, CaseReturns]:
    return Subscription(
        handlers={
            CaseOpenedV1: on_case_opened,
            AgeGroupKnownV1: on_age_group_known,
            ProcessReceivedV1: on_process_received(cell),
        },
        key=lambda event: event.case_id,
        load=store.load,
        save=store.save_cases,
        outgoing=outgoing,
    )
