"""Her word, in whatever way it is given, goes before a protection that was recorded because she could not be asked."""

import pytest

from tests.consent.test_protection import protected, request, review, third, unit  # noqa: F401  # a fixture


@pytest.mark.parametrize("by", ["a worker", "the reviewer"])
async def test_her_no_after_a_review_counts(unit, by):  # noqa: F811
    consent_id = await protected(unit)
    assert (await review(unit, consent_id)).status_code == 200
    headers = third(unit) if by == "the reviewer" else unit.worker
    await unit.client.post(f"/v1/consents/{consent_id}/withdraw", headers=headers)
    refused = await request(unit)
    assert (refused.status_code, refused.json()["code"]) == (409, "her-no-stands")


async def test_a_yes_after_the_review_of_what_she_ended_lifts_her_no(unit):  # noqa: F811
    consent_id = await protected(unit)
    await unit.withdraw(consent_id)
    await review(unit, consent_id)
    assert (await request(unit)).json()["code"] == "her-no-stands"
    await unit.give()
    assert (await request(unit)).status_code == 201
