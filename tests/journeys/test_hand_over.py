"""A screening unit hands a person over to an agency, which refers her on: nothing goes unless she agreed to it."""

import pytest

from corridor.client import RefusedError
from corridor.journey import Journey, eventually
from corridor.story import CATEGORIES, PERSON

HEALTH = "HIV positive"


@pytest.fixture
async def journey(stack):
    async with Journey(stack.state) as journey:
        yield journey


async def status_of(call) -> int:
    try:
        await call
    except RefusedError as error:
        return error.status
    return 200


async def test_an_agency_gets_what_she_agreed_to_and_the_unit_sees_how_far_its_submission_got(journey):
    await journey.submit(PERSON | {"cor_Health": HEALTH})
    unit_case = journey.case
    before = await journey.officer.get(f"/intake/v1/submissions/{unit_case}")
    assert before["state"] == "submitted"
    await journey.hand_over(CATEGORIES)
    await journey.taken_over()
    assert journey.case != unit_case
    (read,) = await journey.read_received(journey.worker, journey.case)
    assert read["fields"]["cor_FullName"] == PERSON["cor_FullName"]
    assert (read["sender"], "cor_Health" in read["fields"]) == ("th-screening-unit", False)
    after = await journey.until_submission(unit_case, "accepted")
    assert after.keys() == {"id", "reference", "submitted_at", "state", "to", "at"}
    assert (after["state"], after["to"]) == ("accepted", journey.agency)
    for path in (
        f"/intake/v1/cases/{unit_case}",
        f"/intake/v1/cases/{unit_case}/fields",
        f"/intake/v1/cases/{journey.case}/fields",
        f"/consent/v1/cases/{unit_case}/consents",
        f"/consent/v1/cases/{unit_case}/ledger",
        f"/referral/v1/referrals/{journey.transfer}",
    ):

        async def closed(path=path):
            return True if await status_of(journey.officer.get(path)) == 404 else None

        await eventually(closed, f"the closing of {path}")
    assert await status_of(journey.neighbour.get(f"/intake/v1/cases/{unit_case}/fields")) == 404
    assert await status_of(journey.neighbour.get(f"/intake/v1/cases/{journey.case}/fields")) == 404


async def test_what_came_with_her_goes_on_with_her_own_consent_and_ends_with_either(journey):
    await journey.submit(PERSON)
    await journey.hand_over(CATEGORIES)
    await journey.taken_over()
    await journey.give_consent(CATEGORIES)
    await journey.draft()
    preview = await journey.preview()
    await journey.send()
    await journey.received()
    (read,) = await journey.read_received()
    assert read["fields"].keys() == set(preview["sent"]) - {"cor_Needs"}  # nobody has assessed them
    assert read["fields"]["cor_FullName"] == PERSON["cor_FullName"]
    await journey.withdraw()
    assert (await journey.until_answered())["code"] == "erased"


async def test_without_her_agreement_nothing_is_handed_over(journey):
    await journey.submit(PERSON)
    with pytest.raises(RefusedError) as refused:
        await journey.hand_over(CATEGORIES, agreed_to="th-legal-aid")
    assert refused.value.status == 422
    assert (await journey.officer.get(f"/intake/v1/submissions/{journey.case}"))["state"] == "submitted"


async def test_what_the_agency_declines_stays_with_the_unit(journey):
    await journey.submit(PERSON)
    await journey.hand_over(CATEGORIES)
    await journey.offered()
    await journey.worker.post(f"/referral/v1/referrals/{journey.transfer}/reject", {"reason": "no-capacity"})
    await journey.until_submission(journey.case, "not_accepted")
    assert (await journey.officer.get(f"/intake/v1/cases/{journey.case}/fields"))["fields"]
