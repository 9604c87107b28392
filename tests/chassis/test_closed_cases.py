"""The projection of cases hears that a case is closed, so that nothing new leaves one on which nobody works any more."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from chassis.identity.access import CaseAccess
from chassis.identity.following import subscription
from contracts.envelope import Event
from contracts.events.intake import (
    CaseAssignedV1,
    CaseClosedV1,
    CaseCoveredV1,
    CaseReopenedV1,
    CaseResumedV1,
    CaseTransferredV1,
)

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CASE = uuid4()
ORGANISATION = {"case_id": CASE, "organisation": "th-mine"}
CLOSED = CaseClosedV1(case_id=CASE)
TRANSFERRED = CaseTransferredV1(**ORGANISATION, referral_id=uuid4(), recipient="th-theirs", at=NOW)


@pytest.mark.parametrize(
    ("heard", "closed"),
    [
        ([], False),
        ([CLOSED], True),
        ([CLOSED, CaseAssignedV1(**ORGANISATION, workers=("taken-over",))], True),
        ([CLOSED, CaseCoveredV1(**ORGANISATION, workers=("me",), covers=("cover",))], True),
        ([CLOSED, CaseResumedV1(case_id=CASE)], False),
        ([CLOSED, CaseResumedV1(case_id=CASE), CLOSED], True),
        ([CLOSED, TRANSFERRED], False),
        ([CLOSED, CaseReopenedV1(case_id=CASE, person_id=uuid4())], False),
    ],
)
def test_a_case_is_closed_until_it_is_resumed_or_is_another_ones_or_comes_back(
    heard: list[Event], closed: bool
) -> None:
    case, handlers = CaseAccess(CASE, "th-mine"), subscription().handlers
    for event in heard:
        case.changed = False
        handlers[type(event)](case, event, NOW)
        assert case.changed
    assert case.closed is closed
