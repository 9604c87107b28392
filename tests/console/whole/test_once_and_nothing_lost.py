"""Every form in a bad hour: its service is away, its answer is lost, the session ends, it is pressed twice, and Back is pressed."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx2
import pytest

from services.console.commands import COMMANDS
from tests.console.test_forms import away
from tests.console.whole.making import LAW, crossed, noticed
from tests.console.whole.table import FORMS, OF_EACH_KIND, form_of
from tests.referral.making import RECIPIENT

pytestmark = pytest.mark.asyncio(loop_scope="session")


def day(days: int) -> str:
    return str((datetime.now(UTC) + timedelta(days=days)).date())


NONE: list[str] = []
RIGHT = {
    "draft_referral": {"service": "reintegration", "recipient": RECIPIENT},
    "withdraw_part": {"recipients": NONE, "purposes": NONE, "categories": ["needs"]},
    "assign_cases": {"worker": "th.supervisor"},
    "plan_leave": {"worker": "", "cover": "th.colleague"},
    "retry_work": {"ticket": "OPS-7"},
    "start_replay": {"ticket": "OPS-7", "expected": "1"},
    "discard_parked_event": {"ticket": "OPS-7"},
    "suspend_agreement": {"ticket": "OPS-7"},
    "open_dependant": {"prs_Birthdate-day": "", "prs_Birthdate-month": "", "prs_Birthdate-year": "2015"},
    "request_protection": {"recipient": "th-shelter", "law": LAW},
    "record_incident": {"with_all": NONE, "shared_with": NONE},
    "correct_incident": {"with_all": NONE, "shared_with": NONE},
    "start_export": {"opened_from": "", "opened_to": ""},
    "request_return": {"receiver": RECIPIENT},
    "assess_fitness": {
        "fit": "yes", "assessed_on": day(-1), "pregnancy_weeks": "", "birth_on": "", "issued_on": "", "valid_until": "",
        "multiple": NONE, "newborn_travels": NONE, "escort": NONE,
    },
    "record_check": {"check": "passport", "valid_until": day(300), "taken_back": NONE, "grounds": ""},
    "depart_return": {"expected_at": f"{day(1)}T12:00", "handover": "airport"},
    "close_return": {"outcome": "not-returned"},
    "decide_pair": {"decision": "same-person", "reason": "own-word"},
    "raise_task": {"due_on": "", "worker": ""},
    "change_task": {"due_on": "", "worker": ""},
    "place_hold": {"until": day(40)},
    "distrust_key": {"since": "2026-11-20T09:30", "ticket": "OPS-7"},
    "request_extract": {"reason": "complaint"},
    "release_extract": {"withheld": NONE},
    "propose_change": {
        "change": "add-organisation", "name": "House", "ticket": "OPS-7", "role": "shelter", "type": "NGO",
        **dict.fromkeys(("status", "worker", "staff_role", "cases_to", "cases_to_organisation"), ""),
    },
}  # fmt: skip
"""The answers that are right where the first of each choice, or any text, is not."""
BY = {"clear_return": "th.worker", "read_notices": "th.worker"}
"""Who sends it, where not everybody who finds it may."""

GONE = frozenset({"discard_parked_event"})
"""What is not there any more once it is done: who presses again is told so."""


def another_case(field: str):
    async def made(whole) -> dict[str, str]:
        return {field: await whole.workplace.case()}

    return made


async def a_new_name(whole) -> dict[str, str]:
    return {"organisation": f"th-{uuid4().hex[:20]}"}


OF_ANOTHER = {
    "link_dependant": another_case("other_case_id"),
    "attach_call": another_case("case_id"),
    "exclude_case": another_case("case_id"),
    "request_extract": crossed,
    "propose_change": a_new_name,
    "read_notices": noticed,
}
"""What is made for it besides, and the fields that name it."""


def sender(verb: str) -> str:
    return BY.get(verb, min(FORMS[verb].found_by))


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


async def begun(whole, verb: str, browser):
    if verb == "assign_cases":
        await whole.workplace.case(workers=())
    form = await form_of(browser, verb, await FORMS[verb].anew(whole))
    days = dict.fromkeys({"first_day", "last_day"} & set(form.texts), whole.free_day())
    other = await OF_ANOTHER[verb](whole) if verb in OF_ANOTHER else {}
    return form, {**form.filled("Typed for long"), **days, **RIGHT.get(verb, {}), **other}


def kept(page, verb: str, typed) -> bool:
    """What was typed and chosen stands in the form."""
    fields = page.form(verb).fields
    wanted = [
        (name, one)
        for name, some in typed.items()
        for one in ([some] if isinstance(some, str) else some)
        if one
    ]
    return set(wanted) <= set(fields)


@pytest.mark.parametrize("verb", FORMS)
async def test_a_form_whose_service_is_away_keeps_what_was_typed_and_is_sent_once_however_often_it_is_pressed(
    whole, verb
):
    browser = await whole.as_person(sender(verb))
    form, typed = await begun(whole, verb, browser)
    before = await whole.facts()
    with away(whole, service_of(verb)):
        told = await browser.send(form, **typed)
    assert (told.status, "could not be saved at the moment" in told.text) == (503, True)
    assert kept(told, verb, typed), told.form(verb).fields
    both = await asyncio.gather(*(browser.send(told.form(verb)) for _ in range(2)))
    once = await whole.facts()
    again = 404 if verb in GONE else 200
    assert sorted(page.status for page in both) == [200, again], [page.text for page in both]
    assert once != before
    assert (await browser.send(told.form(verb))).status == again  # Back, and pressed once more
    assert await whole.facts() == once


@pytest.mark.parametrize("verb", OF_EACH_KIND)
async def test_a_form_of_each_kind_outlives_its_session_and_an_answer_that_was_lost_doubles_nothing(
    whole, verb, monkeypatch
):
    browser, name, peers = await whole.signed_in(sender(verb)), sender(verb), whole.console.service.peers
    form, typed = await begun(whole, verb, browser)
    before = await whole.facts()
    with away(whole, service_of(verb)):
        told = await browser.send(form, **typed)
    await browser.send(told.form("/sign-out"))
    over = await browser.send(told.form(verb))
    assert (over.status, kept(over, verb, typed)) == (401, True)
    await browser.sign_in(name)
    again = await browser.send(over.form(verb))
    assert ("You have signed in again since" in again.text, kept(again, verb, typed)) == (True, True)
    assert await whole.facts() == before
    with monkeypatch.context() as lost:
        lost.setattr(peers, "http", httpx2.AsyncClient(transport=AnswerLost(peers.http._transport)))
        told = await browser.send(again.form(verb))
    once = await whole.facts()
    assert (told.status, once != before) == (503, True), told.text
    await browser.send(told.form("/sign-out"))
    # Where it is in its list no more: Back, and pressed again.
    uncertain = "It is not certain whether this was done" in told.text
    over = await browser.send((again if uncertain else told).form(verb))
    await browser.sign_in(name)
    again = await browser.send(over.form(verb))
    if again.status == 422:
        await browser.send(again.form(verb))
    assert await whole.facts() == once
