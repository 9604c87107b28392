"""Her word, in whatever way it is given, goes before a protection that was recorded because she could not be asked."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.consent.making import GUARDED, SHELTER, age_known, directory_changed
from tests.consent.test_child import confirm
from tests.consent.test_hand_overs import received
from tests.consent.test_protection import (
    approve,
    form,
    hand_over,
    protected,
    request,
    requested,
    review,
    state,
    third,
)

LONG_ENOUGH = 0.5
"""Seconds in which a command that waits for nothing has ended."""


async def part(unit, consent_id: UUID, **taken: Any):
    path = f"/v1/consents/{consent_id}/withdraw-part"
    return await unit.client.post(path, json=taken, headers=unit.worker)


async def through_a_grant(unit, disclosure_id: UUID, scope: str = "all"):
    path, headers = f"/v1/grants/{disclosure_id}/withdraw", unit.harness.as_("case_worker", org=SHELTER)
    return await unit.client.post(path, json={"scope": scope}, headers=headers)


async def granted(unit) -> UUID:
    """She agreed, and the shelter has her now in a case of its own; answers the disclosure."""
    await unit.give(recipients=[{"organisation": SHELTER, "country": "TH"}], purposes=["protection"])
    disclosure_id = await hand_over(unit)
    (row,) = await unit.rows("select referral_id from consent.disclosures where id = :id", id=disclosure_id)
    theirs = await unit.another_case()
    await unit.harness.grant_access(theirs.case_id, SHELTER)
    await unit.harness.deliver(received(theirs.case_id, unit.person_id, row.referral_id))
    return disclosure_id


@pytest.mark.parametrize("by", ["a worker", "the reviewer"])
async def test_her_no_after_a_review_counts(unit, by):
    consent_id = await protected(unit)
    assert (await review(unit, consent_id)).status_code == 200
    headers = third(unit) if by == "the reviewer" else unit.worker
    await unit.client.post(f"/v1/consents/{consent_id}/withdraw", headers=headers)
    refused = await request(unit)
    assert (refused.status_code, refused.json()["code"]) == (409, "her-no-stands")


async def test_a_yes_after_the_review_of_what_she_ended_lifts_her_no(unit):
    consent_id = await protected(unit)
    await unit.withdraw(consent_id)
    await review(unit, consent_id)
    assert (await request(unit)).json()["code"] == "her-no-stands"
    await unit.give()
    assert (await request(unit)).status_code == 201


@pytest.mark.parametrize("when", ["waits", "in force"])
@pytest.mark.parametrize("how", ["the last part", "a grant", "the last part of a grant"])
async def test_whatever_way_she_takes_all_of_it_back_no_protection_stands_beside_that(unit, how, when):
    disclosure_id = await granted(unit)
    (given,) = await unit.rows("select id from consent.records")
    consent_id = await (requested if when == "waits" else protected)(unit)
    if how == "the last part":
        assert (await part(unit, given.id, recipients=[SHELTER])).status_code in {200, 202}
    else:
        scope = "all" if how == "a grant" else "recipient"
        assert (await through_a_grant(unit, disclosure_id, scope)).status_code in {200, 202}
    assert (await state(unit, given.id), await state(unit, consent_id)) == ("withdrawn", "withdrawn")


async def test_a_protection_at_those_who_have_her_now_ends_with_what_she_takes_back_through_them(unit):
    disclosure_id = await granted(unit)
    (row,) = await unit.rows("select case_id from consent.grants")
    await unit.harness.deliver(directory_changed(organisation="th-ward", cell="TH", role="shelter"))
    theirs = unit.harness.as_("case_worker", org=SHELTER)
    path = f"/v1/cases/{row.case_id}/protections"
    made = await unit.client.post(path, json=form(recipient="th-ward"), headers=theirs)
    assert made.status_code == 201, made.text
    await through_a_grant(unit, disclosure_id)
    (record,) = await unit.rows("select state from consent.records where id = :id", id=made.json()["id"])
    assert record.state == "withdrawn"


async def test_a_part_that_leaves_something_ends_no_protection_in_force(unit):
    given = await unit.give()
    consent_id = await protected(unit)
    await part(unit, given, categories=["contact"])
    assert await state(unit, consent_id) == "protected"


async def _confirmation(unit) -> UUID:
    await unit.harness.deliver(age_known(unit.case_id, "child"))
    return await unit.give(**GUARDED)


WAYS = {
    "a yes": (None, lambda unit, _: unit.give()),
    "a renewal": (lambda unit: unit.give(), lambda unit, given: unit.renew(given)),
    "a guardian confirmed": (_confirmation, confirm),
    "a part": (lambda unit: unit.give(), lambda unit, given: part(unit, given, categories=["contact"])),
    "through a grant": (granted, through_a_grant),
}


@pytest.mark.parametrize("way", WAYS)
async def test_her_word_and_a_protection_come_one_after_the_other(unit, way):
    prepare, speak = WAYS[way]
    before = None if prepare is None else await prepare(unit)
    (known,) = await unit.rows("select count(*) as revisions from consent.revisions")
    async with unit.intruder.begin() as protecting:
        held = "select from chassis.case_access where case_id = :id for update"
        await protecting.execute(text(held), {"id": unit.case_id})
        speaking = asyncio.create_task(speak(unit, before))
        await asyncio.sleep(LONG_ENOUGH)
        unseen = await unit.rows("select number from consent.revisions offset :known", known=known.revisions)
        until = (await protecting.execute(text("select clock_timestamp()"))).scalar()
    await speaking
    (last,) = await unit.rows("select max((body ->> 'at')::timestamptz) as at from consent.revisions")
    assert (unseen, last.at > until) == ([], True)


@pytest.mark.parametrize(("assent", "code"), [("given", "she-has-answered"), ("too-young", None)])
async def test_a_guardians_yes_with_her_assent_says_that_she_can_be_asked(unit, assent, code):
    await unit.harness.deliver(age_known(unit.case_id, "child"))
    consent_id = await requested(unit)
    await unit.give(**{**GUARDED, "assent": assent})
    assert (await approve(unit, consent_id)).json().get("code") == code
