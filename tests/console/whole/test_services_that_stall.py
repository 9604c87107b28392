"""A service that is away, silent, or never comes to an end: the page answers all the same, and says so."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from corridor import front
from services.console import asking, signing_in
from tests.console.test_forms import away
from tests.console.whole.table import FORMS, PAGES, form_of

pytestmark = pytest.mark.asyncio(loop_scope="session")
LIMIT = 60
"""Seconds after which a test gives up: what never comes to an end would hang."""


class Asked(dict):
    """The addresses of the services, and which of them were looked up."""

    def __init__(self, known) -> None:
        super().__init__(known)
        self.services = set()

    def get(self, service, default=None):
        self.services.add(service)
        return super().get(service, default)


@asynccontextmanager
async def stalling(ends: bytes):
    """The address of a service that takes every request, and answers with these bytes for ever; with none, not at all."""

    async def answer(reader, writer):
        if ends:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        for _ in range(LIMIT * 20):
            writer.write(ends)
            await asyncio.sleep(0.05)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


@pytest.fixture
def soon(monkeypatch):
    monkeypatch.setattr(asking, "READ_SECONDS", 2.0)
    monkeypatch.setattr(asking, "WRITE_SECONDS", 0.3)


@pytest.mark.parametrize("drop", [b"", b" "], ids=["silent", "without an end"])
async def test_a_part_whose_service_stalls_says_so_and_the_page_is_there(whole, monkeypatch, soon, drop):
    worker, page = await whole.as_person("th.worker"), PAGES["/cases/{case_id}"].at(whole)
    async with stalling(drop) as address:
        monkeypatch.setitem(whole.console.service.settings.peers, "referral", address)
        found = await asyncio.wait_for(worker.get(page), LIMIT)
        assert (found.status, "This part does not answer at the moment" in found.text) == (200, True)
        monkeypatch.setitem(whole.console.service.settings.peers, "intake", address)
        whole_page = await asyncio.wait_for(worker.get(page), LIMIT)
        assert (whole_page.status, "A part of the system does not answer" in whole_page.text) == (503, True)


@pytest.mark.parametrize(
    ("verb", "drop"),
    [("write_note", b""), ("write_note", b" "), ("draft_referral", b""), ("assign_case", b"")],
)
async def test_a_form_whose_service_stalls_keeps_what_was_typed(whole, monkeypatch, soon, verb, drop):
    browser = await whole.as_person(min(FORMS[verb].found_by))
    form = await form_of(browser, verb, FORMS[verb].at(whole))
    typed = form.filled("Typed for long")
    async with stalling(drop) as address:
        for service in ("intake", "referral", "directory"):
            monkeypatch.setitem(whole.console.service.settings.peers, service, address)
        told = await asyncio.wait_for(browser.send(form, **typed), LIMIT)
    assert (told.status, "could not be saved at the moment" in told.text) == (503, True)
    assert set(typed.items()) <= set(told.form(verb).fields)


async def test_a_page_answers_before_the_front_gives_it_up():
    """A token is made anew, what was sent is not answered, and then neither is what the form is made of."""
    longest = signing_in.ANSWER_SECONDS + asking.WRITE_SECONDS + 2 * asking.READ_SECONDS
    assert longest < front._ANSWER_S


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_without_one_of_its_services_says_so_or_shows_the_rest(whole, monkeypatch, page):
    row, settings = PAGES[page], whole.console.service.settings
    browser = await whole.as_person(min(row.found_by))
    monkeypatch.setattr(settings, "peers", asked := Asked(settings.peers))
    assert (await browser.http.get(row.at(whole), follow_redirects=True)).status_code == 200
    for service in sorted(asked.services):
        with away(whole, service):
            found = await browser.get(row.at(whole))
        assert found.status in {200, 503}, service
        assert found.status == 200 or "A part of the system does not answer" in found.text
