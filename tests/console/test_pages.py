"""Pages: what they show, in which language, with which headers, and what is in none of their addresses."""

import json
import re

import pytest

from chassis.web.answers import ResponseInterrupted
from contracts.codes import LANGUAGES
from services.console.parts import SERVICE
from services.console.rendering import STATIC
from services.console.serving import pages
from tests.console.conftest import ISSUER

pytestmark = pytest.mark.asyncio(loop_scope="session")
CANARY = "Kanarie-Sokhavy"
ACTIVE = re.compile(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:|https?://", re.IGNORECASE)
FIRST_VIEW, LATER_VIEW = 220_000, 40_000


async def read(browser, case: str) -> dict[str, object]:
    paths = ("/console/", "/console/cases", f"/console/cases/{case}", f"/console/cases/{case}/write_note")
    return {path: await browser.get(path) for path in paths}


async def spoken(browser, language: str) -> None:
    await browser.http.post("/console/language", data={"language": language})


@pytest.fixture(scope="session")
def signed_in():
    async def make(workplace, name="th.worker"):
        browser = workplace.browser()
        await browser.sign_in(name)
        return browser

    return make


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_is_in_the_language_of_its_reader_and_small(workplace, signed_in, language):
    case, browser = (
        await workplace.case({"cor_FullName": CANARY, "prs_Birthdate": "1999~"}),
        await signed_in(workplace),
    )
    await spoken(browser, language)
    pages = await read(browser, case)
    assert {page.status for page in pages.values()} == {200}
    assert {re.search(r'<html lang="(\w+)"', page.html)[1] for page in pages.values()} == {language}
    assert all(len(page.html.encode()) < LATER_VIEW for page in pages.values())
    assert ("2542" in pages[f"/console/cases/{case}"].text) == (language == "th")
    assert ("Overdue" in pages["/console/cases"].text) == (language == "en")
    assert "&lt;" not in "".join(
        page.html for page in pages.values()
    )  # no markup that was escaped by mistake


async def test_every_page_has_the_headers_and_nothing_that_runs(workplace, signed_in):
    browser = await signed_in(workplace)
    pages = await read(browser, await workplace.case())
    pages["/console/nowhere"] = await browser.get("/console/nowhere")
    pages["/console/sign-in"] = await workplace.browser().get("/console/sign-in")
    for page in pages.values():
        headers = page.answer.headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["style-src"] == "'self'"
        assert "script-src" not in policy
        assert "unsafe" not in str(policy)
        assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
        assert ACTIVE.findall(page.html) == []
        assert "GOV.UK" not in page.html


async def test_what_pages_load_is_kept_for_ever_and_is_not_much(workplace):
    names = json.loads((STATIC / "names.json").read_text())
    assert {file.name for file in STATIC.iterdir()} == {*names.values(), "names.json"}
    answer = await workplace.browser().http.get(f"/console/static/{names['console.css']}")
    assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)
    assert set(re.findall(r"url\(([^)]*)\)", answer.text)) <= set(names.values())
    assert not re.search(r"GDS Transport|crown", answer.text)
    khmer = [name for name in names if "latin" in name or "khmer" in name or name.endswith((".css", ".svg"))]
    assert sum((STATIC / names[name]).stat().st_size for name in khmer) + LATER_VIEW < FIRST_VIEW
    assert (await workplace.browser().http.get("/console/static/nothing.css")).status_code == 404


async def test_a_part_whose_service_is_away_costs_itself_and_not_the_page(workplace, signed_in):
    page = await (await signed_in(workplace)).get(
        f"/console/cases/{await workplace.case({'cor_FullName': CANARY})}"
    )
    assert (page.status, CANARY in page.text) == (200, True)
    assert page.text.count("This part does not answer at the moment") == 2  # referrals and the return
    assert page.text.count("This part is not yours to see") == 1  # her consents: not heard of
    assert "What happened" not in page.text  # what is not hers to see is left out


async def test_what_is_about_her_is_in_no_address_cookie_or_log(workplace, signed_in, capfd):
    browser = await signed_in(workplace)
    case = await workplace.case({"cor_FullName": CANARY, "prs_MobilePhone": "+66 81 777 0001"})
    form = (await read(browser, case))[f"/console/cases/{case}/write_note"].form("write_note")
    await browser.send(form, category="visit", text=CANARY)
    await browser.send((await browser.get("/console/cases")).form("/cases/find"), reference=CANARY)
    out, err = capfd.readouterr()
    for canary in (CANARY, "777 0001"):
        assert canary not in "".join(browser.asked) + str(dict(browser.http.cookies)) + out + err


async def test_a_case_is_found_by_its_reference_and_a_typing_error_is_told(workplace, signed_in):
    case, browser = await workplace.case(), await signed_in(workplace)
    page = await browser.get(f"/console/cases/{case}")
    reference = re.search(r"TH-\w{4}-\w{2}", page.text)[0]
    finding = (await browser.get("/console/cases")).form("/cases/find")
    found = await browser.send(finding, reference=reference.lower().replace("-", " "))
    assert str(found.answer.url).endswith(case)
    last = "2" if reference[-1] != "2" else "3"
    wrong = await browser.send(finding, reference=reference[:-1] + last)
    assert (wrong.status, "A letter or digit is not right" in wrong.text) == (422, True)
    assert dict(wrong.form("/cases/find").fields)["reference"] == reference[:-1] + last


async def test_a_case_that_is_not_hers_looks_like_one_that_is_not_there(workplace, signed_in):
    case = await workplace.case({"cor_FullName": CANARY})
    stranger = await signed_in(workplace, "th.other-worker")
    theirs = await stranger.get(f"/console/cases/{case}")
    nowhere = await stranger.get("/console/cases/00000000-0000-4000-8000-000000000000")
    assert (theirs.status, theirs.text) == (nowhere.status, nowhere.text) == (404, theirs.text)


async def test_each_finds_the_parts_that_are_open_to_her_and_no_others(workplace, signed_in):
    parts = {
        "th.worker": ["Cases", "Leave"],
        "th.supervisor": ["Cases", "Team", "Leave"],
        "th.auditor": ["Audit log"],
        "th.operator": ["Services", "Border", "Proposals"],
    }
    for name, theirs in parts.items():
        home = await (await signed_in(workplace, name)).get("/console/")
        named = ["Cases", "Team", "Leave", "Audit log", "Services", "Border", "Proposals"]
        assert [part for part in named if part in home.links] == theirs, name
        assert "There are no pages for your work here yet" not in home.text
        assert "not yours to see" not in home.text
    assert (await (await signed_in(workplace, "th.auditor")).get("/console/cases")).status == 404


async def test_lists_page_filter_and_say_what_to_do_when_empty(workplace, signed_in):
    for _ in range(26):
        await workplace.case()
    browser = await signed_in(workplace)
    first = await browser.get("/console/cases?view=all")
    second = await browser.get(first.links["Next page"])
    assert (second.status, "First page" in second.links) == (200, True)
    assert first.links.keys() & {one for one in second.links if one.startswith("TH-")} == set()
    none = await browser.get("/console/cases?view=all&channel=incident-report")
    assert "No case fits what you chose." in none.text
    assert "Nothing is overdue." in (await browser.get("/console/cases?view=late")).text
    assert (await browser.get("/console/cases?urgency=no-such-code")).status in {200, 400, 404}


async def test_the_routes_of_every_service_stand_beside_the_pages(workplace):
    client = workplace.console.client
    operator = workplace.console.as_("operator", sub="th.operator", org="th-operations", iss=ISSUER)
    assert (await client.get("/v1/work", headers=operator)).status_code == 200
    assert (await client.get("/v1/work")).status_code == 401
    odd = await client.get("/v1/parked/causes/a%0Ab", headers=operator)
    assert odd.headers["content-type"] == "application/problem+json"
    assert (await client.get("/health/ready")).headers["content-type"] == "application/json"


async def test_an_answer_that_broke_off_is_cut_and_never_taken_for_the_whole(workplace):
    async def half(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise OSError

    async def sent(message):
        pass

    app = pages()
    app.app.app = half
    with pytest.raises(ResponseInterrupted):
        await app({"type": "http", "path": "/", SERVICE: workplace.console.service}, None, sent)
