"""Immediate protection in a browser: one asks, a second approves, a third looks; and what others let this case's organisation read."""

from uuid import UUID

import pytest

from contracts.codes import LANGUAGES
from tests.consent.making import SHELTER, disclosure_of, referral_sent
from tests.consent.test_hand_overs import received
from tests.console.consenting import saved

pytestmark = pytest.mark.asyncio(loop_scope="session")
ASKING = {
    "recipient": SHELTER,
    "law": "th-personal-data-26-1",
    "reasons": 'unconscious <script>alert("she")</script>',
}
ASK = "She cannot be asked: ask for immediate protection"


async def signed_in(consents, who):
    browser = consents.workplace.browser()
    await browser.sign_in(who)
    return browser


async def asked(consents):
    case, browser = await consents.case(), await signed_in(consents, "th.worker")
    page = await browser.get(f"/console/cases/{case}/consents")
    page = await browser.send((await browser.get(page.links[ASK])).form("request_protection"), **ASKING)
    assert "It is asked for." in page.text, page.text
    return case, browser, page


async def test_one_asks_a_second_approves_what_was_shown_and_each_step_is_done_once(consents):
    case, _browser, page = await asked(consents)
    assert ("<script" in page.html, "unconscious" in page.text) == (False, True)
    assert not {"Approve it as the second person"} & page.links.keys()
    second = await signed_in(consents, "th.supervisor")
    start = await second.get("/console/")
    waiting = await second.get(start.links["Immediate protection"])
    assert ("Waits for a second person" in waiting.text, page.answer.url.path in waiting.links.values()) == (
        True,
        True,
    )
    shown = await second.get(page.answer.url.path + "/approve_protection")
    assert ("unconscious" in shown.text, "Field by field" in shown.text) == (True, True)
    for _ in range(2):
        done = await second.send(shown.form("approve_protection"))
        assert "It is approved." in done.text, done.text
    assert [one["state"] for one in await consents.recorded(case)] == ["protected"]
    assert "th.supervisor" in done.text
    assert "Look at the reasons as the third person" not in done.links


async def test_what_was_not_filled_in_is_asked_for_beside_each_question(consents):
    case, browser = await consents.case(), await signed_in(consents, "th.worker")
    form = (await browser.get(f"/console/cases/{case}/request_protection")).form("request_protection")
    told = await browser.send(form)
    for said in ("Choose who is to protect her", "Choose the law", "Write the reasons"):
        assert (told.status, told.html.count(said)) == (422, 2), said


async def test_a_second_request_after_a_no_or_beside_the_first_says_why_and_keeps_what_was_typed(consents):
    case, browser, _ = await asked(consents)
    path = f"/console/cases/{case}/request_protection"
    beside = await browser.send((await browser.get(path)).form("request_protection"), **ASKING)
    assert (beside.status, "It is already asked for with this organisation" in beside.text) == (409, True)
    assert "unconscious" in dict(beside.form("request_protection").fields)["reasons"]
    case, _, page = await saved(consents)
    browser = await signed_in(consents, "th.worker")
    form = (await browser.get(f"/console/cases/{case}/request_protection")).form("request_protection")
    withdraw = (await browser.get(page.links["She takes all of it back"])).form("withdraw_consent")
    await browser.send(withdraw)
    told = await browser.send(form, **ASKING)
    assert (told.status, "The last that she said was no." in told.text) == (409, True)
    assert (await browser.get(f"/console/cases/{case}/request_protection")).status == 404


async def test_a_second_person_says_no_with_reasons_and_nothing_is_told(consents):
    case, _browser, page = await asked(consents)
    second = await signed_in(consents, "th.supervisor")
    form = (await second.get(page.answer.url.path + "/decline_protection")).form("decline_protection")
    empty = await second.send(form)
    assert (empty.status, empty.html.count("Write the reasons")) == (422, 2)
    done = await second.send(empty.form("decline_protection"), reasons="she woke")
    assert ("It was declined." in done.text, "she woke" in done.text) == (True, True)
    assert [one["state"] for one in await consents.recorded(case)] == ["revoked"]


async def test_a_third_person_looks_and_what_was_not_good_is_taken_back(consents):
    _case, browser, page = await asked(consents)
    colleague = await signed_in(consents, "th.supervisor")
    where = page.answer.url.path
    await colleague.send((await colleague.get(f"{where}/approve_protection")).form("approve_protection"))
    for person in (colleague, browser):
        assert (await person.get(f"{where}/review_protection")).status == 404
    assert (await (await signed_in(consents, "th.other-worker")).get(where)).status == 404


async def test_pages_of_protection_are_in_the_language_of_their_reader_and_small(consents):
    case, browser, page = await asked(consents)
    for language in LANGUAGES:
        await browser.http.post("/console/language", data={"language": language})
        for path in (
            f"/console/cases/{case}/request_protection",
            page.answer.url.path,
            "/console/protections",
        ):
            shown = await browser.get(path)
            assert (shown.status, len(shown.html.encode()) < 40_000) == (200, True)
            assert ("Immediate protection" in shown.text) == (language == "en")


async def test_what_others_let_us_read_is_shown_with_its_end_and_she_takes_it_back_here(consents):
    case, browser, _page = await saved(consents)
    theirs = await consents.case()
    asked_of = referral_sent(UUID(case))
    await consents.harness.deliver(asked_of)
    disclosure = disclosure_of(asked_of.referral_id)
    came = received(UUID(theirs), consents.persons[theirs], asked_of.referral_id)
    await consents.harness.deliver(came)
    shown = await browser.get(f"/console/cases/{theirs}/consents")
    assert ("What others let you read about her" in shown.text, "Full name" in shown.text) == (True, True)
    form = (await browser.get(shown.links["She takes back what others let you read"])).form("withdraw_grant")
    empty = await browser.send(form)
    assert (empty.status, empty.html.count("Ask her, and choose one of the answers")) == (422, 2)
    done = await browser.send(empty.form("withdraw_grant"), scope="all")
    assert ("It is taken back." in done.text, done.answer.url.path.endswith(f"{theirs}/consents")) == (
        True,
        True,
    )
    assert [one["state"] for one in await consents.recorded(case)] == ["withdrawn"]
    assert (await browser.get(f"/console/grants/{case}.{disclosure}/withdraw_grant")).status == 404
