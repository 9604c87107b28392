"""What somebody with bad intent tries: forms of others, links that lead elsewhere, lines in headers, script in texts."""

import re
from urllib.parse import quote, urlsplit

import pytest

from chassis.web.routes import every_route
from services.console.serving import pages
from tests.console.conftest import ORIGIN
from tests.console.whole.table import BUTTONS, EVERY_PAGE, FORMS, OF_EACH_KIND, OPEN, PAGES, SENT, form_of
from tests.console.whole.things import PEOPLE

pytestmark = pytest.mark.asyncio(loop_scope="session")
ELSEWHERE = ("//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/", "/%2Fevil.example", "/%5Cevil.example", "javascript:alert(1)", "/cases\r\nX-Evil: 1")  # fmt: skip
SENT_TO = {**FORMS, **SENT}


def asked_for(path: str) -> list[str]:
    """The parameters of a page in its address."""
    found = (
        route for route in every_route(pages().app.app.routes) if route.path.replace(":int}", "}") == path
    )
    return [one.name for route in found for one in route.dependant.query_params]


async def test_a_form_of_another_session_is_worth_nothing_whoever_sends_it(whole):
    forms = {}
    for verb in OF_EACH_KIND:
        row = FORMS[verb]
        browser = await whole.as_person(min(row.found_by))
        forms[verb] = await form_of(browser, verb, row.at(whole))
    before, wrong = await whole.facts(), {}
    for name in ("", *PEOPLE):
        browser = await whole.signed_in(name)
        for verb, form in forms.items():
            answer = await browser.send(form, **form.filled("planted"))
            expected = 401 if not name else 422 if name in FORMS[verb].found_by else 404
            if answer.status != expected:
                wrong[verb, name] = answer.status
    assert wrong == {}
    assert await whole.facts() == before


async def test_whoever_is_not_signed_in_is_led_to_where_one_signs_in(whole):
    nobody = (await whole.as_person("")).http
    for name, row in EVERY_PAGE.items():
        answer = await nobody.get(row.at(whole))
        back = urlsplit(row.at(whole)).path.removeprefix("/console")
        assert answer.headers["location"] == f"/console/sign-in?back={back}", name
    for name in ("/cases/find", "/search", "/team/cases", "/audit/search", "/audit/export"):
        answer = await nobody.post(SENT[name].at(whole))
        assert answer.headers["location"] == "/console/sign-in?back=/", name


async def test_another_site_sends_no_form_in_anybodys_name(whole):
    before = await whole.facts()
    for origin in ("cross-site", "same-site"):
        for row in SENT_TO.values():
            browser = await whole.as_person(min(row.found_by))
            answer = await browser.http.post(row.at(whole), headers={"Sec-Fetch-Site": origin})
            assert answer.status_code == 403, row
        for path in BUTTONS:
            answer = await browser.http.post(f"/console{path}", headers={"Sec-Fetch-Site": origin})
            assert answer.status_code == 403, path
    assert await whole.facts() == before


async def test_no_parameter_of_any_page_leads_elsewhere_or_writes_a_header(whole):
    nobody = await whole.as_person("")
    for to in ELSEWHERE:
        for path in OPEN:
            here(await nobody.http.get(f"/console{path}", params=dict.fromkeys(asked_for(path), to)), path)
        chosen = {"language": "en", "back": to}
        here(await nobody.http.post("/console/language", data=chosen), "/language")
    for path, row in PAGES.items():
        http = (await whole.as_person(min(row.found_by))).http
        for to in ELSEWHERE[:2] if asked_for(path) else ():
            here(await http.get(row.at(whole), params=dict.fromkeys(asked_for(path), to)), path)


async def test_no_address_or_host_leads_elsewhere(whole):
    for person in ("", "th.worker"):
        http = (await whole.as_person(person)).http
        for path in ("//evil.example", "//evil.example/", "/cases/", "/%2f%2fevil.example", "/\\evil.example", "/%0d%0aX-Evil:1", "/cases%0d%0aX-Evil:1/", "/static//evil.example/"):  # fmt: skip
            for headers in ({}, {"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}):
                here(await http.get(f"{ORIGIN}/console{path}", headers=headers), path)


def here(answer, what: str) -> None:
    """The answer leads nowhere but to the console and the issuer, and has the headers that were meant."""
    location = answer.headers.get("location", "/")
    led = urlsplit(location)
    assert (led.scheme + led.netloc, location[:2] in {"//", "/\\"}) in {("", False), ("httpsworkplace.test", False)}, (what, location)  # fmt: skip
    assert "evil" not in led.path + str(answer.headers.get("set-cookie", "")), (what, location)
    assert "x-evil" not in answer.headers, what
    assert not re.search(r'(href|action)="[^"]*evil', answer.text), what
    assert not any(b"\r" in value or b"\n" in value for _, value in answer.headers.raw), what


@pytest.mark.parametrize("language", ["km\r\nX-Evil: 1", "../../etc/passwd", "xx", "", "km;q=1"])
async def test_a_language_that_is_none_is_none(whole, language):
    browser = await whole.signed_in()
    answer = await browser.http.post("/console/language", data={"language": language})
    assert (answer.status_code in {400, 404}, "set-cookie" in answer.headers) == (True, False)
    cookie = f"__Host-th-language={quote(language)}"
    shown = await browser.http.get("/console/sign-in", headers={"Cookie": cookie})
    assert (shown.status_code, '<html lang="en"' in shown.text) == (200, True)


async def test_a_file_that_is_sent_in_the_place_of_a_text_is_refused(whole):
    worker = await whole.as_person("th.worker")
    form = (await worker.get(FORMS["write_note"].at(whole))).form("write_note")
    name = 'x";\r\nX-Evil: 1\r\n'
    before = await whole.facts()
    for address in (form.action, PAGES["/cases/{case_id}/record_consent"].at(whole)):
        answer = await worker.http.post(address, data=dict(form.fields), files={"text": (name, b"planted")})
        assert answer.status_code == 400
        here(answer, address)
    assert await whole.facts() == before
