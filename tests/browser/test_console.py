"""A day of a case worker in a real browser, without JavaScript: sign in, the list, a case, a note, out."""

import json
import re

import pytest

from corridor.front import front
from deploy.local.cell import write_secret
from deploy.local.issuer import build_issuer
from deploy.local.people import load_people
from deploy.local.ports import free_port
from services.console import app as console
from services.console.settings import Settings
from services.intake import app as intake
from services.intake.settings import Settings as IntakeSettings
from tests.browser.test_api_page import served
from tests.chromium import headless
from tests.harness import Keys, running

TOLD = "She would like to telephone <b>her sister</b>."


@pytest.fixture
async def cell(tmp_path, postgres):
    """The address of a cell's front with the console and intake behind it, and a case of the worker."""
    keys, port = Keys(tmp_path), free_port()
    keys.write()
    write_secret(tmp_path / "issuer.jwk.json", json.dumps(keys.issuer.as_dict(private=True)))
    base = f"http://127.0.0.1:{port}"
    url, pages = f"{base}/issuer", f"{base}/console"
    issuer = build_issuer(tmp_path / "issuer.jwk.json", url, load_people("TH"), console=pages)
    addresses = {
        "public_url": pages,
        "sign_in_url": f"{url}/authorize",
        "sign_out_url": f"{url}/sign-out",
        "token_url": f"{url}/token",
        "revocation_url": f"{url}/revoke",
        "peers": {"intake": f"{base}/intake"},
        "vault": False,
    }
    own = {"keys": keys, "issuer": url}
    async with (
        running("intake", intake.build, intake.VERSIONS, IntakeSettings, postgres, tmp_path, **own) as cases,
        running(
            "console", console.build, console.VERSIONS, Settings, postgres, tmp_path, **own, **addresses
        ) as shown,
        served(front("TH", {"intake": cases.service.app, "console": shown.service.app}, issuer), port),
    ):
        worker = cases.as_("case_worker", sub="th.worker", org="th-care-agency", iss=url)
        walk_in = {"channel": "agency", "fields": {"cor_FullName": "Sokhavy"}}
        made = await cases.client.post("/v1/cases", json=walk_in, headers=worker)
        assert made.status_code == 201, made.text
        yield base


@pytest.fixture
async def page():
    async with headless() as browser:
        context = await browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
        yield await context.new_page()


async def test_a_worker_finds_her_case_and_writes_a_note_without_javascript(cell, page):
    complaints, asked = [], []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{cell}/console/")
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name="th.worker").click()
    await page.get_by_text("You are signed in as th.worker.").wait_for()
    await page.get_by_role("link", name="Cases", exact=True).click()
    await page.get_by_role("link", name=re.compile("^TH-")).click()
    await page.get_by_text("Sokhavy").wait_for()
    await page.get_by_role("button", name="Add a note").click()
    await page.get_by_label("Telephone call").check()
    await page.get_by_label("Note", exact=True).fill(TOLD)
    await page.get_by_role("button", name="Save the note").click()
    await page.get_by_text("The note was saved.").wait_for()
    assert await page.get_by_text(TOLD).count() == 1
    await page.get_by_role("button", name="ខ្មែរ").click()
    await page.locator("html[lang=km]").wait_for()
    await page.locator("form[action$=sign-out] button").click()
    await page.wait_for_url(f"{cell}/console/sign-in")
    await page.go_back()
    await page.locator("main a[href*=begin]").wait_for()
    assert await page.get_by_text("Sokhavy").count() == 0
    assert complaints == []
    assert [url for url in asked if not url.startswith((f"{cell}/console/", f"{cell}/issuer/"))] == []
