"""Who is told: the side that the event is news for, and nobody by default."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from contracts.codes import codes
from contracts.events.intake import DependantsChangedV1
from services.notify.domain.notices import NOTICES, PRIORITIES, USUAL, News, template_of
from services.notify.domain.words import TEXTS
from services.notify.handlers import on_anything_noted
from services.notify.store.notifications import CaseNotices

CASE = UUID("7d2c1f44-94a4-4c1e-8d26-0b8f6e0f5d10")


def test_what_nobody_can_be_told_yet_is_kept_until_somebody_holds_the_case():
    case = CaseNotices(CASE, None)
    case.tell(News("act_now"), None)
    assert (case.address(), case.pending, case.fresh) == (False, [], [News("act_now")])
    case.organisation = "th-care-agency"
    case.address()
    assert [(n.organisation, n.news.template) for n in case.pending] == [("th-care-agency", "act_now")]


@pytest.mark.parametrize(
    ("kind", "half", "expected"),
    [
        ("referral.received.v1", "incoming", "new_request"),
        ("referral.received.v1", "outgoing", None),
        ("referral.accepted.v1", "outgoing", "answer"),
        ("referral.accepted.v1", "incoming", None),
        ("referral.rejected.v1", "outgoing", "refusal"),
        ("referral.reminded.v1", "incoming", "reminder"),
        ("referral.reminded.v1", "outgoing", None),
        ("referral.expired.v1", "incoming", "overdue"),
        ("disclosure.refused.v1", "", "refusal"),
        ("flags.recorded.v1", "", "urgent"),
        ("hold.placed.v1", "", "hold"),
        ("case.unattended.v1", "", "unattended"),
        ("return.departed.v1", "receiving", "act_now"),
        ("return.departed.v1", "sending", None),
        ("return.overdue.v1", "sending", "act_now"),
        ("return.overdue.v1", "receiving", "act_now"),
        ("return.missed.v1", "sending", "act_now"),
        ("return.missed.v1", "receiving", "act_now"),
        ("return.turned_back.v1", "receiving", "act_now"),
        ("return.turned_back.v1", "sending", None),
        ("consent.withdrawn.v1", "", "act_now"),
        ("consent.narrowed.v1", "", "act_now"),
        ("correction.received.v1", "", "file_changed"),
        ("case.screened.v1", "", None),
        ("dependants.changed.v1", "linked", None),
        ("dependants.changed.v1", "unlinked", None),
    ],
)
def test_only_the_side_that_it_is_news_for_is_told(kind, half, expected):
    assert template_of(kind, half) == expected


def test_who_has_the_case_of_one_left_behind_is_told_when_the_other_left():
    """The word that the child stays is said by whoever has its mother, and need not be by whoever has the child."""
    event = DependantsChangedV1(case_id=CASE, link_id=CASE, change="left", linked_here=False)
    case = CaseNotices(CASE, "th-care-agency")
    on_anything_noted(case, event, datetime(2026, 11, 26, tzinfo=UTC))
    case.address()
    assert [(one.audience, one.news.template) for one in case.pending] == [("holder", "act_now")]


def test_an_urgent_flag_a_hold_and_a_refusal_have_words_and_a_priority_of_their_own():
    kinds = {"flags.recorded.v1": "now", "hold.placed.v1": "today", "disclosure.refused.v1": "today"}
    found = {kind: template_of(kind, "") for kind in kinds}
    assert {kind: PRIORITIES[template] for kind, template in found.items()} == kinds
    assert set(found.values()) & {template_of("case.assigned.v1", ""), "answer", "act_now"} == set()
    assert {len({texts[one] for one in [*found.values(), "new_assignment"]}) for texts in TEXTS.values()} == {
        4
    }


def test_every_priority_and_template_is_of_its_list_and_every_template_of_the_list_is_used():
    used = {template for sides in NOTICES.values() for template in sides.values()}
    assert used == set(codes("notification_template"))
    assert {*PRIORITIES.values(), USUAL} == set(codes("notice_priority"))
