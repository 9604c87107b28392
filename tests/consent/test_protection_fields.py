"""The fields of a protection: what the second person saw is what goes, whatever is agreed afterwards, and no more."""

from tests.consent.making import ASKED, LEAST, agreement_changed
from tests.consent.test_protection import approve, hand_over, request, requested, seen, waiting


async def agreed_to(unit, version: int, fields: tuple[str, ...]) -> None:
    """The agreement inside the country allows these fields from now on."""
    changed = agreement_changed(
        agreement_id="th-th", cells=("TH",), purposes=("protection",), fields=fields, version=version
    )
    await unit.harness.deliver(changed)


async def test_what_became_more_since_it_was_read_is_not_approved_unseen(unit):
    await agreed_to(unit, 2, LEAST[:1])
    consent_id = await requested(unit)
    read = await seen(unit, consent_id)
    assert read.json()["disclosed"]["sent"] == list(LEAST[:1])
    await agreed_to(unit, 3, ASKED)
    refused = await approve(unit, consent_id, etag=read.headers["ETag"])
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition-failed")
    assert (await approve(unit, consent_id)).status_code == 200


async def test_what_is_agreed_to_after_the_approval_does_not_go(unit):
    await agreed_to(unit, 2, LEAST[:1])
    consent_id = await requested(unit)
    assert (await approve(unit, consent_id)).status_code == 200
    await agreed_to(unit, 3, ASKED)
    await hand_over(unit)
    (authorised,) = await unit.said("disclosure.authorised.v1")
    assert authorised["fields"] == list(LEAST[:1])
    withheld = {one["field"]: one["reason"] for one in authorised["withheld"]}
    assert {withheld[field] for field in LEAST[1:]} == {"not_least"}
    assert (await seen(unit, consent_id)).json()["disclosed"]["sent"] == list(LEAST[:1])


async def test_whoever_has_not_read_what_goes_does_not_approve_it(unit):
    consent_id = await requested(unit)
    assert (await approve(unit, consent_id, etag='"1"')).status_code == 412


async def test_the_log_says_that_it_was_read_and_of_no_value_that_nobody_saw(unit):
    await seen(unit, await requested(unit))
    assert [one["fields"] for one in await unit.said("record.read.v1")] == [[]]


async def test_where_nothing_would_go_nothing_is_approved_and_it_is_not_offered(unit):
    consent_id = await requested(unit)
    await agreed_to(unit, 2, ("prs_MobilePhone",))
    refused = await approve(unit, consent_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_disclose")
    offered = {move["verb"] for move in (await seen(unit, consent_id)).json()["moves"]}
    assert "approve_protection" not in offered


async def test_what_no_agreement_allows_is_refused_with_the_reason_to_whoever_asks_and_wakes_nobody(unit):
    without = {"purposes": ("return-and-reintegration",), "fields": LEAST}
    await unit.harness.deliver(agreement_changed(agreement_id="th-th", cells=("TH",), version=2, **without))
    refused = await request(unit)
    assert (refused.status_code, refused.json()["code"]) == (409, "purpose_outside_agreement")
    assert await unit.said("protection.requested.v1") == []
    assert await waiting(unit, "approval") == []
