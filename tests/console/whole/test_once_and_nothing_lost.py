"""Every form in a bad hour: its service is away, its answer is lost, the session ends, it is pressed twice, and Back is pressed."""

import asyncio

import httpx2
import pytest

from services.console.commands import COMMANDS
from tests.console.test_forms import away
from tests.console.whole.table import FORMS, form_of
from tests.referral.making import RECIPIENT

pytestmark = pytest.mark.asyncio(loop_scope="session")
RIGHT = {
    "draft_referral": {"service": "reintegration", "recipient": RECIPIENT},
    "withdraw_part": {"recipients": [], "purposes": [], "categories": ["needs"]},
    "assign_cases": {"worker": "th.supervisor"},
    "plan_leave": {"worker": "", "cover": "th.colleague"},
    "retry_work": {"ticket": "OPS-7"},
    "start_replay": {"ticket": "OPS-7"},
}  # fmt: skip
"""The answers that are right where the first of each choice, or any text, is not."""


class AnswerLost(httpx2.AsyncBaseTransport):
    """Passes everything on, and loses the answer to whatever changes something."""

    def __init__(self, others) -> None:
        self.others = others

    async def handle_async_request(self, request):
        answer = await self.others.handle_async_request(request)
        if request.method == "GET":
            return answer
        raise httpx2.ReadError("lost")


def service_of(verb: str) -> str:
    return COMMANDS[verb].order.service.format(service="intake")


async def begun(whole, verb: str):
    if verb == "assign_cases":
        await whole.workplace.case(workers=())
    browser = await whole.signed_in(min(FORMS[verb].found_by))
    form = await form_of(browser, verb, await FORMS[verb].anew(whole))
    days = dict.fromkeys({"first_day", "last_day"} & set(form.texts), whole.free_day())
    if "_".join(form.texts).startswith("other_case_id") or verb == "attach_call":
        days["case_id" if verb == "attach_call" else "other_case_id"] = await whole.workplace.case()
    return browser, form, {**form.filled("Typed for long"), **days, **RIGHT.get(verb, {})}


def kept(page, verb: str, typed) -> bool:
    """What was typed and chosen stands in the form."""
    fields = page.form(verb).fields
    wanted = [
        (name, one) for name, some in typed.items() for one in ([some] if isinstance(some, str) else some)
    ]
    return set(wanted) <= set(fields)


@pytest.mark.parametrize("verb", FORMS)
async def test_a_form_is_sent_once_and_what_was_typed_is_kept(whole, verb, monkeypatch):
    browser, form, typed = await begun(whole, verb)
    name, before = min(FORMS[verb].found_by), await whole.facts()
    with away(whole, service_of(verb)):
        told = await browser.send(form, **typed)
    assert (told.status, "could not be saved at the moment" in told.text) == (503, True)
    assert kept(told, verb, typed), told.form(verb).fields
    await browser.send(told.form("/sign-out"))
    over = await browser.send(told.form(verb))
    assert (over.status, kept(over, verb, typed)) == (401, True)
    assert await whole.facts() == before
    await browser.sign_in(name)
    again = await browser.send(over.form(verb))
    assert ("You have signed in again since" in again.text, kept(again, verb, typed)) == (True, True)
    both = await asyncio.gather(*(browser.send(again.form(verb)) for _ in range(2)))
    once = await whole.facts()
    assert [page.status for page in both] == [200, 200], [page.text for page in both]
    assert once != before
    assert (await browser.send(again.form(verb))).status == 200  # Back, and pressed once more
    assert await whole.facts() == once


@pytest.mark.parametrize("verb", FORMS)
async def test_an_answer_that_was_lost_doubles_nothing_even_if_the_session_ends_too(whole, verb, monkeypatch):
    browser, form, typed = await begun(whole, verb)
    peers, before = whole.console.service.peers, await whole.facts()
    with monkeypatch.context() as lost:
        lost.setattr(peers, "http", httpx2.AsyncClient(transport=AnswerLost(peers.http._transport)))
        told = await browser.send(form, **typed)
    once = await whole.facts()
    assert (told.status, once != before) == (503, True), told.text
    await browser.send(told.form("/sign-out"))
    if (
        "It is not certain whether this was done" in told.text
    ):  # it is in its list no more: Back, and pressed again
        over = await browser.send(form, **typed)
    else:
        over = await browser.send(told.form(verb))
    await browser.sign_in(min(FORMS[verb].found_by))
    again = await browser.send(over.form(verb))
    if again.status == 422:
        await browser.send(again.form(verb))
    assert await whole.facts() == once
