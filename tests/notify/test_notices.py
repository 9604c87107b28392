"""Who is told: the side that the event is news for, and nobody by default."""

from uuid import UUID

import pytest

from services.notify.domain.notices import template_of
from services.notify.store import CaseNotices

CASE = UUID("7d2c1f44-94a4-4c1e-8d26-0b8f6e0f5d10")


def test_what_nobody_can_be_told_yet_is_kept_until_somebody_holds_the_case():
    case = CaseNotices(CASE, None)
    case.tell("act_now", None)
    assert (case.address(), case.pending, case.fresh) == (False, [], ["act_now"])
    case.organisation = "th-care-agency"
    case.address()
    assert [(n.organisation, n.template) for n in case.pending] == [("th-care-agency", "act_now")]


@pytest.mark.parametrize(
    ("kind", "half", "expected"),
    [
        ("referral.received.v1", "incoming", "new_request"),
        ("referral.received.v1", "outgoing", None),
        ("referral.accepted.v1", "outgoing", "answer"),
        ("referral.accepted.v1", "incoming", None),
        ("return.departed.v1", "receiving", "act_now"),
        ("return.departed.v1", "sending", None),
        ("return.overdue.v1", "sending", "act_now"),
        ("return.overdue.v1", "receiving", "act_now"),
        ("return.missed.v1", "sending", "act_now"),
        ("return.missed.v1", "receiving", "act_now"),
        ("return.turned_back.v1", "receiving", "act_now"),
        ("return.turned_back.v1", "sending", None),
        ("consent.withdrawn.v1", "", "act_now"),
        ("case.screened.v1", "", None),
    ],
)
def test_only_the_side_that_it_is_news_for_is_told(kind, half, expected):
    assert template_of(kind, half) == expected
