"""Returns, what is known of a case, and events for these tests."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from contracts.country.reading import read_country
from contracts.events import exchange, intake, referral
from services.returns.domain.assisted_return import Return
from services.returns.domain.blocks import CaseOutlook, Moment, Rules
from services.returns.domain.check import Check
from services.returns.domain.fitness import Fitness
from services.returns.domain.states import Half, State
from services.returns.rules import read_rules

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
SENDER, RECEIVER = "th-care-agency", "kh-reintegration-agency"
COUNTRY = read_rules(read_country(Path("countries/TH")).returns, ZoneInfo("Asia/Bangkok"))
RULES: Rules = COUNTRY.rules
TELLING = {
    *("return.cleared", "return.suspended", "return.resumed", "return.departed"),
    *("return.turned_back", "return.withdrawn"),
}
"""Codes that the sending half tells."""


_TODAY = datetime.now(UTC).date()
RETURNING: dict[str, Any] = {
    "decide": {"informed": True, "own_will": True},
    "confirm": {"own_will": True},
    "fitness": {
        "fit": True,
        "assessed_on": "2026-11-01",
        "certificate": {"issued_on": str(_TODAY), "valid_until": str(_TODAY + timedelta(days=9))},
    },
    "checks": {"check": "passport", "valid_until": str(_TODAY + timedelta(days=365))},
    "suspend": {"reason": "safety-concern"},
    "close": {"outcome": "contact-lost"},
}
"""A right body of each verb that needs one, besides a departure."""


def departure(days: float = 1) -> dict[str, str]:
    expected_at = datetime.now(UTC) + timedelta(days=days)
    return {"expected_at": expected_at.isoformat(), "handover": "land-border"}


def a_return(state: State = State.REQUESTED, half: Half = Half.SENDING, **changes: object) -> Return:
    made = Return(
        id=uuid4(),
        half=half,
        case_id=uuid4(),
        sender=SENDER,
        receiver=RECEIVER,
        receiver_cell="KH",
        requested_at=NOW,
        state=state,
    )
    return replace(made, **changes)


def standing(valid_until: date | None = None) -> Check:
    return Check(True, NOW, "th.case_worker", valid_until, "v1.why")


def ready(state: State = State.ASSESSED, **changes: Any) -> Return:
    """A return in whose way nothing stands, if nothing is known against it: she is an adult, fit, and expected."""
    made = {
        "decided_at": NOW - timedelta(days=5),
        "confirmed_at": NOW - timedelta(hours=1),
        "result": "safe",
        "grounds": "v1.why",
        "assessor": "th.assessor",
        "clearer": "th.clearer",
        "checks": {"passport": standing(TODAY + timedelta(days=100))},
    }
    return a_return(state, **{**made, **changes})


def fit(**changes: Any) -> Fitness:
    return Fitness(**{"fit": True, "assessed_on": TODAY, **changes})


def known(**changes: Any) -> CaseOutlook:
    made = {"age_group": "adult", "accepted_by": frozenset({RECEIVER}), "listed": True, "fitness": fit()}
    return CaseOutlook(**{**made, **changes})


def moment(days: int = 0, clearer: str = "th.clearer") -> Moment:
    """To leave now and arrive so many days later."""
    return Moment(NOW, TODAY, TODAY + timedelta(days=days), clearer)


def opened(case_id: UUID, person_id: UUID) -> intake.CaseOpenedV1:
    return intake.CaseOpenedV1(
        case_id=case_id,
        person_id=person_id,
        channel="screening-unit",
        organisation=SENDER,
        urgency="urgent",
        opened_at=NOW,
    )


def transferred(case_id: UUID, recipient: str = "th-shelter") -> intake.CaseTransferredV1:
    values = {"referral_id": uuid4(), "organisation": SENDER, "recipient": recipient, "at": NOW}
    return intake.CaseTransferredV1(case_id=case_id, **values)


def age_group(case_id: UUID, group: str = "adult", basis: str = "assessment") -> intake.AgeGroupKnownV1:
    return intake.AgeGroupKnownV1(case_id=case_id, age_group=group, basis=basis)


def hold(case_id: UUID, hold_id: UUID, until: datetime) -> intake.HoldPlacedV1:
    return intake.HoldPlacedV1(case_id=case_id, hold_id=hold_id, until=until)


def moved(kind: type[Any], case_id: UUID, referral_id: UUID, half: str = "outgoing", **changes: Any) -> Any:
    """A move of a referral of this case to the receiver."""
    values = {"sender": SENDER, "recipient": RECEIVER, "at": NOW, **changes}
    return kind(case_id=case_id, referral_id=referral_id, half=half, **values)


def accepted(case_id: UUID, referral_id: UUID, **changes: Any) -> referral.ReferralAcceptedV1:
    made: referral.ReferralAcceptedV1 = moved(referral.ReferralAcceptedV1, case_id, referral_id, **changes)
    return made


def process(
    case_id: UUID, return_id: UUID, code: str, reason: str | None = None, **changes: object
) -> exchange.ProcessReceivedV1:
    abroad = code in TELLING
    values = {
        "case_id": case_id,
        "code": code,
        "subject_id": return_id,
        "sender": SENDER if abroad else RECEIVER,
        "sender_cell": "TH" if abroad else "KH",
        "recipient": RECEIVER if abroad else SENDER,
        "reason": reason,
        "at": NOW,
    }
    return exchange.ProcessReceivedV1(**{**values, **changes})
