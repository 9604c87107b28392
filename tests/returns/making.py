"""Returns and events for these tests."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from contracts.events import exchange, intake
from services.returns.domain.assisted_return import Return
from services.returns.domain.states import Half, State

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SENDER, RECEIVER = "th-care-agency", "kh-reintegration-agency"


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


def opened(case_id: UUID, person_id: UUID) -> intake.CaseOpenedV1:
    return intake.CaseOpenedV1(
        case_id=case_id,
        person_id=person_id,
        channel="screening-unit",
        organisation=SENDER,
        urgency="urgent",
        opened_at=NOW,
    )


def process(
    case_id: UUID, return_id: UUID, code: str, reason: str | None = None, **changes: object
) -> exchange.ProcessReceivedV1:
    abroad = code in {"return.cleared", "return.departed", "return.withdrawn"}
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
