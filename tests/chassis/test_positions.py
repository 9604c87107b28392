"""The position of a page comes back as values; whatever no page gave is refused as invalid."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from chassis.problems import Invalid
from chassis.web.http import cursor, page
from chassis.web.positions import identifier, instant, number, positioned


async def test_a_position_that_a_page_gave_is_read_back():
    at, row = datetime(2026, 11, 24, 9, tzinfo=UTC), uuid4()
    after = (await page(after=cursor(at.isoformat(), row, 17, "th-care-agency"))).after
    assert positioned(after, instant, UUID, number, identifier) == (at, row, 17, "th-care-agency")


def test_the_first_page_has_no_position():
    assert positioned(None, instant, UUID) is None


@pytest.mark.parametrize(
    ("after", "readers"),
    [
        (("1", "2"), (number,)),
        ((), (number,)),
        (("x",), (UUID,)),
        (("2026-11-24T09:00:00",), (instant,)),
        (("2026-02-30T00:00:00+00:00",), (instant,)),
        (("0001-01-01T00:00:00+14:00",), (instant,)),
        (("²",), (number,)),
        (("-1",), (number,)),
        (("9" * 19,), (number,)),
        (("",), (identifier,)),
        (("a b",), (identifier,)),
    ],
)
def test_anything_else_is_invalid(after, readers):
    with pytest.raises(Invalid):
        positioned(after, *readers)


async def test_a_position_has_no_nul():
    with pytest.raises(Invalid):
        await page(after=cursor("\x00"))
