"""Forms: sent once, by whoever was given them, about what she saw; and nothing that was typed is lost."""

import contextlib

import pytest

from tests.console.browsing import SentForm
from tests.console.conftest import ISSUER

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCRIPT = '</textarea><script>alert("she")</script>'


@pytest.fixture(scope="session")
def wrote():
    """The notes of a case, as intake has them."""

    async def notes(workplace, case: str) -> list[str]:
        who = workplace.intake.as_("case_worker", sub="th.worker", org="th-care-agency", iss=ISSUER)
        answer = await workplace.intake.client.get(f"/v1/cases/{case}/notes", headers=who)
        return [note["text"] for note in answer.json()["items"]]

    return notes


@contextlib.contextmanager
def away(workplace, service: str):
    peers = workplace.console.service.settings.peers
    address = peers.pop(service)
    yield
    peers[service] = address


async def at_the_form(workplace, verb="write_note", who="th.worker"):
    case, browser = await workplace.case(), workplace.browser()
    await browser.sign_in(who)
    page = await browser.get(f"/console/cases/{case}/{verb}")
    assert page.status == 200, page.text
    return case, browser, page.form(verb)


async def test_a_note_is_written_once_however_often_it_is_sent_and_is_text(workplace, wrote):
    case, browser, form = await at_the_form(workplace)
    for _ in range(2):
        saved = await browser.send(form, category="call", text=SCRIPT)
        assert (saved.status, "The note was saved." in saved.text) == (200, True)
        assert "<script" not in saved.html
    assert await wrote(workplace, case) == [SCRIPT]


async def test_what_is_missing_is_said_beside_it_and_above_and_what_was_typed_stays(workplace, wrote):
    case, browser, form = await at_the_form(workplace)
    again = await browser.send(form, text=SCRIPT)
    assert again.status == 422
    assert again.html.count("Choose what the occasion was") == 2
    assert dict(again.form("write_note").fields)["text"] == SCRIPT
    assert 'href="#category"' in again.html
    saved = await browser.send(again.form("write_note"), category="visit")
    assert "The note was saved." in saved.text
    assert await wrote(workplace, case) == [SCRIPT]


async def test_what_the_service_refuses_is_said_beside_its_field_with_all_that_was_typed(workplace, wrote):
    case, browser, form = await at_the_form(workplace)
    again = await browser.send(form, category="visit", text="a" * 2001)
    assert again.status == 422
    assert again.html.count("This is too long: shorten it") == 2
    assert dict(again.form("write_note").fields).items() >= {"text": "a" * 2001, "category": "visit"}.items()
    assert await wrote(workplace, case) == []


@pytest.mark.parametrize("spoilt", ["token", "key", "seen"])
async def test_a_form_with_another_token_key_or_version_does_nothing(workplace, wrote, spoilt):
    case, browser, form = await at_the_form(workplace)
    again = await browser.send(form, category="visit", text="hers", **{spoilt: "another-value"})
    assert (again.status, "You have signed in again since" in again.text) == (422, True)
    assert await wrote(workplace, case) == []


async def test_a_form_of_another_session_or_case_is_worth_nothing(workplace, wrote):
    case, _, form = await at_the_form(workplace)
    other_case, other, _ = await at_the_form(workplace)
    await other.send(form, category="visit", text="planted")
    await other.send(SentForm(f"/console/cases/{other_case}/write_note", "post", form.fields), text="planted")
    assert await wrote(workplace, case) + await wrote(workplace, other_case) == []


async def test_another_site_sends_nothing_in_her_name(workplace, wrote):
    case, browser, form = await at_the_form(workplace)
    cross = {"Sec-Fetch-Site": "cross-site"}
    data = {**dict(form.fields), "category": "visit", "text": "planted"}
    assert (await browser.http.post("/console/exit", headers=cross)).status_code == 403
    for address in (form.action, "/console/sign-out", "/console/cases/find"):
        assert (await browser.http.post(address, data=data, headers=cross)).status_code == 403
        assert (await browser.http.post(address, data={"text": "x"})).status_code in {400, 422}
    assert await wrote(workplace, case) == []
    assert "You are signed in" in (await browser.get("/console/")).text


async def test_a_second_tab_is_told_what_changed_meanwhile_and_overwrites_nothing(workplace):
    _, browser, first = await at_the_form(workplace, "assign_case", "th.supervisor")
    second = (await browser.get(first.action)).form("assign_case")
    saved = await browser.send(first, workers=["th.worker", "th.colleague"])
    assert "It was saved who works on this case." in saved.text
    told = await browser.send(second, workers=["th.supervisor"])
    assert (told.status, "Somebody changed this meanwhile" in told.text) == (412, True)
    chosen = [value for name, value in told.form("assign_case").fields if name == "workers"]
    assert chosen == ["th.worker", "th.colleague"]
    assert "th.supervisor" in (await browser.send(told.form("assign_case"), workers=["th.supervisor"])).text


async def test_a_form_that_is_not_offered_is_not_there(workplace):
    case, browser, _ = await at_the_form(workplace)
    page = await browser.get(f"/console/cases/{case}")
    assert ("Add a note" in page.links, "Assign this case" in page.links) == (True, False)
    assert (await browser.get(f"/console/cases/{case}/assign_case")).status == 404
    assert (await browser.get(f"/console/cases/{case}/resume_case")).status == 404


async def test_a_service_that_is_away_in_the_middle_loses_nothing_and_doubles_nothing(workplace, wrote):
    case, browser, form = await at_the_form(workplace)
    with away(workplace, "intake"):
        told = await browser.send(form, category="visit", text="long words")
    assert (told.status, "could not be saved at the moment" in told.text) == (503, True)
    again = told.form("write_note")
    assert dict(again.fields)["text"] == "long words"
    assert dict(again.fields)["key"] == dict(form.fields)["key"]
    for _ in range(2):
        await browser.send(again)
    assert await wrote(workplace, case) == ["long words"]


async def test_a_session_that_ends_in_the_middle_loses_nothing(workplace, wrote):
    case, browser, form = await at_the_form(workplace)
    home = await browser.get("/console/")
    await browser.send(home.form("/sign-out"))
    over = await browser.send(form, category="visit", text="typed for long")
    assert (over.status, "You were signed out" in over.text) == (401, True)
    await browser.sign_in("th.worker")
    again = await browser.send(over.form("write_note"))
    assert "You have signed in again since" in again.text
    await browser.send(again.form("write_note"))
    assert await wrote(workplace, case) == ["typed for long"]
