"""The rule of what an auditor may release to the partner's: no matter of another partner, and none that the partner never had."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.audit.domain.other_half import ON_ITS_WAY, MatterEntry, crossed, on_its_way, releasable

SENT, KEPT, REFERRAL, RETURN = (UUID(int=number) for number in range(1, 5))
CASE = "a case"


def entry(number, type_, **details):
    told = {name: str(value) if isinstance(value, UUID) else value for name, value in details.items()}
    return MatterEntry(number, datetime(2026, 11, number, tzinfo=UTC), type_, CASE, "th-shelter", "", told)


LOG = [
    entry(1, "disclosure.authorised.v1", disclosure_id=SENT, referral_id=REFERRAL, recipient_cell="KH"),
    entry(2, "envelope.sealed.v1", disclosure_id=SENT, referral_id=REFERRAL, recipient_cell="KH"),
    entry(3, "disclosure.authorised.v1", disclosure_id=KEPT, referral_id=REFERRAL, recipient_cell="KH"),
    entry(4, "disclosure.recalled.v1", disclosure_id=KEPT, referral_id=REFERRAL, reason="withdrawn"),
    entry(5, "return.cleared.v1", return_id=RETURN, half="sending", sender="th-a", receiver="kh-b"),
    entry(6, "note.written.v1", disclosure_id=SENT),
    entry(7, "record.read.v1", resource_id=SENT, resource="disclosure"),
    entry(8, "record.read.v1", resource_id=SENT, resource="disclosure", allowed=False),
    entry(9, "disclosure.recalled.v1", disclosure_id=SENT, referral_id=REFERRAL, reason="withdrawn"),
]


def test_what_crossed_is_known_by_the_border_and_a_move_that_was_told_by_its_case():
    assert crossed(LOG) == {"KH": {SENT, REFERRAL, RETURN}}
    assert crossed(LOG[2:]) == {}


def test_what_was_authorised_a_moment_ago_may_be_on_its_way_and_later_it_is_not():
    first, *_, last = LOG
    assert on_its_way(LOG, "TH", first.time) == {"KH": {SENT, KEPT, REFERRAL}}
    assert on_its_way(LOG, "KH", first.time) == {}
    assert on_its_way(LOG, "TH", last.time) == on_its_way([first], "TH", first.time + ON_ITS_WAY) == {}


@pytest.mark.parametrize(
    ("about", "numbers"),
    [({SENT}, [1, 2, 7, 9]), ({REFERRAL}, [1, 2, 9]), ({RETURN}, [5]), ({KEPT}, []), (set(), [])],
    ids=["a disclosure", "its referral", "a return", "what never left", "nothing"],
)
def test_nothing_is_released_of_what_never_left_not_even_by_the_referral_that_it_was_of(about, numbers):
    shown = releasable(LOG, about, "KH", {"th-shelter": "shelter"})
    assert [one.entry for one in shown] == numbers
    assert releasable(LOG, about, "VN", {}) == []


def test_a_reason_is_not_told_and_an_organisation_is_its_role():
    *_, recalled = releasable(LOG, {SENT}, "KH", {"th-shelter": "shelter"})
    assert (recalled.event, recalled.role, recalled.code) == ("disclosure.recalled.v1", "shelter", None)
