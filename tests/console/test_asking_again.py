"""She is asked again: more, less, longer, or no; a day that she chooses; and what another than she ends."""

from datetime import timedelta

import pytest

from tests.consent.making import AGENCY, SHELTER
from tests.console.consenting import STEPS, WHAT, begun, gone, saved

pytestmark = pytest.mark.asyncio(loop_scope="session")
AGAIN = "renew_consent"
REST = (
    {"notice_language": "km"},
    {"risks_explained": "yes", "decision": "given"},
    {"capacity": "self", "method": "signature"},
)


def in_days(consents, days: int) -> str:
    service = consents.workplace.console.service
    return (service.clock() + timedelta(days=days)).date().isoformat()


async def again(consents):
    """The first page on which she is asked again, with what she agreed to before."""
    case, browser, page = await saved(consents)
    asked = await browser.get(page.links["Ask her again"])
    assert asked.status == 200, asked.text
    return case, browser, page, asked


def chosen(page, name: str) -> set[str]:
    return {value for field, value in page.form(AGAIN).fields if field == name}


async def test_she_is_asked_again_from_what_she_agreed_to_and_her_yes_replaces_it(consents):
    case, browser, page, asked = await again(consents)
    assert (chosen(asked, "recipients"), chosen(asked, "categories")) == (
        set(WHAT["recipients"]),
        {"identity", "needs"},
    )
    more = {**WHAT, "recipients": [AGENCY, SHELTER], "categories": ["identity", "needs", "family"]}
    day = in_days(consents, 200)
    ends = {"period": "day", "until_day": day, "withdrawal_method": "hotline"}
    check = await gone(browser, asked, more, *REST, ends, verb=AGAIN)
    assert "She agrees." in check.text
    for _ in range(2):
        done = await browser.send(check.form(AGAIN))
        assert ("What she answered was saved." in done.text, done.answer.url.path) == (
            True,
            page.answer.url.path,
        )
    (found,) = await consents.recorded(case)
    terms = found["terms"]
    assert ({one["organisation"] for one in terms["recipients"]}, terms["categories"]) == (
        {AGENCY, SHELTER},
        ["family", "identity", "needs"],
    )
    assert (found["state"], found["revision"], found["valid_until"][:10]) == ("renewed", 2, day)


async def test_her_no_to_going_on_is_saved_beside_what_stands(consents):
    case, browser, page, asked = await again(consents)
    check = await browser.send(asked.form(AGAIN), go="refuse")
    assert "What she agreed to before stays as it is" in check.text
    done = await browser.send(check.form(AGAIN))
    assert ("Her no was saved." in done.text, done.answer.url.path) == (True, page.answer.url.path)
    assert [one["state"] for one in await consents.recorded(case)] == ["given", "refused"]
    assert "She takes all of it back" in done.links


async def test_what_somebody_changed_while_she_was_asked_again_is_told_and_nothing_is_overwritten(consents):
    case, browser, page, asked = await again(consents)
    check = await gone(browser, asked, WHAT, *REST, STEPS[4], verb=AGAIN)
    part = (await browser.get(page.links["She takes a part of it back"])).form("withdraw_part")
    await browser.send(part, recipients=["kh-shelter"])
    told = await browser.send(check.form(AGAIN))
    assert (told.status, "Somebody changed this meanwhile." in told.text) == (409, True)
    (found,) = await consents.recorded(case)
    assert [one["organisation"] for one in found["terms"]["recipients"]] == [AGENCY]


async def test_a_page_of_another_session_version_or_case_renews_nothing(consents):
    case, browser, _page, asked = await again(consents)
    check = (await gone(browser, asked, WHAT, *REST, STEPS[4], verb=AGAIN)).form(AGAIN)
    elsewhere = (await begun(consents))[0]
    for spoilt in ({"token": "another"}, {"seen": '"7"'}, {"of": elsewhere}, {"key": "another"}):
        told = await browser.send(check, **spoilt)
        assert (told.status, "You have signed in again since" in told.text) == (422, True), spoilt
        assert dict(told.form(AGAIN).fields)["of"] == case
    assert (await browser.send(check, of="none")).status == 400
    assert [one["revision"] for one in await consents.recorded(case)] == [1]


async def test_a_day_that_is_missing_past_or_too_far_is_told_beside_it(consents):
    _, browser, page = await begun(consents)
    for day, said in (
        ("", "Choose the day"),
        ("soon", "Choose the day"),
        (in_days(consents, -3), "Choose a day that is still to come"),
        (in_days(consents, 800), "Choose a day that is still to come"),
    ):
        until = await gone(browser, page, *STEPS[:4])
        wrong = {**STEPS[4], "period": "day", "until_day": day}
        told = await browser.send(until.form("record_consent"), **wrong)
        if told.status == 200:
            told = await browser.send(told.form("record_consent"))
        assert (told.status, told.html.count(said), 'href="#until_day"' in told.html) == (422, 2, True), day


async def test_a_consent_is_ended_by_another_than_her_with_two_clicks_and_says_so(consents):
    case, _, page = await saved(consents)
    assert "End it without her" not in page.links
    where, supervisor = page.answer.url.path, consents.workplace.browser()
    await supervisor.sign_in("th.supervisor")
    page = await supervisor.get(where)
    form = (await supervisor.get(page.links["End it without her"])).form("revoke_consent")
    for _ in range(2):
        done = await supervisor.send(form)
        assert "It is ended." in done.text, done.text
    assert [one["state"] for one in await consents.recorded(case)] == ["revoked"]
    assert not {"Ask her again", "End it without her"} & done.links.keys()


async def test_of_many_organisations_a_part_of_the_name_is_looked_for_and_who_was_chosen_stays(consents):
    case, browser, page = await begun(consents)
    found = await browser.send(
        page.form("record_consent"), recipients=[AGENCY], sought="th-shelter", go="find"
    )
    shown = {name for name, _ in found.form("record_consent").fields}
    assert (found.status, "sought" in shown) == (200, True)
    assert ("Lotus th-shelter <b>" in found.text, "kh-shelter" in found.text) == (True, False)
    assert ("recipients", AGENCY) in found.form("record_consent").fields
    assert await consents.recorded(case) == []
