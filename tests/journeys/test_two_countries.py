"""The whole way of a case through two cells, as the people in it see it."""

import pytest

from corridor.client import RefusedError
from corridor.journey import Journey, eventually
from corridor.story import CATEGORIES, PERSON
from corridor.verifying import verified
from tests.journeys.steps import referred


@pytest.fixture
async def journey(stack):
    async with Journey(stack.state) as journey:
        yield journey


async def all_closed(journey: Journey):
    read = await journey.read_received()
    return read if all(not one["fields"] for one in read) else None


async def test_what_crosses_is_what_was_previewed_and_the_name_is_readable_where_the_grant_allows(journey):
    await journey.open_case(PERSON)
    await journey.assess_needs()
    await journey.give_consent(CATEGORIES)
    await journey.draft()
    preview = await journey.preview()
    await journey.send()
    await journey.received()
    (read,) = await journey.read_received()
    assert sorted(read["fields"]) == sorted(preview["sent"])
    assert read["fields"]["cor_FullName"] == PERSON["cor_FullName"]
    assert {one["field"]: one["reason"] for one in preview["withheld"]}.keys() >= {
        "prs_MobilePhone",
        "cor_Health",
    }


async def test_the_sender_sees_every_answer_of_the_recipient(journey):
    await referred(journey)
    for verb, body, state in (
        ("accept", None, "accepted"),
        ("start", None, "in_progress"),
        ("hold", {"reason": "awaiting-documents"}, "on_hold"),
        ("resume", None, "in_progress"),
        ("complete", {"outcome": "service-delivered"}, "completed"),
    ):
        await journey.move(journey.their_worker, verb, body)
        half = await journey.until_state(journey.worker, state)
    assert half["outcome"] == "service-delivered"


async def test_a_rejection_reaches_the_sender_with_its_reason(journey):
    await referred(journey)
    await journey.move(journey.their_worker, "reject", {"reason": "no-capacity"})
    half = await journey.until_state(journey.worker, "rejected")
    assert half["reason"] == "no-capacity"


async def test_a_withdrawal_before_acceptance_takes_the_offer_back_and_erases_what_was_received(journey):
    await referred(journey)
    await journey.withdraw()
    answered = await journey.until_answered()
    assert answered["code"] == "erased"
    await journey.until_state(journey.their_worker, "revoked")
    await journey.until_state(journey.worker, "revoked")
    await eventually(lambda: all_closed(journey))


async def test_a_withdrawal_after_acceptance_closes_the_fields_and_the_help_goes_on(journey):
    await referred(journey)
    await journey.move(journey.their_worker, "accept")
    await journey.until_state(journey.worker, "accepted")
    await journey.withdraw()
    assert (await journey.until_answered())["code"] == "restricted"
    await eventually(lambda: all_closed(journey))
    await journey.move(journey.their_worker, "start")
    await journey.until_state(journey.worker, "in_progress")


async def test_a_return_is_one_process_with_two_halves(journey):
    await referred(journey)
    await journey.request_return()
    assert "reception-not-agreed" in await journey.refused_clearance()
    await journey.move(journey.their_worker, "accept")
    await journey.until_state(journey.worker, "accepted")
    await journey.decide_return()
    await journey.prepare_return()
    assert await journey.in_the_way() == ["risk-assessment-missing"]
    await journey.assess_return("unsafe")
    assert await journey.refused_clearance() == ["risk-unsafe"]
    await journey.assess_return("safe")
    await journey.move_return(journey.supervisor, "clear")
    half = await journey.until_return(journey.their_worker, "cleared")
    assert (half["result"], half["blocks"]) == ("safe", [])
    await journey.depart_return()
    half = await journey.until_return(journey.their_worker, "departed")
    assert (half["handover"], half["escorted"], half["expected_at"] is None) == ("land-border", False, False)
    await journey.move_return(journey.their_worker, "arrive")
    await journey.until_return(journey.worker, "arrived")
    await journey.move_return(journey.their_worker, "close", {"outcome": "reintegrated"})
    await journey.until_return(journey.worker, "closed")


async def test_a_case_is_invisible_to_everybody_it_was_not_given_to(journey):
    await referred(journey)
    for path in (
        f"/intake/v1/cases/{journey.case}",
        f"/consent/v1/consents/{journey.consent}",
        f"/referral/v1/referrals/{journey.referral}",
    ):
        with pytest.raises(RefusedError) as refused:
            await journey.officer.get(path)
        assert refused.value.status == 404


async def test_both_audit_logs_are_whole_and_hold_the_whole_way(journey):
    await referred(journey)
    await journey.withdraw()
    await journey.until_answered()
    for auditor, case, expected in (
        (journey.auditor, journey.case, {"consent.given.v1", "disclosure.authorised.v1", "disclosure.logged.v1",
                                         "envelope.sealed.v1", "envelope.delivered.v1", "consent.withdrawn.v1",
                                         "disclosure.recalled.v1", "recall.answered.v1"}),
        (journey.their_auditor, journey.their_case, {"disclosure.received.v1", "recall.received.v1", "disclosure.closed.v1"}),
    ):  # fmt: skip

        async def logged(auditor=auditor, case=case, expected=expected):
            trail = await auditor.get(f"/audit/v1/trails/{case}", limit=200)
            return True if expected <= {entry["type"] for entry in trail["items"]} else None

        await eventually(logged)
        assert (await verified(auditor))["state"] == "whole"


async def test_a_referral_inside_one_country_takes_the_same_way(stack):
    async with Journey(stack.state) as journey:
        await journey.open_case(PERSON)
        await journey.give_consent(CATEGORIES, recipient="th-legal-aid")
        await journey.draft(recipient="th-legal-aid", service="legal")
        await journey.preview()
        await journey.send()
        journey.their_worker = journey.neighbour
        await journey.received()
        assert journey.their_case != journey.case
        (read,) = await journey.read_received()
        assert read["fields"]["cor_FullName"] == PERSON["cor_FullName"]
        assert read["sender"] == journey.agency
        await journey.move(journey.neighbour, "accept")
        await journey.until_state(journey.worker, "accepted")
        await journey.withdraw()
        assert (await journey.until_answered())["code"] == "restricted"
