"""Who is told: the side that the event is news for, and nobody by default."""

import pytest

from services.notify.domain.notices import NOTICES, notice


@pytest.mark.parametrize("kind", sorted(NOTICES))
def test_an_event_without_a_holder_here_is_told_to_nobody(kind):
    assert notice(kind, "outgoing", "case", None) is None


@pytest.mark.parametrize(
    ("kind", "half", "expected"),
    [
        ("referral.received.v1", "incoming", "new_request"),
        ("referral.received.v1", "outgoing", None),
        ("referral.accepted.v1", "outgoing", "answer"),
        ("referral.accepted.v1", "incoming", None),
        ("return.departed.v1", "receiving", "act_now"),
        ("return.departed.v1", "sending", None),
        ("consent.withdrawn.v1", "", "act_now"),
        ("case.screened.v1", "", None),
    ],
)
def test_only_the_side_that_it_is_news_for_is_told(kind, half, expected):
    told = notice(kind, half, "case", "th-care-agency")
    assert (told.template if told else None) == expected
