"""Debian's Chromium, without a window, as the tests of pages drive it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

COMMANDS = ("chromium-headless-shell", "chromium")
"""The first does half the work of the second for the same pages."""


@asynccontextmanager
async def headless() -> AsyncIterator[Browser]:
    found = next(filter(None, map(shutil.which, COMMANDS)), None)
    assert found, "Debian's Chromium is needed: apt-get install chromium-headless-shell"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()
