"""`python -m tests.screenshots`: starts a stack of its own, fills it with invented people, and takes every picture of `docs/guide/` anew."""

import asyncio
import base64
import sys
from pathlib import Path

from playwright.async_api import Browser, Page
from rich.console import Console

from corridor.seed.wanted import USUAL
from corridor.seeding import sow
from corridor.sign_in import address
from deploy.local.people import story
from deploy.local.place import ROOT, STATE
from deploy.local.stack import Stack
from tests.chromium import headless
from tests.screenshots.pictures import PICTURES, Guide, Picture

FOLDER = ROOT / "docs" / "guide" / "pictures"
LARGEST = 80_000
QUALITIES = (80, 60, 40, 20)
"""Of WebP: the first with which a picture is small enough is taken."""
TALLEST = 1200


async def main(names: set[str]) -> None:
    """Take the pictures of these names, or all."""
    stack = Stack(story().countries, state=STATE.with_name("screenshots"), fresh=not names)
    try:
        await stack.up()
        await sow(USUAL, Console(), stack.state)
        async with headless() as browser, Guide(stack.state) as guide:
            for picture in PICTURES:
                if not names or picture.name in names:
                    await take(browser, guide, picture, stack.state)
    finally:
        await stack.down()


async def take(browser: Browser, guide: Guide, picture: Picture, state: Path) -> None:
    context = await browser.new_context(viewport={"width": picture.width, "height": 800})
    page = await context.new_page()
    cell = address(picture.cell, state)
    await page.goto(f"{cell.base_url if picture.programs else cell.console_url}/")
    if picture.who:
        await signed_in(page, picture)
    await picture.way(guide, page)
    await page.wait_for_load_state("networkidle")
    content = await taken(page, picture.width)
    (FOLDER / f"{picture.name}.webp").write_bytes(content)
    print(f"{picture.name}: {len(content)} bytes", flush=True)
    await context.close()


async def signed_in(page: Page, picture: Picture) -> None:
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name=picture.who).click()
    await page.get_by_text(f"You are signed in as {picture.who}.").wait_for()
    if picture.language:
        await page.get_by_role("button", name=picture.language).click()
        await page.wait_for_load_state("networkidle")


async def taken(page: Page, width: int) -> bytes:
    """The page as WebP, from its top and no taller than is of use. The window is as tall, so that what sticks to its foot stands there."""
    height = min(await page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    await page.set_viewport_size({"width": width, "height": height})
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    session = await page.context.new_cdp_session(page)
    asked = {"format": "webp", "clip": clip}
    for quality in QUALITIES:
        shot = await session.send("Page.captureScreenshot", {**asked, "quality": quality})
        content = base64.b64decode(shot["data"])
        if len(content) < LARGEST:
            return content
    raise SystemExit(f"{page.url} is too large as a picture")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(set(sys.argv[1:])))
