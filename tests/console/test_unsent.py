"""What is typed survives the end of a session: it comes back to the same person who signs in again, once, and to nobody else."""

import pytest
from sqlalchemy import text

from services.console.domain.secret import Secret
from services.console.unsent import MOST, UnsentForm
from tests.console.consenting import WHAT, begun, gone

pytestmark = pytest.mark.asyncio(loop_scope="session")
CANARY = "Kanarie-Notiz typed for long"


async def idle(workplace, browser, minutes: int = 16) -> Secret:
    """As if this browser had asked for nothing for so long."""
    secret = Secret.read(browser.http.cookies["__Host-th-session"])
    database = workplace.console.service.database
    async with database.transaction(database.system()) as tx:
        past = "update console.sessions set used_at = now() - make_interval(mins => :m) where id = :id"
        await tx.execute(text(past), {"m": minutes, "id": secret.session_id})
    return secret


async def kept(workplace) -> list:
    database = workplace.console.service.database
    async with database.transaction(database.system()) as tx:
        return list(await tx.execute(text("select id, session, sealed from console.unsent")))


async def typed_too_late(workplace, who="th.worker"):
    """A note that was typed for too long, and the page that says so."""
    case, browser = await workplace.case(), workplace.browser()
    await browser.sign_in(who)
    page = await browser.get(f"/console/cases/{case}/write_note")
    assert "You stay signed in until" in page.text
    await idle(workplace, browser)
    over = await browser.send(page.form("write_note"), category="visit", text=CANARY)
    assert (over.status, "You were signed out" in over.text, CANARY in over.html) == (401, True, False)
    return case, browser, over


async def signed_in_from(browser, over, who):
    choosing = await browser.get(over.links["Sign in"])
    form = choosing.forms[0]
    form.action = form.action or str(choosing.answer.url.copy_with(query=None))
    return await browser.send(form, person=who)


async def test_what_was_typed_too_late_is_there_after_signing_in_again_and_is_sent_once(workplace):
    case, browser, over = await typed_too_late(workplace)
    assert not any(CANARY.encode() in bytes(row.sealed) for row in await kept(workplace))
    page = await signed_in_from(browser, over, "th.worker")
    assert (page.answer.url.path, "You have signed in again since" in page.text) == (
        f"/console/cases/{case}/write_note",
        True,
    )
    fields = dict(page.form("write_note").fields)
    assert (fields["text"], fields["category"]) == (CANARY, "visit")
    for _ in range(2):
        done = await browser.send(page.form("write_note"))
        assert "The note was saved." in done.text
    assert done.text.count(CANARY) == 1
    assert CANARY not in (await browser.get(f"/console/cases/{case}/write_note")).html
    assert await kept(workplace) == []


async def test_what_was_typed_is_shown_to_nobody_else_who_signs_in_there(workplace):
    case, browser, over = await typed_too_late(workplace)
    page = await signed_in_from(browser, over, "th.supervisor")
    assert (CANARY in page.html, await kept(workplace)) == (False, [])
    start = await browser.get("/console/")
    await browser.send(start.form("/sign-out"))
    again = await browser.sign_in("th.worker")
    assert CANARY not in again.html + (await browser.get(f"/console/cases/{case}/write_note")).html


async def test_whoever_leaves_in_a_hurry_leaves_nothing_that_was_typed(workplace):
    for leaving in ("/exit", "/sign-out"):
        _, browser, over = await typed_too_late(workplace)
        over.links["Sign in"] = "/console/sign-in/begin?back=/"
        start = await signed_in_from(browser, over, "th.worker")
        assert len(await kept(workplace)) == 1
        await browser.send(start.form(leaving))
        assert await kept(workplace) == [], leaving


async def test_the_steps_of_asking_her_come_back_where_they_were(consents):
    workplace = consents.workplace
    case, browser, page = await begun(consents)
    language = await gone(browser, page, WHAT)
    await idle(workplace, browser)
    over = await browser.send(language.form("record_consent"), notice_language="km")
    assert over.status == 401
    back = await signed_in_from(browser, over, "th.worker")
    fields = back.form("record_consent").fields
    assert ("notice_language", "km") in fields
    assert {value for name, value in fields if name == "recipients"} == set(WHAT["recipients"])
    assert (await gone(browser, back, {"notice_language": "km"})).status == 200
    assert await consents.recorded(case) == []


async def test_a_step_of_an_intake_comes_back(workplace):
    browser = workplace.browser()
    await browser.sign_in("th.officer")
    begin = await browser.get("/console/drafts/ours/draft_case")
    step = await browser.send(begin.form("draft_case"))
    form = (await browser.get(f"{step.answer.url.path.rsplit('/', 1)[0]}/4")).form("/4")
    await idle(workplace, browser)
    over = await browser.send(form, cor_FullName=CANARY)
    assert over.status == 401
    back = await signed_in_from(browser, over, "th.officer")
    assert CANARY in back.html


async def test_only_so_many_are_kept_and_none_of_a_session_that_is_not_known(workplace):
    browser = workplace.browser()
    await browser.sign_in("th.worker")
    cookie, unsent = browser.http.cookies["__Host-th-session"], workplace.console.service.parts.unsent
    for number in range(MOST):
        assert await unsent.keep(cookie, UnsentForm(f"/{number}", {}))
    assert await unsent.keep(cookie, UnsentForm("/0", {"text": ["anew"]}))
    assert not await unsent.keep(cookie, UnsentForm("/more", {}))
    assert not await unsent.keep(Secret.new().cookie, UnsentForm("/0", {}))
    assert not await unsent.keep("no cookie of ours", UnsentForm("/0", {}))
    assert await unsent.take(Secret.new(), "/0") is None
    assert await unsent.take(Secret.read(cookie), "/0") == {"text": ["anew"]}
    await browser.send((await browser.get("/console/")).form("/sign-out"))
    assert await kept(workplace) == []
