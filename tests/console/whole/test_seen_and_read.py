"""Every page in Chromium in every language: what axe finds, what its policy stops, what it asks for, and how much it is."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import httpx2
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.codes import ENGLISH, LANGUAGES
from deploy.local.ports import free_port
from tests.browser.test_api_page import served
from tests.chromium import headless
from tests.console.browsing import Page
from tests.console.test_pages import FIRST_VIEW, LATER_VIEW
from tests.console.whole.table import EVERY_PAGE, PAGES
from tests.console.whole.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
FINDINGS = """async (contrast) => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], rules = {'color-contrast': {enabled: contrast}}
  const found = await axe.run({runOnly: tags, rules, preload: false, resultTypes: ['violations']})
  return found.violations.map(one => [one.id, one.help, ...one.nodes.map(node => node.html)].join(' | '))
}"""
"""The contrast is looked at in one language, since the colours are the same in all, and half of the time."""
TURN = """async (html) => {
  const next = new DOMParser().parseFromString(html, 'text/html')
  document.title = next.title
  document.documentElement.lang = next.documentElement.lang
  document.body.replaceWith(document.adoptNode(next.body))
  await document.fonts.ready
}"""
"""Puts a page in the place of the one before it, as it is without JavaScript: a fifth of the work of going there."""


class Remembering(httpx2.AsyncBaseTransport):
    """Passes everything on, and says again what it was told once: a page in the next language shows the same."""

    def __init__(self, others) -> None:
        self.others, self.told = others, {}

    async def handle_async_request(self, request):
        if request.method != "GET":
            return await self.others.handle_async_request(request)
        key = str(request.url), request.headers["Authorization"]
        spoken = (*key, request.headers["Accept-Language"])
        known = self.told.get(spoken) or self.told.get(key)
        if known is None:
            answer = await self.others.handle_async_request(request)
            known = answer.status_code, dict(answer.headers), await answer.aread()
            self.told[spoken if "Accept-Language" in answer.headers.get("Vary", "") else key] = known
        status, headers, content = known
        return httpx2.Response(status, headers=headers, content=content)


@dataclass
class Screen:
    """Chromium before whatever page is put there, from a server that has this page and the files that pages load."""

    whole: object
    base: str = ""
    put: httpx2.Response | None = None
    sent: int = 0
    stopped: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        stands = not path.startswith("/console/static/")
        answer = self.put if stands else await (await self.whole.as_person("")).http.get(path)
        self.sent += len(answer.content)
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        return Response(answer.content, 200, headers)

    async def show(self, tab, page: Page) -> int:
        """How many bytes went over the line."""
        self.put, self.sent = page.answer, 0
        await tab.goto(self.base + page.answer.url.path)
        return self.sent

    async def turn(self, tab, page: Page) -> int:
        """How many bytes would go over the line: the page, and whatever the ones before it did not load."""
        self.sent = len(page.answer.content)
        await tab.evaluate(TURN, page.answer.text)
        return self.sent


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def screen(whole) -> AsyncIterator[Screen]:
    screen, peers = Screen(whole), whole.console.service.peers
    before, remembering = peers.http, Remembering(peers.http._transport)
    peers.http = httpx2.AsyncClient(transport=remembering)
    async with served(Starlette(routes=[Route("/{path:path}", screen.answer)]), free_port()) as base:
        screen.base = base
        yield screen
    peers.http = before
    await Visits(whole, ENGLISH).return_to_language(min(row.found_by) for row in EVERY_PAGE.values())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chromium():
    async with headless() as browser:
        yield browser


async def a_tab(chromium, screen: Screen):
    """A tab of a browser that has seen nothing yet. The policy of the pages stands; axe was there before they were."""
    context = await chromium.new_context(viewport={"width": 360, "height": 740})
    await context.add_init_script(AXE)
    tab = await context.new_page()
    tab.on("console", lambda message: message.type == "error" and screen.stopped.append(message.text))
    tab.on("request", lambda request: screen.asked.add(urlsplit(request.url).netloc))
    return tab


@pytest.mark.parametrize("language", LANGUAGES)
async def test_axe_finds_nothing_on_any_page_which_is_small_and_asks_for_nothing_elsewhere(
    whole, screen, chromium, language
):
    tab, findings, sizes = await a_tab(chromium, screen), {}, {}
    async for name, page in Visits(whole, language).every():
        assert f'<html lang="{language}"' in page.html, name
        gone_to = language == ENGLISH or not sizes
        sizes[name] = await (screen.show if gone_to else screen.turn)(tab, page)
        findings[name] = [*await tab.evaluate(FINDINGS, language == ENGLISH), *screen.stopped]
        screen.stopped.clear()
    await tab.context.close()
    assert {name: found for name, found in findings.items() if found} == {}
    first, *_ = sizes
    assert sizes.pop(first) <= FIRST_VIEW
    assert {name: size for name, size in sizes.items() if size > LATER_VIEW} == {}
    assert screen.asked == {urlsplit(screen.base).netloc}


async def test_what_is_wrong_with_a_page_is_found(whole, screen, chromium):
    page = await Visits(whole, "en").of(PAGES["/"])
    wrong = '<p style="color: red"><font color="#eee">Pale</font></p><input name="x"><img src="http://elsewhere.test/x.png">'
    spoilt = page.html.replace("</main>", f"{wrong}</main>")
    page.answer = httpx2.Response(200, text=spoilt, headers=page.answer.headers, request=page.answer.request)
    tab = await a_tab(chromium, screen)
    await screen.show(tab, page)
    found = await tab.evaluate(FINDINGS, True)
    assert [one.partition(" ")[0] for one in found] == ["color-contrast", "image-alt", "label"]
    assert sum("Content Security Policy" in one for one in screen.stopped) == 2
    await tab.evaluate("() => document.body.replaceChildren()")
    await screen.turn(tab, page)
    assert await tab.evaluate(FINDINGS, True) == found
    assert sum("Content Security Policy" in one for one in screen.stopped) > 2
    screen.stopped.clear()
    await tab.context.close()
