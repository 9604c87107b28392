"""The API page of a cell, in a real browser: self-hosted, signed in, and without a word in the console."""

import asyncio
import contextlib
import json

import pytest
import uvicorn
from joserfc.jwk import OKPKey

from chassis.endings import within
from corridor.front import front
from deploy.local.cell import write_secret
from deploy.local.issuer import build_issuer
from deploy.local.people import load_people
from deploy.local.ports import free_port
from services.intake import app as intake
from services.intake.settings import Settings as IntakeSettings
from services.notify.app import build
from services.notify.settings import Settings
from tests.chromium import headless
from tests.harness import Keys, running


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
    async with served(front("TH", {"notify": service.app}, issuer), port) as address:
        yield address


@contextlib.asynccontextmanager
async def served(app, port):
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_config=None, lifespan="off", timeout_graceful_shutdown=5)
    )
    server.capture_signals = contextlib.nullcontext
    serving = asyncio.create_task(server.serve())
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await within(10, serving)


@pytest.fixture
async def intake_address(tmp_path, postgres):
    """A cell's front with a whole intake behind it, on its database."""
    keys, port = Keys(tmp_path), free_port()
    keys.write()
    write_secret(tmp_path / "issuer.jwk.json", json.dumps(keys.issuer.as_dict(private=True)))
    url = f"http://127.0.0.1:{port}/issuer"
    issuer = build_issuer(tmp_path / "issuer.jwk.json", url, load_people("TH"))
    async with (
        running(
            "intake", intake.build, intake.VERSIONS, IntakeSettings, postgres, tmp_path, keys=keys, issuer=url
        ) as harness,
        served(front("TH", {"intake": harness.service.app}, issuer), port) as address,
    ):
        yield address


@pytest.fixture
async def page():
    async with headless() as browser:
        yield await browser.new_page()


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


async def executed(page, path, method="post"):
    """Open the operation, press Try it out and Execute, as a newcomer does, and read the answer's status."""
    operation = page.locator(f".opblock-{method}").filter(has=page.locator(f'[data-path="{path}"]'))
    await operation.get_by_text(path, exact=True).click()
    await operation.get_by_role("button", name="Try it out").click()
    async with page.expect_response(lambda answer: f"/intake{path}" in answer.url) as answered:
        await operation.get_by_role("button", name="Execute").click()
    return await answered.value


async def test_the_first_click_of_a_newcomer_opens_a_case(intake_address, page):
    await page.goto(intake_address)
    await page.get_by_label("Sign in as").select_option("th.officer")
    await page.get_by_text("Signed in as th.officer").wait_for()
    answer = await executed(page, "/v1/cases")
    assert (answer.status, await answer.text()) == (201, await answer.text())


async def test_a_session_that_ends_is_signed_in_anew_without_a_refusal(intake_address, page):
    granted = []

    async def short(route):
        answer = await route.fetch()
        body = await answer.json()
        granted.append(body["access_token"])
        await route.fulfill(
            response=answer, json={**body, "expires_in": 31}
        )  # a second, with the page's margin

    await page.route("**/issuer/token", short)
    await page.goto(intake_address)
    await page.get_by_label("Sign in as").select_option("th.officer")
    await page.get_by_text("Signed in as th.officer").wait_for()
    await asyncio.sleep(1.1)
    answer = await executed(page, "/v1/cases", "get")
    assert (answer.status, len(granted)) == (200, 2)
    assert answer.request.headers["authorization"] == f"Bearer {granted[1]}"
