"""A screening officer's pages: begin, ask one thing at a time, leave it, let a colleague go on, read back, submit, the receipt."""

import re

import pytest

from contracts.codes import LANGUAGES
from tests.console.browsing import SentForm
from tests.console.conftest import ISSUER
from tests.console.test_forms import away

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCRIPT = '"><script>alert("she")</script>'


async def officer(workplace, name="th.officer"):
    browser = workplace.browser()
    await browser.sign_in(name)
    return browser


async def begun(workplace, name="th.officer", **typed):
    """An intake that was begun, its address, and the page that comes after the first."""
    browser = await officer(workplace, name)
    start = await browser.get("/console/")
    first = await browser.get(start.links["Begin an intake"])
    page = await browser.send(first.form("/draft_case"), **typed)
    assert page.status == 200, page.text
    return browser, re.sub(r"/\d+$", "", page.answer.url.path), page, first


async def kept(workplace, address: str) -> dict:
    """The draft as intake has it."""
    who = workplace.intake.as_("screening_officer", sub="th.officer", org="th-screening-unit", iss=ISSUER)
    draft = address.rsplit("/", 1)[1]
    return (await workplace.intake.client.get(f"/v1/drafts/{draft}", headers=who)).json()


async def test_an_intake_is_begun_in_two_clicks_and_what_cannot_wait_acts_at_once(workplace):
    browser, address, second, first = await begun(
        workplace, protection=["immediate_danger"], health=["late_pregnancy"]
    )
    draft = await kept(workplace, address)
    assert (draft["urgency"], draft["flagged"]) == ("immediate", True)
    assert set(draft["flags"]) == {"immediate_danger", "late_pregnancy"}
    for told in ("In immediate danger", "Medical emergency", "Unaccompanied child", "Late pregnancy"):
        assert told in first.text
    assert "How did she come?" in second.text
    again = await browser.send(
        first.form("/draft_case"), protection=["immediate_danger"], health=["late_pregnancy"]
    )
    assert again.answer.url.path == second.answer.url.path  # pressed twice, begun once
    page = await browser.get(address)
    assert "Give it up" not in page.links  # an urgent flag stands


async def test_everything_may_be_left_open_and_is_saved_step_by_step_read_back_and_submitted(workplace):
    browser, address, page, _ = await begun(workplace)
    page = await browser.send(page.form("/2"), channel="screening-unit")
    page = await browser.send(page.form("/3"), first="km", second="th")
    page = await browser.send(page.form("/4"), cor_FullName=SCRIPT)
    page = await browser.send(
        page.form("/5"),
        **{
            "prs_Birthdate-day": "",
            "prs_Birthdate-month": "5",
            "prs_Birthdate-year": "1999",
            "prs_Birthdate-about": "yes",
        },
    )
    page = await browser.get(
        next(path for text, path in page.links.items() if text.startswith("Go on without"))
    )
    assert page.answer.url.path == f"{address}/7"
    kept_now = await kept(workplace, address)
    assert kept_now["fields"] == {"cor_FullName": SCRIPT, "prs_Birthdate": "1999-05~"}
    assert kept_now["languages"] == ["km", "th"]
    born = dict((await browser.get(f"{address}/5")).form("/5").fields)
    assert (born["prs_Birthdate-month"], born["prs_Birthdate-year"], born["prs_Birthdate-about"]) == (
        "05",
        "1999",
        "yes",
    )
    check = await browser.get(address)
    assert "<script" not in check.html
    for said in ("Khmer", "May 1999", "Screening unit", 'alert("she")', "Nothing is ticked", "Not answered"):
        assert said in check.text
    sent = await browser.send(check.form("submit_draft"))
    assert (sent.status, "It was submitted." in sent.text) == (200, True)
    receipt = await browser.get(sent.links["Receipt to print"])
    assert re.search(r"TH-\w{4}-\w{2}", receipt.text)
    assert receipt.links["Open the case"] == sent.links["Open the case"]  # her way on is asked for there
    mine = await browser.get("/console/submissions")
    assert "Recorded; nobody else has it yet" in mine.text
    for page in (receipt, mine):
        assert not re.search(r"alert|Khmer|1999|traffick|victim|screen|exploit", page.text, re.IGNORECASE)
    once_more = await browser.send(check.form("submit_draft"))
    assert once_more.status == 200  # pressed twice, submitted once
    assert (
        await browser.get(f"{address}/4")
    ).answer.url.path == address  # Back to a step shows what became of it


async def at_step_of(browser, address, question):
    """The page of a question, by the link that stands beside it where all is read back."""
    check = await browser.get(address)
    return await browser.get(check.links[f"Change {question}"])


def step(page):
    """The form of the step on a page."""
    return page.form(page.answer.url.path)


async def test_an_intake_is_asked_with_a_form_of_the_country_and_then_with_what_the_form_leaves_out(
    workplace,
):
    browser, address, second, first = await begun(
        workplace, protection=["immediate_danger"], form=["htcds-survey"]
    )
    assert "The form htcds-survey" in first.text
    assert "How did she come?" in second.text
    await browser.send(second.form("/2"), channel="screening-unit")
    page = await at_step_of(browser, address, "Gender")
    page = await browser.send(step(page), answer="Feminine")
    page = await browser.send(step(page), answer="KH")  # citizenship, of which there are too many for radios
    page = await at_step_of(browser, address, "Methods of Control")
    page = await browser.send(step(page), answer=["DebtBondage", "FalsePromises"])
    page = await at_step_of(browser, address, "Birthdate")
    await browser.send(step(page), **{"answer-year": "about 1999"})
    kept_now = await kept(workplace, address)
    assert kept_now["form_answers"] == {
        "prs_Gender": "Feminine",
        "prs_Citizenship": "KH",
        "vic_Methods_of_Control": ["DebtBondage", "FalsePromises"],
        "prs_Birthdate": "about 1999",
    }
    check = await browser.get(address)
    for said in ("Cambodia", "Debt bondage, False promises", "What must be known about her health?"):
        assert said in check.text
    for asked_by_the_form in ("When was she born?", "Which gender does she name?"):
        assert asked_by_the_form not in check.text
    told = await browser.send(check.form("submit_draft"))
    assert (told.status, "Birthdate: This cannot be read as it is written." in told.text) == (422, True)
    page = await at_step_of(browser, address, "Birthdate")
    await browser.send(step(page), **{"answer-year": "1999"})
    sent = await browser.send((await browser.get(address)).form("submit_draft"))
    assert (sent.status, "It was submitted." in sent.text) == (200, True)


async def test_where_the_country_has_no_form_or_its_file_is_gone_the_pages_ask_as_ever(
    workplace, monkeypatch
):
    browser, address, _, _ = await begun(workplace, form=["htcds-survey"])
    monkeypatch.setattr(type(workplace.intake.service.settings.country), "forms", ())
    start = await browser.get("/console/")
    assert "With which questions?" not in (await browser.get(start.links["Begin an intake"])).text
    assert "When was she born?" in (await browser.get(address)).text


async def test_what_is_missing_or_cannot_be_read_is_named_when_it_is_submitted_and_stays(workplace):
    browser, address, _, _ = await begun(workplace)
    born = (await browser.get(f"{address}/5")).form("/5")
    await browser.send(born, **{"prs_Birthdate-year": "about 1999"})
    told = await browser.send((await browser.get(address)).form("submit_draft"))
    assert told.status == 422
    assert "How did she come?: This must be answered." in told.text
    assert "When was she born?: This cannot be read as it is written." in told.text
    assert dict((await browser.get(f"{address}/5")).form("/5").fields)["prs_Birthdate-year"] == "about 1999"
    assert (await kept(workplace, address))["state"] == "open"


async def test_a_colleague_takes_it_up_gives_it_up_and_takes_it_back(workplace):
    first, address, _, _ = await begun(workplace, "th.worker")
    assert "Take it up" not in (await first.get(address)).links  # it is hers already
    browser = await officer(workplace, "th.supervisor")
    listed = await browser.get("/console/drafts")
    page = await browser.get(listed.links["Intake"])
    taken = await browser.send((await browser.get(page.links["Take it up"])).form("take_draft"))
    assert ("You have it now." in taken.text, "th.supervisor has it." in taken.text) == (True, True)
    page = await browser.get(address)
    form = (await browser.get(page.links["Give it up"])).form("abandon_draft")
    missing = await browser.send(form)
    assert (missing.status, missing.html.count("Choose why it is given up")) == (422, 2)
    gone = await browser.send(missing.form("abandon_draft"), reason="mistake")
    assert "For seven days it can be taken back." in gone.text
    back = await browser.get(gone.links["Take it back"])
    again = await browser.send(back.form("resume_draft"))
    assert "It goes on where it was." in again.text
    assert "Take it back" not in again.links


async def test_a_stale_step_is_told_and_overwrites_nothing_and_a_strange_token_does_nothing(workplace):
    browser, address, _, _ = await begun(workplace)
    stale = (await browser.get(f"{address}/4")).form("/4")
    await browser.send((await browser.get(f"{address}/4")).form("/4"), cor_FullName="first")
    told = await browser.send(stale, cor_FullName="second")
    assert (told.status, "Somebody changed this meanwhile" in told.text) == (412, True)
    assert dict(told.form("/4").fields)["cor_FullName"] == "second"
    other = await officer(workplace)
    foreign = (await other.get(f"{address}/4")).form("/4")
    refused = await browser.send(SentForm(foreign.action, "post", foreign.fields), cor_FullName="planted")
    assert "You have signed in again since" in refused.text
    assert (await kept(workplace, address))["fields"] == {"cor_FullName": "first"}
    read_back = (await browser.get(address)).form("submit_draft")
    await browser.send((await browser.get(f"{address}/2")).form("/2"), channel="hotline")
    unseen = await browser.send(read_back)
    assert (unseen.status, "Somebody changed this meanwhile" in unseen.text) == (409, True)
    assert (await kept(workplace, address))["state"] == "open"


async def test_a_session_that_ends_in_the_middle_of_a_step_loses_nothing(workplace):
    browser, address, _, _ = await begun(workplace)
    form = (await browser.get(f"{address}/4")).form("/4")
    await browser.send((await browser.get("/console/")).form("/sign-out"))
    over = await browser.send(form, cor_FullName="typed for long")
    assert (over.status, "You were signed out" in over.text) == (401, True)
    await browser.sign_in("th.officer")
    again = await browser.send(over.form("/4"))
    await browser.send(again.form("/4"))
    assert (await kept(workplace, address))["fields"] == {"cor_FullName": "typed for long"}


async def test_a_service_that_is_away_in_the_middle_of_a_step_loses_nothing(workplace):
    browser, address, _, _ = await begun(workplace)
    form = (await browser.get(f"{address}/4")).form("/4")
    with away(workplace, "intake"):
        told = await browser.send(form, cor_FullName="long words")
    assert (told.status, "could not be saved at the moment" in told.text) == (503, True)
    assert (await browser.send(told.form("/4"))).answer.url.path == f"{address}/5"
    assert (await kept(workplace, address))["fields"] == {"cor_FullName": "long words"}


async def test_a_checklist_is_asked_question_by_question_with_its_reason_and_every_answer_may_be_open(
    workplace,
):
    case = await workplace.case(workers=["th.supervisor"])
    browser = await officer(workplace, "th.supervisor")
    page = await browser.get(f"/console/cases/{case}")
    choosing = await browser.get(page.links["Go through a checklist"])
    check = await browser.send(choosing.form("draft_screening"), checklist="field-adult")
    address = check.answer.url.path
    first = await browser.get(f"{address}/1")
    assert "We ask about this moment first" in first.text
    for answer in ("Yes", "No", "Unknown", "Declined", "Not asked"):
        assert answer in first.text
    missing = await browser.send(first.form("/1"))
    assert (missing.status, missing.html.count("Choose one of the answers")) == (422, 2)
    second = await browser.send(missing.form("/1"), answer="yes")
    assert second.answer.url.path == f"{address}/2"
    assert (
        "Urgent flag" in (await browser.get(f"/console/cases/{case}")).text
    )  # before anything was submitted
    await browser.send(second.form("/2"), answer="declined")
    check = await browser.get(address)
    assert "Declined" in check.text
    sent = await browser.send(check.form("submit_draft"))
    assert "These answers establish nothing" in sent.text
    assert "This supports a decision and is none." in sent.text
    assert (await browser.get(f"{address}/99")).answer.url.path == address


async def test_what_was_begun_is_nobody_elses_and_its_pages_say_so(workplace):
    _, address, _, _ = await begun(workplace)
    for name in ("th.worker", "th.auditor"):
        stranger = await officer(workplace, name)
        for path in (
            address,
            f"{address}/4",
            f"{address}/submit_draft",
            address.replace("drafts", "submissions"),
        ):
            assert (await stranger.get(path)).status == 404, (name, path)
    auditor = await officer(workplace, "th.auditor")
    assert [
        (await auditor.get(f"/console/{path}")).status
        for path in ("drafts", "drafts/ours/draft_case", "submissions")
    ] == [404] * 3
    worker = await officer(workplace, "th.worker")
    assert (await worker.get("/console/submissions")).status == 404


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_of_an_intake_is_small_and_in_the_language_of_its_reader(workplace, language):
    browser, address, _, _ = await begun(workplace)
    await browser.http.post("/console/language", data={"language": language})
    paths = [
        "/console/drafts",
        "/console/drafts/ours/draft_case",
        "/console/submissions",
        address,
        *(f"{address}/{n}" for n in (1, 2, 3, 5)),
    ]
    for path in paths:
        page = await browser.get(path)
        assert (page.status, f'<html lang="{language}"' in page.html) == (200, True)
        assert len(page.html.encode()) < 40_000, path
        assert "&lt;" not in page.html
