"""What stands on pages so that it can be read: references in one piece, and notices that say the same together."""

from datetime import UTC, datetime
from uuid import uuid4

from services.console.answers import Notice
from services.console.api.home import grouped
from services.console.rendering import whole
from services.console.words import in_order

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def test_a_reference_stands_on_one_line_wherever_it_is_in_a_text():
    assert whole("<Case> TH-7F3K-2Q,") == '&lt;Case&gt; <span class="app-whole">TH-7F3K-2Q</span>,'


def test_what_is_no_reference_is_left_as_it_is():
    assert whole("TH-7F3K-2QQ & th-7f3k-2q") == "TH-7F3K-2QQ &amp; th-7f3k-2q"


def test_notices_that_say_the_same_stand_together_with_each_of_their_cases_once():
    first, second = uuid4(), uuid4()
    told = [
        ("answer", "normal", first),
        ("urgent", "now", None),
        ("answer", "normal", second),
        ("answer", "normal", first),
    ]
    notices = [
        Notice(case_id=case, case_reference=None, template=said, priority=priority, created_at=NOON)
        for said, priority, case in told
    ]
    found = [(group.template, group.now, list(group.cases)) for group in grouped(notices)]
    assert found == [("answer", False, [first, second]), ("urgent", True, [])]


def test_names_stand_in_the_order_of_a_dictionary():
    """Thai words under their first consonant, Latin letters without their marks."""
    for names in (["กาก", "เกาะ", "ชัย", "ชุมพร", "เชียงใหม่", "ไทย"], ["Égypte", "Espagne", "États", "Zambie"]):
        assert list(in_order(dict(zip(reversed(names), reversed(names), strict=True)))) == names
