"""The pages of consents: she is asked step by step, answers once, and takes back in two clicks; consent on its own database."""

import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from contracts.codes import LANGUAGES
from contracts.events.exchange import RecallAnsweredV1
from contracts.events.intake import CaseTransferredV1
from tests.consent.making import AGENCY, PURPOSE
from tests.console.browsing import SentForm
from tests.console.consenting import (
    CANARY,
    STEPS,
    WHAT,
    begun,
    gone,
    saved,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCRIPT = '"><script>alert("she")</script>'


async def test_she_is_asked_step_by_step_and_her_yes_is_saved_once_as_it_was_given(consents):
    case, browser, page = await begun(consents)
    check = await gone(browser, page, *STEPS)
    assert ("She agrees." in check.text, CANARY in check.text, f"Lotus {AGENCY} <b>" in check.text) == (True, True, True)  # fmt: skip
    for _ in range(2):
        page = await browser.send(check.form("record_consent"))
        assert "What she answered was saved." in page.text, page.text
    (found,) = await consents.recorded(case)
    terms = found["terms"]
    assert {one["organisation"] for one in terms["recipients"]} == set(WHAT["recipients"])
    assert (terms["notice_version"], terms["language"], terms["back_categories"]) == (
        "2026-1",
        "km",
        ["outcome"],
    )
    assert (terms["method"], found["state"]) == ("spoken-before-witness", "given")
    assert CANARY not in page.html + "".join(browser.asked) + str(dict(browser.http.cookies))
    overview = await browser.get(f"/console/cases/{case}/consents")
    assert ("Consent given" in overview.text, "2026-1, Khmer" in overview.text) == (True, True)
    assert (
        (await browser.get(f"/console/cases/{case}"))
        .links["Ask her, show or take back"]
        .endswith("/consents")
    )


async def test_a_purpose_that_nobody_may_give_is_not_offered_and_not_taken(consents):
    case, browser, page = await begun(consents)
    assert (f'value="{PURPOSE}"' in page.html, 'value="audit"' in page.html) == (True, False)
    check = await gone(browser, page, {**WHAT, "purposes": ["audit"]}, *STEPS[1:])
    again = await browser.send(check.form("record_consent"))
    assert (again.status, again.html.count("Choose one of the answers")) == (422, 2)
    assert await consents.recorded(case) == []


async def test_the_notice_stands_there_in_the_language_in_which_it_is_read_out(consents):
    _, browser, page = await begun(consents)
    notice = await gone(browser, page, *STEPS[:2])
    assert ('lang="km"' in notice.html, "No native speaker has looked" in notice.text) == (True, True)
    without = await browser.send(notice.form("record_consent"), decision="given")
    assert (without.status, without.html.count("She is asked only after this was explained to her")) == (
        422,
        2,
    )


async def test_what_is_missing_is_said_beside_it_and_nothing_that_was_chosen_is_lost_on_the_way_back(
    consents,
):
    case, browser, page = await begun(consents)
    again = await browser.send(page.form("record_consent"), recipients=[AGENCY])
    assert (again.status, again.html.count("Choose at least one")) == (422, 4)
    assert ("recipients", AGENCY) in again.form("record_consent").fields
    check = await gone(browser, page, *STEPS)
    back = await browser.send(check.form("record_consent"), go="what")
    assert {value for name, value in back.form("record_consent").fields if name == "recipients"} == set(
        WHAT["recipients"]
    )
    until = await browser.send(check.form("record_consent"), go="back")
    assert dict(until.form("record_consent").fields)["period"] == "90"
    skipped = await browser.send(page.form("record_consent"), step="check")
    assert (skipped.status, await consents.recorded(case)) == (422, [])


async def test_her_no_is_saved_without_any_other_question_at_the_beginning_and_after_the_notice(consents):
    for steps, last in (((), {"go": "refuse"}), (STEPS[:2], {"decision": "refused"})):
        case, browser, page = await begun(consents)
        check = await browser.send((await gone(browser, page, *steps)).form("record_consent"), **last)
        assert (check.status, "She does not agree." in check.text) == (200, True)
        page = await browser.send(check.form("record_consent"))
        assert [one["state"] for one in await consents.recorded(case)] == ["refused"], page.text
        assert ("Her receipt, to print" in page.links, "She takes all of it back" in page.links) == (
            True,
            False,
        )


async def test_what_the_service_refuses_stands_in_the_step_where_it_was_asked_with_all_that_was_typed(
    consents,
):
    case, browser, page = await begun(consents, await consents.case("child"))
    again = await browser.send((await gone(browser, page, *STEPS)).form("record_consent"))
    assert (again.status, again.html.count("somebody must speak for her")) == (422, 2)
    assert dict(again.form("record_consent").fields)["witness"] == CANARY
    speaker = await gone(browser, again, {"capacity": "guardian"})
    until = await gone(
        browser, speaker, {"guardian": "Aunt", "guardian_relationship": "relative", "assent": "given"}
    )
    page = await browser.send((await gone(browser, until, {})).form("record_consent"))
    assert [one["state"] for one in await consents.recorded(case)] == ["requested"], page.text
    assert "Confirm who speaks for her" not in page.links
    second = consents.workplace.browser()
    await second.sign_in("th.supervisor")
    form = await second.get(page.answer.url.path + "/confirm_guardian")
    assert ("Aunt" in form.text, "Another adult relative" in form.text) == (True, True)
    unsure = await second.send(form.form("confirm_guardian"))
    assert (unsure.status, unsure.html.count("Confirm it only if you know of nothing")) == (422, 2)
    done = await second.send(unsure.form("confirm_guardian"), not_involved="yes")
    assert ("It is confirmed who speaks for her." in done.text, "Aunt" in done.text) == (True, False)
    assert [one["state"] for one in await consents.recorded(case)] == ["given"]


async def test_a_spoken_yes_without_a_witness_is_asked_for_one(consents):
    _, browser, page = await begun(consents)
    check = await gone(browser, page, *STEPS[:3], {**STEPS[3], "witness": ""}, STEPS[4])
    again = await browser.send(check.form("record_consent"))
    assert (again.status, 'href="#witness"' in again.html, again.html.count("This must be answered")) == (
        422,
        True,
        2,
    )


async def test_what_is_typed_is_text_in_every_step(consents):
    _, browser, page = await begun(consents)
    names = dict.fromkeys(("witness", "interpreter", "guardian"), SCRIPT)
    for step in STEPS:
        page = await gone(browser, page, step, **names, today=SCRIPT, notice_version=SCRIPT)
        assert "<script" not in page.html


async def test_a_page_of_another_session_case_or_key_saves_nothing(consents):
    case, browser, page = await begun(consents)
    check = (await gone(browser, page, *STEPS)).form("record_consent")
    for spoilt in ("token", "key"):
        told = await browser.send(check, **{spoilt: "another-value"})
        assert (told.status, "You have signed in again since" in told.text) == (422, True)
    other_case, other, _ = await begun(consents)
    for address in (check.action, f"/console/cases/{other_case}/record_consent"):
        assert (await other.send(SentForm(address, "post", check.fields))).status == 422
    assert await consents.recorded(case) + await consents.recorded(other_case) == []


async def test_a_session_that_ends_or_a_service_that_is_away_loses_nothing_and_doubles_nothing(consents):
    case, browser, page = await begun(consents)
    check = await gone(browser, page, *STEPS)
    peers = consents.workplace.console.service.settings.peers
    address = peers.pop("consent")
    told = await browser.send(check.form("record_consent"))
    peers["consent"] = address
    assert (told.status, "could not be saved at the moment" in told.text) == (503, True)
    assert dict(told.form("record_consent").fields)["key"] == dict(check.form("record_consent").fields)["key"]
    await browser.send(told.form("/sign-out"))
    over = await browser.send(told.form("record_consent"))
    assert over.status == 401
    await browser.sign_in("th.worker")
    again = await browser.send(over.form("record_consent"))
    await browser.send(again.form("record_consent"))
    assert len(await consents.recorded(case)) == 1


async def test_a_case_of_others_and_what_is_not_offered_look_like_what_is_not_there(consents):
    case, _, page = await saved(consents)
    stranger, where = consents.workplace.browser(), page.answer.url.path
    await stranger.sign_in("th.other-worker")
    for path in (
        f"/console/cases/{case}/consents", f"/console/cases/{case}/record_consent", where, f"{where}/receipt", f"{where}/withdraw_consent",
        f"/console/cases/{case}/withdraw_consent", f"{where}/renew_consent", f"{where}/revoke_consent"
    ):  # fmt: skip
        assert (await stranger.get(path)).status == 404, path


async def test_whoever_may_read_and_not_record_is_not_asked_to_ask_her(consents):
    case, browser, page = await begun(consents)
    check = await gone(browser, page, *STEPS)
    handed_over = CaseTransferredV1(
        case_id=UUID(case), referral_id=uuid4(), organisation="th-care-agency", recipient="th-shelter", at=datetime.now(UTC)
    )  # fmt: skip
    await consents.harness.deliver(handed_over)
    listed = await browser.get(f"/console/cases/{case}/consents")
    assert (listed.status, "Ask her" in listed.links) == (200, False)
    assert (await browser.get(f"/console/cases/{case}/record_consent")).status == 404
    late = await browser.send(check.form("record_consent"))  # begun while it was hers
    assert (late.status, await consents.recorded(case)) == (404, [])


async def test_she_takes_back_in_two_clicks_and_the_page_shows_who_answered_with_what(consents):
    case, browser, page = await saved(consents)
    disclosure = await consents.told(case)
    where = page.answer.url.path
    assert "Has it since" in (await browser.get(where)).text
    form = (await browser.get(page.links["She takes all of it back"])).form("withdraw_consent")
    for _ in range(2):
        back = await browser.send(form)
        assert ("It is taken back." in back.text, "No answer yet" in back.text) == (True, True), back.text
    assert [one["state"] for one in await consents.recorded(case)] == ["withdrawn"]
    answer = RecallAnsweredV1(
        case_id=UUID(case), disclosure_id=disclosure, answer="restricted", law=None, at=datetime.now(UTC)
    )
    await consents.harness.deliver(answer)
    after = await browser.get(where)
    assert re.search(
        rf"Lotus {AGENCY} <b> \(Cambodia\) Closed to use, kept \d+ \w+ \d+ \d\d:\d\d", after.text
    ), after.text
    assert "No answer yet" not in after.text


async def test_a_part_that_she_takes_back_leaves_the_rest_and_is_never_what_another_session_chose(consents):
    case, browser, page = await saved(consents)
    form = (await browser.get(page.links["She takes a part of it back"])).form("withdraw_part")
    _, other, _ = await begun(consents)
    assert (await other.send(form, recipients=["kh-shelter"])).status == 422
    nothing = await browser.send(form)
    assert (nothing.status, "Choose at least one" in nothing.text) == (422, True)
    part = await browser.send(nothing.form("withdraw_part"), recipients=["kh-shelter"])
    assert "This part is taken back." in part.text
    (found,) = await consents.recorded(case)
    assert [one["organisation"] for one in found["terms"]["recipients"]] == [AGENCY]
    assert len(re.findall("Consent given", part.text)) == 3  # the state, and its two revisions


async def test_her_receipt_is_the_paper_of_the_service_and_is_saved_nowhere(consents):
    _, browser, page = await saved(consents)
    answer = await browser.http.get(page.links["Her receipt, to print"])
    assert (answer.content[:5], answer.headers["Content-Type"]) == (b"%PDF-", "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'inline; filename="document.pdf"'


async def test_the_pages_are_in_the_language_of_their_reader_and_small(consents):
    case, browser, page = await saved(consents)
    asking, one = f"/console/cases/{case}/record_consent", page.answer.url.path
    for language in LANGUAGES:
        await browser.http.post("/console/language", data={"language": language})
        first = await browser.get(asking)
        others = (f"/console/cases/{case}/consents", one, f"{one}/withdraw_part")
        for each in [first, await gone(browser, first, WHAT), *[await browser.get(path) for path in others]]:
            assert (each.status, len(each.html.encode()) < 40_000) == (200, True)
            assert ("Exit this page" in each.text) == (language == "en")
            assert "&lt;p" not in each.html


async def test_consents_that_are_away_or_not_there_yet_say_what_to_do(consents):
    case = await consents.case()
    browser = consents.workplace.browser()
    await browser.sign_in("th.worker")
    empty = await browser.get(f"/console/cases/{case}/consents")
    assert "Nothing about her can be sent before she was asked." in empty.text
    peers = consents.workplace.console.service.settings.peers
    address = peers.pop("directory")
    page = await browser.get(f"/console/cases/{case}/record_consent")
    peers["directory"] = address
    assert (page.status, "This part does not answer at the moment" in page.text) == (200, True)
