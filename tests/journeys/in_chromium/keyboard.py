"""The same by keyboard alone, with the focus to be seen at every step."""

from playwright.async_api import Locator

from tests.journeys.in_chromium.desks import Desk

FOCUSED = """() => {
  const there = document.activeElement
  const shown = there.matches('[type=radio], [type=checkbox]') ? getComputedStyle(there.labels[0], '::before') : getComputedStyle(there)
  const place = there.getBoundingClientRect()
  const top = document.elementFromPoint(place.x + place.width / 2, place.y + Math.min(place.height / 2, 10))
  const ring = shown.boxShadow !== 'none' || (shown.outlineStyle !== 'none' && parseFloat(shown.outlineWidth) > 0)
  return ring && top !== null && (there.contains(top) || top.contains(there) || [...(there.labels || [])].some(one => one.contains(top)))
}"""
"""True where the focus is drawn, and what has it is covered by nothing."""
SKIPS = """there => document.activeElement === document.body && there.closest('main') !== null && document.querySelector('.govuk-skip-link') !== null"""
"""True where the first link of a page leads over everything before its main part."""
AHEAD = """there => {
  const stops = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    .filter(one => one.checkVisibility())
  const one = (stop, among) => stop.type !== 'radio' ? stop
    : among.find(other => other.name === stop.name && other.checked) || among.find(other => other.type === 'radio' && other.name === stop.name)
  const tabs = stops.filter(stop => one(stop, stops) === stop)
  const [main, now] = [document.querySelector('main'), document.activeElement]
  const from = now !== document.body ? tabs.indexOf(now) : location.hash === '#main' ? tabs.findIndex(stop => main.contains(stop)) - 1 : -1
  return tabs.indexOf(one(there, stops)) - from
}"""
"""How many stops of the tabulator it is away."""


class Keyboard(Desk):
    """Somebody who never touches a mouse: tabulator, return, space, arrows and letters, and always sees where she is."""

    TRIES = 20

    async def reach(self, there: Locator) -> None:
        """Go there by the tabulator, and see that it is there."""
        keys = self.page.keyboard
        if await there.evaluate(SKIPS):
            await keys.press("Tab")
            await keys.press("Enter")
        for _ in range(self.TRIES):
            away = await there.evaluate(AHEAD)
            if away == 0:
                break
            for _ in range(abs(away)):
                await keys.press("Tab" if away > 0 else "Shift+Tab")
        assert away == 0, (self.person, self.page.url, str(there))
        assert await self.page.evaluate(FOCUSED), (self.person, self.page.url, str(there))

    async def use(self, there: Locator) -> None:
        del there
        await self.page.keyboard.press("Enter")

    async def write(self, there: Locator, text: str) -> None:
        await self.reach(there)
        await self.page.keyboard.press("ControlOrMeta+A")
        kind = await there.get_attribute("type")
        if kind in {"date", "datetime-local"}:
            await self._write_day(text)
        else:
            await self.page.keyboard.type(text)
        assert await there.input_value() == text, (self.page.url, text)

    async def _write_day(self, text: str) -> None:
        """The parts in the order of the browser: month, day, year, and the time by the clock of twelve hours."""
        day, _, clock = text.partition("T")
        year, month, of_month = day.split("-")
        await self.page.keyboard.type(f"{month}{of_month}{year}")
        if clock:
            hour, minute = clock.split(":")
            half = "AM" if int(hour) < 12 else "PM"
            await self.page.keyboard.press("ArrowRight")
            await self.page.keyboard.type(f"{(int(hour) + 11) % 12 + 1:02}{minute}{half}")

    async def select(self, there: Locator, value: str) -> None:
        await self.reach(there)
        option = there.locator(f'option[value="{value}"]')
        await self.page.keyboard.type(await option.inner_text())
        assert await there.input_value() == value, (self.page.url, value)

    async def tick(self, there: Locator) -> None:
        await self.reach(there)
        if await there.get_attribute("type") == "radio":
            await self._turn_to(there)
        elif not await there.is_checked():
            await self.page.keyboard.press("Space")
        assert await there.is_checked(), (self.page.url, str(there))

    async def _turn_to(self, there: Locator) -> None:
        """The answer of a group, of which one is a stop of the tabulator."""
        await self.page.keyboard.press("Space")
        for _ in range(40):
            if await there.is_checked():
                return
            await self.page.keyboard.press("ArrowDown")
