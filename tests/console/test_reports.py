"""What somebody told without a case: a call is nobody's until she agrees, an incident has no person, and its count hides few."""

import pytest

from tests.console.browsing import SentForm
from tests.console.conftest import ISSUER

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCRIPT = "<script>alert('she')</script>"
CANARY = "Kanarie-0812345678"
TOLD = {
    "text": SCRIPT,
    "protection": "immediate_danger",
    "way": "telephone",
    "contact": CANARY,
    "safe": "in the morning",
}


async def signed_in(workplace, name="th.worker"):
    browser = workplace.browser()
    await browser.sign_in(name)
    return browser


async def a_call(browser, **typed):
    form = (await browser.get("/console/calls/ours/start_call")).form("start_call")
    page = await browser.send(form, kind="own-help", **typed)
    assert "The call was saved." in page.text, page.text
    return page


async def moved(browser, page, title: str, verb: str, **typed):
    form = (await browser.get(page.links[title])).form(verb)
    return await browser.send(form, **typed)


async def test_a_call_is_written_down_without_a_name_and_read_back_as_text(workplace):
    browser = await signed_in(workplace)
    form = (await browser.get("/console/calls/ours/start_call")).form("start_call")
    told = await browser.send(form, **TOLD)
    assert (told.status, told.html.count("Choose why they call")) == (422, 2)
    assert dict(told.form("start_call").fields)["contact"] == CANARY
    told = await browser.send(told.form("start_call"), kind="own-help", safe="")
    assert (told.status, told.html.count("or leave all three empty")) == (422, 2), told.text
    page = await browser.send(told.form("start_call"), safe="in the morning")
    for word in (SCRIPT, CANARY, "in the morning", "Immediate"):
        assert word in page.text, word
    assert "<script" not in page.html
    assert CANARY not in page.html.partition("</title>")[0]
    listed = await browser.get("/console/calls?view=mine")
    assert (str(page.answer.url.path) in listed.html, CANARY in listed.html) == (True, False)
    assert CANARY not in " ".join(browser.asked)


async def test_what_was_said_is_gone_on_with_and_what_she_takes_back_is_gone(workplace):
    browser = await signed_in(workplace)
    page = await a_call(browser, **TOLD)
    form = (await browser.get(page.links["Add to it or change it"])).form("save_call")
    assert dict(form.fields)["contact"] == CANARY
    stale = (await browser.get(page.links["Add to it or change it"])).form("save_call")
    saved = await browser.send(form, contact="", safe="", way=[], text="other words")
    assert ("other words" in saved.text, CANARY in saved.html) == (True, False)
    assert "Not allowed" in saved.text
    told = await browser.send(stale, text="typed for long")
    assert (told.status, "Somebody changed this meanwhile" in told.text) == (412, True)
    assert dict(told.form("save_call").fields)["text"] == "typed for long"


async def test_a_call_becomes_part_of_a_case_only_as_she_agreed_and_comes_out_again(workplace):
    case, browser = await workplace.case(), await signed_in(workplace)
    page = await a_call(browser, text="words")
    form = (await browser.get(page.links["Make it part of a case"])).form("attach_call")
    told = await browser.send(form, case_id=case)
    assert (told.status, told.html.count("Choose how she agreed.")) == (422, 2)
    theirs = await workplace.case(workers=("th.colleague",))
    told = await browser.send(told.form("attach_call"), case_id=theirs, agreed="in-the-call")
    assert (told.status, told.html.count("No case of yours has this reference.")) == (422, 2)
    attached = await browser.send(told.form("attach_call"), case_id=case)
    assert f"/console/cases/{case}" in attached.links.values()
    assert "Said so in the call" in attached.text
    out = await moved(browser, attached, "Take it out of the case", "detach_call")
    assert ("Part of the case" in out.text, "Close this call" in out.links) == (False, True)


async def test_a_call_opens_a_case_once_and_one_with_danger_is_never_spam(workplace):
    browser = await signed_in(workplace)
    page = await a_call(browser)
    form = (await browser.get(page.links["Open a case with this call"])).form("open_call_case")
    for _ in range(2):
        opened = await browser.send(form, agreed="in-the-call", cor_FullName=CANARY)
        assert "The case was opened with the call in it." in opened.text
    assert CANARY in opened.text
    spam = await a_call(browser)
    told = await moved(browser, spam, "Close this call", "close_call")
    assert told.html.count("Choose how it ended") == 2
    assert "Became part of a case" not in told.text
    closed = await browser.send(told.form("close_call"), reason="spam")
    assert ("The call is closed." in closed.text, "No true call" in closed.text) == (True, True)
    again = await moved(browser, closed, "Open it again", "reopen_call")
    assert "The call is open again." in again.text
    danger = await a_call(browser, protection="immediate_danger")
    assert "Close this call" not in danger.links


async def test_calls_and_incidents_are_there_for_whoever_hears_of_them_and_for_nobody_else(workplace):
    page = await a_call(await signed_in(workplace))
    for name, calls, incidents, trends in (
        ("th.worker", 200, 200, 200), ("th.supervisor", 200, 200, 200), ("th.officer", 200, 200, 200),
        ("th.auditor", 404, 404, 200), ("th.operator", 404, 404, 404), ("th.other-worker", 200, 200, 200),
    ):  # fmt: skip
        browser = await signed_in(workplace, name)
        home = await browser.get("/console/")
        assert ("Calls" in home.links, "Incidents" in home.links) == (calls == 200, incidents == 200), name
        assert (await browser.get("/console/calls")).status == calls
        assert (await browser.get("/console/incidents")).status == incidents
        assert (await browser.get("/console/incidents/trends")).status == trends, name
        own = name in {"th.worker", "th.supervisor"}
        assert (await browser.get(str(page.answer.url.path))).status == (200 if own else 404), name


async def test_an_incident_is_written_down_corrected_shared_and_withdrawn_and_its_words_stay_here(workplace):
    browser, other = await signed_in(workplace), await signed_in(workplace, "th.other-worker")
    form = (await browser.get("/console/incidents/ours/record_incident")).form("record_incident")
    told = await browser.send(form, text=CANARY)
    assert (told.status, told.html.count("Choose the month")) == (422, 2)
    typed = {"kind": "confinement", "month": "2026-10", "province": "TH-10", "certainty": "likely"}
    made = await browser.send(told.form("record_incident"), **typed)
    assert ("October 2026" in made.text, "Krung Thep" in made.text, CANARY in made.text) == (True, True, True)
    address = str(made.answer.url.path)
    assert (await other.get(address)).status == 404
    form = (await browser.get(made.links["Correct it, or share it otherwise"])).form("correct_incident")
    assert dict(form.fields)["text"] == CANARY
    kept = {"kind": "confinement", "certainty": "likely", "month": "2026-10", "province": "TH-10"}
    told = await browser.send(form, **kept, with_all="yes")
    assert told.html.count("Choose the reason") == 2
    shared = await browser.send(told.form("correct_incident"), **kept, with_all="yes", reason="sharing")
    assert "Every organisation of the country" in shared.text
    theirs = await other.get(address)
    assert (theirs.status, CANARY in theirs.html, "th.worker" in theirs.html) == (200, False, False)
    assert "Correct it, or share it otherwise" not in theirs.links
    action = made.links["Withdraw this incident"]
    assert (await other.get(action)).status == 404
    withdrawn = await moved(
        browser, shared, "Withdraw this incident", "withdraw_incident", reason="told-twice"
    )
    assert "It had been told already" in withdrawn.text
    assert "It had been told already" in (await other.get(address)).text
    listed = await browser.get("/console/incidents?kind=confinement&province=TH-10")
    assert (address in listed.html, CANARY in listed.html) == (True, False)
    assert address not in (await browser.get("/console/incidents?kind=begging")).html
    sent = await other.send(SentForm(form.action, "post", form.fields), reason="mistake")
    assert sent.status in {404, 422}


async def test_how_many_there_were_hides_few_and_knows_no_month_that_is_not_over(workplace):
    browser = await signed_in(workplace)
    who = workplace.intake.as_("case_worker", sub="th.worker", org="th-care-agency", iss=ISSUER)
    page = await browser.get("/console/incidents/trends?month=2090-01")
    assert page.status == 200
    month = page.html.partition("selected")[0].rpartition('value="')[2].partition('"')[0]
    assert month < "2090-01"
    told = (await workplace.intake.client.get(f"/v1/incidents/trends/{month}", headers=who)).json()
    assert f"fewer than {told['at_least']}" in page.text
    assert "All others hidden" in page.text
    assert "None" not in page.text
