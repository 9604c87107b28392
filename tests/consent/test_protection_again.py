"""A protection stands once with one recipient: in force it is not asked for beside itself, and what a third person took back
is not made good by the two who had it before.
"""

from sqlalchemy import text

from tests.consent.making import directory_changed
from tests.consent.test_protection import protected, request, requested, review, seen, state


async def test_while_one_is_in_force_with_a_recipient_no_other_is_asked_for(unit):
    await protected(unit)
    again = await request(unit)
    assert (again.status_code, again.json()["code"]) == (409, "already-requested")


async def test_what_a_third_person_did_not_uphold_is_not_asked_for_again_with_this_recipient(unit):
    consent_id = await protected(unit)
    await review(unit, consent_id, upheld=False)
    again = await request(unit)
    assert (again.status_code, again.json()["code"]) == (409, "not-upheld")
    await unit.harness.deliver(directory_changed(organisation="th-ward", cell="TH", role="shelter"))
    other = (await request(unit, recipient="th-ward")).json()
    view = (await seen(unit, other["id"])).json()
    assert (view["declined_before"], view["protected_before"], view["not_upheld_before"]) == (0, 1, 1)


async def test_after_its_time_another_may_be_asked_for_and_shows_that_there_was_one(unit):
    await protected(unit)
    await over(unit)
    again = await requested(unit)
    view = (await seen(unit, again)).json()
    assert (view["protected_before"], view["not_upheld_before"]) == (1, 0)


async def test_a_request_whose_time_is_over_bars_no_other_before_the_clock_has_struck(unit):
    lapsed = await requested(unit)
    await over(unit)
    assert await state(unit, lapsed) == "requested"
    assert (await request(unit)).status_code == 201


async def over(unit) -> None:
    """The time of every record is over, and no clock has struck."""
    async with unit.intruder.begin() as conn:
        await conn.execute(text("update consent.records set valid_until = clock_timestamp()"))
