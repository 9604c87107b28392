"""The API page of a cell, in a real browser: self-hosted, signed in, and without a word in the console."""

import asyncio
import contextlib
import json
import shutil

import pytest
import uvicorn
from joserfc.jwk import OKPKey
from playwright.async_api import async_playwright

from corridor.front import front
from deploy.local.cell import write_secret
from deploy.local.issuer import build_issuer
from deploy.local.people import load_people
from deploy.local.ports import free_port
from services.notify.app import build
from services.notify.settings import Settings


@pytest.fixture
async def address(tmp_path):
    """A cell's front with one service that was never started: its page needs no server behind it."""
    key, port = tmp_path / "issuer.jwk.json", free_port()
    write_secret(key, json.dumps(OKPKey.generate_key("Ed25519", {"kid": "issuer"}).as_dict(private=True)))
    nowhere = {
        "database_url": "postgresql+asyncpg://nobody@127.0.0.1:1/none",
        "kafka_bootstrap": "127.0.0.1:1",
    }
    service = build(Settings(cell="TH", mode="development", **nowhere))
    issuer = build_issuer(key, f"http://127.0.0.1:{port}/issuer", load_people("TH"))
    app = front("TH", {"notify": service.app}, issuer)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    server.capture_signals = contextlib.nullcontext
    serving = asyncio.create_task(server.serve())
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@pytest.fixture
async def page():
    chromium = shutil.which("chromium")
    assert chromium, "Debian's chromium is needed: apt-get install chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page()
        yield page
        await browser.close()


async def test_the_page_lists_the_operations_signs_in_and_loads_nothing_from_elsewhere(address, page):
    complaints, asked = [], []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(address)
    await page.get_by_text("/v1/inbox", exact=True).wait_for()
    await page.get_by_label("Sign in as").select_option("th.worker")
    await page.get_by_text("Signed in as th.worker").wait_for()
    assert complaints == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


async def test_a_call_from_the_page_carries_the_token(address, page):
    sent = []
    page.on(
        "request",
        lambda request: (
            sent.append(request.headers.get("authorization", "")) if "/v1/inbox" in request.url else None
        ),
    )
    await page.goto(address)
    await page.get_by_label("Sign in as").select_option("th.worker")
    await page.get_by_text("Signed in as th.worker").wait_for()
    await page.get_by_text("/v1/inbox", exact=True).first.click()
    await page.get_by_role("button", name="Try it out").click()
    async with page.expect_request("**/notify/v1/inbox**"):
        await page.get_by_role("button", name="Execute").click()
    assert [header[:7] for header in sent] == ["Bearer "]
