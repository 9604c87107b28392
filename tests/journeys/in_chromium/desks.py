"""One person before the console of her country, in the few words of somebody who works there: open, follow, fill, choose, press, see.

What is meant is found by where it leads and by the names of fields, never by words, so that it is the same in every language.
"""

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from playwright.async_api import Browser, Locator, Page

from contracts.codes import labels

PATIENCE_LOOKS = 60
"""So often somebody looks again before they give up."""
PAUSE_MS = 250


class Desk:
    """Somebody with a mouse, a wide window and English pages."""

    language: ClassVar[Mapping[str, str]] = {}
    """The language of the pages by the country; English where none is named."""
    browser: ClassVar[Mapping[str, Any]] = {"viewport": {"width": 1280, "height": 900}}

    def __init__(self, page: Page, person: str, address: str) -> None:
        self.page, self.person, self._address = page, person, address
        self.reads = self.language.get(person[:2].upper(), "en")
        self.strayed: list[str] = []
        self.settled = False
        page.on("console", lambda said: self.strayed.append(said.text))
        page.on("request", lambda asked: self._look_where(asked.url))

    @classmethod
    async def of(cls, chromium: Browser, person: str, address: str) -> "Desk":
        """The desk of a person who signed in, by the issuer's page, and reads her language."""
        context = await chromium.new_context(**cls.browser, locale="en-US")
        context.set_default_timeout(30_000)
        desk = cls(await context.new_page(), person, address)
        await desk.page.goto(f"{address}/console/")
        await desk.follow("/sign-in/begin")
        await desk.push(f'button[value="{person}"]')
        await desk.there(f'form[action$="/sign-out"] span:text-is("{person}")')
        if desk.reads != "en":
            await desk.push(f'button[name="language"][value="{desk.reads}"]')
        desk.settled = True
        await desk.arrived()
        return desk

    def _look_where(self, url: str) -> None:
        there = urlsplit(url)
        if f"{there.scheme}://{there.netloc}" != self._address:
            self.strayed.append(url)

    # What a person does.

    async def follow(self, part: str, beside: str = "") -> None:
        """The first link whose address has this part, of an entry of a list that says something."""
        scope = self.page.locator(f'li:has-text("{beside}")') if beside else self.page
        await self.go(scope.locator(f'a[href*="{part}"]').first)

    async def push(self, button: str) -> None:
        await self.go(self.page.locator(button).first)

    async def press(self, form: str = "") -> None:
        """The button with which a form is sent, by the end of the address to which it goes; else that of the page."""
        where = f'form[action$="{form}"]' if form else "main form"
        await self.push(f"{where} button:not([name])")

    async def send(self, form: str = "", **answers: str | list[str]) -> None:
        """Answer what a form asks, and send it."""
        for name, said in answers.items():
            await (self.choose(name, *said) if isinstance(said, list) else self.fill(name, said))
        await self.press(form)

    async def fill(self, name: str, text: str) -> None:
        await self.write(self.page.locator(f'[name="{name}"]'), text)

    async def choose(self, name: str, *values: str) -> None:
        listed = self.page.locator(f'select[name="{name}"]')
        if await listed.count():
            await self.select(listed, values[0])
        else:
            for value in values:
                await self.tick(self.page.locator(f'input[name="{name}"][value="{value}"]'))

    # How it is done.

    async def go(self, there: Locator) -> None:
        """To the page to which this leads."""
        await self.reach(there)
        async with self.page.expect_navigation():
            await self.use(there)
        await self.arrived()

    async def reach(self, there: Locator) -> None:
        """Come before it, where that takes more than to look."""

    async def use(self, there: Locator) -> None:
        await there.click()

    async def write(self, there: Locator, text: str) -> None:
        await there.fill(text)

    async def select(self, there: Locator, value: str) -> None:
        await there.select_option(value)

    async def tick(self, there: Locator) -> None:
        await there.check()

    async def arrived(self) -> None:
        """Looks at the page that came."""

    # What a person sees.

    async def there(self, selector: str) -> None:
        await self.page.locator(selector).first.wait_for()

    async def heading(self) -> str:
        return (await self.page.locator("h1").inner_text()).strip()

    async def sees(self, *words: str) -> None:
        """Everywhere in the main part of the page."""
        shown = await self.page.locator("main").inner_text()
        missing = [one for one in words if one not in shown]
        assert not missing, (self.person, self.page.url, missing, shown)

    async def misses(self, *words: str) -> None:
        shown = await self.page.locator("main").inner_text()
        assert not [one for one in words if one in shown], (self.person, self.page.url, shown)

    async def said(self, listing: str, code: str) -> None:
        """The words of a code, in the language of the page."""
        await self.sees(self.word(listing, code))

    def word(self, listing: str, code: str) -> str:
        return labels(listing, self.reads)[code]

    async def newest(self, part: str, words: str) -> None:
        """Open the newest of a list, again and again until it is the one that says this."""
        for _ in range(PATIENCE_LOOKS):
            await self.follow(part)
            if await self._entry(part).count():
                await self.first(part)
                if words in await self.page.locator("main").inner_text():
                    return
            await self.page.wait_for_timeout(PAUSE_MS)
        raise AssertionError((self.person, self.page.url, part, await self.page.locator("main").inner_text()))

    async def first(self, part: str) -> None:
        """Open the first of a list whose entries are below this address."""
        await self.go(self._entry(part))

    def _entry(self, part: str) -> Locator:
        return self.page.locator(f'main li a[href*="{part}/"]').first

    async def again(self, seen: str) -> None:
        """Load the page again until this is to be seen on it."""
        for _ in range(PATIENCE_LOOKS):
            if await self.page.locator(seen).count():
                return
            await self.page.wait_for_timeout(PAUSE_MS)
            await self.page.reload()
        raise AssertionError((self.person, self.page.url, seen, await self.page.locator("main").inner_text()))


class WithoutScripts(Desk):
    """Somebody whose browser runs no JavaScript."""

    browser: ClassVar = {**Desk.browser, "java_script_enabled": False}


class Phone(Desk):
    """Somebody with a telephone, who reads Thai or Khmer: no page is wider than it, and each says its language."""

    language: ClassVar = {"TH": "th", "KH": "km"}
    WIDTH = 360
    browser: ClassVar = {"viewport": {"width": WIDTH, "height": 740}, "has_touch": True, "is_mobile": True}

    async def use(self, there: Locator) -> None:
        """Brings it to the middle first: the way out of the page stands over what is at the lower edge."""
        await there.evaluate("there => there.scrollIntoView({block: 'center'})")
        await there.tap()

    async def arrived(self) -> None:
        lang, wide = await self.page.evaluate(
            "[document.documentElement.lang, document.documentElement.scrollWidth]"
        )
        assert wide <= self.WIDTH, (self.person, self.page.url, wide)
        assert lang == self.reads or not self.settled, (self.person, self.page.url, lang)
