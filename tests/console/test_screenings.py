"""What was asked by a checklist: read with its answers, and one answer corrected with a reason, in the place of what stood."""

import pytest

from services.console.api.screenings import AWAY
from tests.console.test_case_work import SCRIPT, asked, begun
from tests.console.test_forms import away

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def submitted(workplace, case: str, browser):
    """The page of a checklist that was submitted with one answer."""
    choosing = await browser.get(
        (await browser.get(f"/console/cases/{case}")).links["Go through a checklist"]
    )
    check = await browser.send(choosing.form("draft_screening"), checklist="field-adult")
    address = check.answer.url.path
    await browser.send((await browser.get(f"{address}/2")).form("/2"), answer="yes")
    sent = await browser.send((await browser.get(address)).form("submit_draft"))
    return await browser.get(sent.links["What was answered, to read or correct"])


async def correcting(browser, page, number: int):
    return (await browser.get(f"{page.answer.url.path}/{number}")).form(f"/{number}")


async def test_an_answer_is_corrected_with_a_reason_and_what_stood_before_is_kept(workplace):
    case, browser = await begun(workplace)
    page = await submitted(workplace, case, browser)
    form = await correcting(browser, page, 2)
    assert dict(form.fields)["answer"] == "yes"
    told = await browser.send(form, answer="no")
    assert (told.status, told.html.count("Write why")) == (422, 2)
    form = told.form("/2")
    assert dict(form.fields)["answer"] == "no"
    for _ in range(2):  # pressed twice, corrected once
        done = await browser.send(form, reason=f"She said no {SCRIPT}")
        assert ("The answer was corrected." in done.text, "<script" in done.html) == (True, False)
    assert ("She said no" in done.text, done.links["What stood before"]) == (True, page.answer.url.path)
    listed = (await asked(workplace, f"/v1/cases/{case}/screenings"))["items"]
    assert [one["corrects"] is None for one in listed] == [True, False]
    now = await asked(workplace, f"/v1/cases/{case}/screenings/{listed[1]['id']}")
    before = await asked(workplace, f"/v1/cases/{case}/screenings/{listed[0]['id']}")
    assert [set(one["answers"].values()) for one in (before, now)] == [{"yes"}, {"no"}]
    old = await browser.get(page.answer.url.path)
    assert ("This was corrected" in old.text, any(text.startswith("Correct ") for text in old.links)) == (
        True,
        False,
    )
    every = await browser.get(old.links["All that was asked"])
    assert every.text.count("Correction") == 1


async def test_what_a_colleague_corrected_meanwhile_is_not_corrected_over(workplace):
    case, browser = await begun(workplace)
    page = await submitted(workplace, case, browser)
    late, first = await correcting(browser, page, 1), await correcting(browser, page, 2)
    await browser.send(first, answer="no", reason="She said no")
    told = await browser.send(late, answer="no", reason="Late")
    assert (told.status, "cannot be done any more" in told.text) == (409, True)
    assert (await browser.get(f"{page.answer.url.path}/1")).status == 404
    assert len((await asked(workplace, f"/v1/cases/{case}/screenings"))["items"]) == 2


async def test_a_yes_that_was_forgotten_raises_its_flag_and_a_service_that_is_away_loses_nothing(workplace):
    case, browser = await begun(workplace)
    page = await submitted(workplace, case, browser)
    form = await correcting(browser, page, 1)
    with away(workplace, "intake"):
        told = await browser.send(form, answer="yes", reason="Overheard")
    assert (told.status, AWAY in told.text) == (503, True)
    again = told.form("/1")
    assert {"answer": "yes", "reason": "Overheard"}.items() <= dict(again.fields).items()
    assert "The answer was corrected." in (await browser.send(again)).text
    assert "Urgent flag" in (await browser.get(f"/console/cases/{case}")).text


async def test_the_answers_of_somebody_elses_case_are_not_there(workplace):
    case, browser = await begun(workplace)
    page = await submitted(workplace, case, browser)
    stranger = workplace.browser()
    await stranger.sign_in("th.other-worker")
    for path in (page.answer.url.path, f"{page.answer.url.path}/1", f"/console/cases/{case}/screenings"):
        assert (await stranger.get(path)).status == 404
    for number in (0, 99):
        assert (await browser.get(f"{page.answer.url.path}/{number}")).status == 404
