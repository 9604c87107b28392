"""Signing in and out, and what somebody else's link, cookie or answer is worth."""

import asyncio
from dataclasses import replace

import httpx2
import pytest
from sqlalchemy import text

from chassis.problems import Unauthenticated, Unavailable
from services.console.domain.secret import Secret
from services.console.sessions import Session
from tests.console.browsing import SentForm, query_of
from tests.console.conftest import CONSOLE, ISSUER

pytestmark = pytest.mark.asyncio(loop_scope="session")
COOKIE = "__Host-th-session"


async def rows(workplace, statement: str, **values):
    async with workplace.console.service.database.engine.begin() as conn:
        return await conn.execute(text(statement), values)


async def begun(browser) -> str:
    """The address at the issuer to which a browser is sent."""
    return (await browser.http.get("/console/sign-in/begin")).headers["Location"]


async def chosen(browser, address: str, person: str = "th.worker") -> str:
    """The address with a code to which the issuer sends a browser back."""
    answer = await browser.http.post(f"{ISSUER}/authorize", data={**query_of(address), "person": person})
    return answer.headers["Location"]


async def test_whoever_signs_in_sees_her_name_and_her_cookie_names_nobody(workplace):
    browser = workplace.browser()
    home = await browser.sign_in("th.worker")
    assert (home.status, "th.worker" in home.text, "Case worker" in home.text) == (200, True, True)
    assert set(browser.http.cookies) == {COOKIE}
    secret = Secret.read(browser.http.cookies[COOKIE])
    (kept,) = (
        await rows(workplace, "select * from console.sessions where id = :id", id=secret.session_id)
    ).all()
    assert b"th.worker" not in kept.sealed
    assert secret.cookie not in str(kept)


async def test_the_cookies_are_of_this_host_alone_and_no_script_reads_them(workplace):
    browser = workplace.browser()
    begun_cookie = (await browser.http.get("/console/sign-in/begin")).headers["set-cookie"]
    address = await begun(browser)
    signed_in = await browser.http.get(await chosen(browser, address))
    for cookie in (begun_cookie, signed_in.headers["set-cookie"]):
        assert cookie.startswith("__Host-th-")
        assert {part.strip().lower() for part in cookie.split(";")} >= {
            "httponly",
            "secure",
            "samesite=lax",
            "path=/",
        }
        assert "domain" not in cookie.lower()


async def test_a_session_that_was_planted_before_the_sign_in_is_worth_nothing_after_it(workplace):
    browser = workplace.browser()
    planted = Secret.new().cookie
    browser.http.cookies.set(COOKIE, planted, domain="workplace.test", path="/")
    await browser.sign_in("th.worker")
    first = browser.http.cookies.get(COOKIE, domain="workplace.test")
    thief = workplace.browser()
    thief.http.cookies.set(COOKIE, planted)
    assert "Sign in" in (await thief.get("/console/")).text
    assert first != planted


async def test_signing_in_again_ends_the_session_before(workplace):
    browser = workplace.browser()
    await browser.sign_in("th.worker")
    before = browser.http.cookies[COOKIE]
    await browser.http.get(await chosen(browser, await begun(browser), "th.supervisor"))
    other = workplace.browser()
    other.http.cookies.set(COOKIE, before)
    assert "You are signed in" not in (await other.get("/console/")).text


async def test_an_answer_of_the_issuer_fits_the_browser_that_asked_and_once(workplace):
    victim, attacker = workplace.browser(), workplace.browser()
    back = await chosen(attacker, await begun(attacker))
    await begun(victim)
    assert (await victim.get(back)).status == 400  # a code of somebody else's sign-in
    assert (await workplace.browser().get(back)).status == 400  # and without any beginning
    assert (await attacker.get(back)).status == 200
    assert (await attacker.get(back)).status == 400
    assert COOKIE not in victim.http.cookies


async def test_a_state_that_was_changed_is_refused(workplace):
    browser = workplace.browser()
    back = await chosen(browser, await begun(browser))
    assert (await browser.get(back[:-2] + "xx")).status == 400
    assert COOKIE not in browser.http.cookies


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example/", "/\\evil.example", "/cases?x=//evil"]
)
async def test_no_link_leads_from_the_sign_in_to_elsewhere(workplace, back):
    browser = workplace.browser()
    begin = await browser.http.get("/console/sign-in/begin", params={"back": back})
    answer = await browser.http.get(await chosen(browser, begin.headers["Location"]))
    assert answer.headers["Location"] == "/console/"
    language = await browser.http.post("/console/language", data={"language": "th", "back": back})
    assert language.headers["Location"] == "/console/"


async def test_the_address_that_is_printed_leads_to_the_sign_in(workplace):
    assert "Sign in" in (await workplace.browser().get("/console")).links


async def test_whoever_opens_a_page_is_led_back_to_it_after_signing_in(workplace):
    browser = workplace.browser()
    start = await browser.get("/console/cases")
    choosing = await browser.get(start.links["Sign in"])
    arrived = await browser.http.get(await chosen(browser, str(choosing.answer.url)))
    assert arrived.headers["Location"] == "/console/cases"


async def test_signing_out_ends_the_session_here_and_at_the_issuer(workplace):
    browser = workplace.browser()
    home = await browser.sign_in("th.worker")
    kept = browser.http.cookies[COOKIE]
    secret = Secret.read(kept)
    (row,) = (
        await rows(workplace, "select sealed from console.sessions where id = :i", i=secret.session_id)
    ).all()
    tokens = Session.opened(secret, row.sealed).tokens
    out = await browser.send(home.form("/sign-out"))
    assert str(out.answer.url) == f"{CONSOLE}/sign-in"
    browser.http.cookies.set(COOKIE, kept)
    assert "You are signed in" not in (await browser.get("/console/")).text
    again = {"grant_type": "refresh_token", "refresh_token": tokens.refresh}
    assert (await browser.http.post(f"{ISSUER}/token", data=again)).json() == {"error": "invalid_grant"}


async def test_whoever_leaves_in_a_hurry_is_elsewhere_and_signed_out(workplace):
    browser = workplace.browser()
    home = await browser.sign_in("th.worker")
    left = await browser.send(home.form("/exit"))
    assert left.answer.headers["Location"] == workplace.console.service.settings.exit_url
    assert "You are signed in" not in (await browser.get("/console/")).text


async def test_whoever_leaves_in_a_hurry_is_elsewhere_also_from_a_page_of_a_session_that_is_over(workplace):
    browser, elsewhere = workplace.browser(), workplace.console.service.settings.exit_url
    old = (await browser.sign_in("th.worker")).form("/exit")
    await browser.send((await browser.get("/console/")).form("/sign-out"))
    assert (await browser.send(old)).answer.headers["Location"] == elsewhere
    await browser.sign_in("th.worker")
    assert (await browser.send(old)).answer.headers["Location"] == elsewhere
    assert "You are signed in" not in (await browser.get("/console/")).text


async def test_what_was_typed_stays_and_the_exit_leads_out_while_the_issuer_does_not_answer(
    workplace, monkeypatch
):
    browser, _, _ = await with_a_token_that_ends(workplace)
    case, sign_in = await workplace.case(), workplace.console.service.parts.sign_in

    async def nobody(_):
        raise Unavailable

    with monkeypatch.context() as patch:
        patch.setattr(sign_in, "refreshed", nobody)
        form = SentForm(f"/console/cases/{case}/write_note", "post", [("text", "typed for long")])
        told = await browser.send(form)
        assert (told.status, "The sign-in does not answer at the moment." in told.text) == (503, True)
        assert dict(told.form("write_note").fields)["text"] == "typed for long"
        assert (await browser.get("/console/cases")).status == 503
    assert "typed for long" in (await browser.send(told.form("write_note"))).html
    with monkeypatch.context() as patch:
        patch.setattr(sign_in, "is_fresh", lambda _: False)
        patch.setattr(sign_in, "refreshed", nobody)
        left = await browser.send(SentForm("/console/exit", "post", []))
    assert left.answer.headers["Location"] == workplace.console.service.settings.exit_url
    assert "You are signed in" not in (await browser.get("/console/")).text


async def test_a_session_without_a_request_for_too_long_is_over(workplace):
    browser = workplace.browser()
    await browser.sign_in("th.worker")
    session = Secret.read(browser.http.cookies[COOKIE]).session_id
    for minutes, signed_in in ((14, True), (16, False)):
        statement = "update console.sessions set used_at = now() - make_interval(mins => :m) where id = :id"
        await rows(workplace, statement, m=minutes, id=session)
        assert ("You are signed in" in (await browser.get("/console/")).text) == signed_in


async def kept(workplace, secret: Secret) -> Session:
    read = "select sealed from console.sessions where id = :id"
    return Session.opened(secret, (await rows(workplace, read, id=secret.session_id)).scalar_one())


async def with_a_token_that_ends(workplace):
    """A browser whose access token is about to end, the secret of its session, and the session before."""
    browser = workplace.browser()
    await browser.sign_in("th.worker")
    secret = Secret.read(browser.http.cookies[COOKIE])
    before = await kept(workplace, secret)
    old = replace(before, tokens=replace(before.tokens, access="ended", fresh_until=0.0))
    statement = "update console.sessions set sealed = :s where id = :id"
    await rows(workplace, statement, s=old.sealed(), id=secret.session_id)
    return browser, secret, before


async def test_an_access_token_that_is_about_to_end_is_made_anew(workplace):
    browser, secret, before = await with_a_token_that_ends(workplace)
    assert (await browser.get("/console/cases")).status == 200
    assert (await kept(workplace, secret)).tokens.access not in {"ended", before.tokens.access}


async def test_two_tabs_use_a_refresh_token_once_and_both_go_on(workplace, monkeypatch):
    browser, secret, _ = await with_a_token_that_ends(workplace)
    sign_in, used = workplace.console.service.parts.sign_in, []
    ask = sign_in.refreshed

    async def once(tokens):
        if tokens.refresh in used:
            raise Unauthenticated
        used.append(tokens.refresh)
        await asyncio.sleep(0.2)
        return await ask(tokens)

    monkeypatch.setattr(sign_in, "refreshed", once)
    tabs = await asyncio.gather(*(browser.get("/console/cases") for _ in range(4)))
    assert [(tab.status, "th.worker" in tab.text) for tab in tabs] == [(200, True)] * 4
    assert len(used) == 1
    assert (await kept(workplace, secret)).tokens.refresh not in used


async def test_whoever_signs_out_while_a_token_is_made_anew_is_out_and_the_new_one_counts_no_more(
    workplace, monkeypatch
):
    browser, secret, _ = await with_a_token_that_ends(workplace)
    sign_in, made = workplace.console.service.parts.sign_in, []
    ask = sign_in.refreshed

    async def meanwhile_signed_out(tokens):
        made.append(await ask(tokens))
        await rows(workplace, "delete from console.sessions where id = :id", id=secret.session_id)
        return made[0]

    monkeypatch.setattr(sign_in, "refreshed", meanwhile_signed_out)
    assert "You are signed in" not in (await browser.get("/console/")).text
    again = {"grant_type": "refresh_token", "refresh_token": made[0].refresh}
    assert (await browser.http.post(f"{ISSUER}/token", data=again)).json() == {"error": "invalid_grant"}


async def test_no_organisation_is_shown_a_session_by_the_database(workplace):
    await workplace.browser().sign_in("th.worker")
    async with workplace.console.service.database.engine.begin() as conn:
        for organisation, some in (("*", True), ("th-care-agency", False), ("", False)):
            await conn.execute(
                text("select set_config('corridor.organisation', :o, true)"), {"o": organisation}
            )
            found = (await conn.execute(text("select count(*) from console.sessions"))).scalar_one()
            assert (found > 0) == some


class WithoutIntake(httpx2.AsyncBaseTransport):
    """Passes everything on but what is asked of intake, which is out of reach."""

    def __init__(self, others) -> None:
        self.others = others

    async def handle_async_request(self, request):
        if request.url.path.startswith("/intake"):
            raise httpx2.ConnectError("away")
        return await self.others.handle_async_request(request)


async def test_a_part_whose_service_was_away_at_the_sign_in_is_shown_once_it_answers_to_whom_it_is_open(
    workplace, monkeypatch
):
    peers = workplace.console.service.peers
    without = httpx2.AsyncClient(transport=WithoutIntake(peers.http._transport))
    for name, there in (("th.supervisor", True), ("th.auditor", False)):
        browser = workplace.browser()
        with monkeypatch.context() as patch:
            patch.setattr(peers, "http", without)
            home = await browser.sign_in(name)
            assert "A part of your workplace does not answer at the moment." in home.text
            assert ("Cases" in home.links, "Team" in home.links) == (False, False)
        again = await browser.get("/console/")
        assert ("Cases" in again.links, "Team" in again.links) == (there, there)
        assert "A part of your workplace does not answer" not in again.text
        audit = await browser.get("/console/audit")
        assert ("Cases" in audit.links, audit.status) == (there, 404 if there else 200)
