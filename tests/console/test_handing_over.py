"""She is asked whether another organisation of the country takes her case on: what would go is read first, and it goes once."""

from uuid import UUID, uuid4

import pytest

from contracts.events.intake import DependantsChangedV1
from tests.consent.making import SHELTER
from tests.console.consenting import STEPS, begun, gone

pytestmark = pytest.mark.asyncio(loop_scope="session")
VERB = "hand_over_case"
FILE = {"cor_FullName": "Sokhavy", "cor_Health": "A hand that heals.", "prs_PrimaryLanguage": "km"}
AGENCY = {"taken_on": f"{SHELTER}.shelter", "urgency": "urgent", "categories": ["identity", "demographic"]}
WAY = (AGENCY, *STEPS[1:])


async def asked(consents, *way):
    case = await consents.case(fields=FILE)
    case, browser, page = await begun(consents, case, verb=VERB)
    return case, browser, await gone(browser, page, *way, verb=VERB)


async def said(consents, case: str, *types: str) -> list[dict]:
    return [body for kind, body in await consents.harness.said() if kind in types and body["case_id"] == case]


async def test_her_yes_and_the_offer_are_saved_once_after_it_was_seen_what_goes(consents):
    case, browser, check = await asked(consents, *WAY)
    for words in (
        "She agrees.",
        f"Lotus {SHELTER} <b>: Shelter",
        "Full name Yes",
        "Health No",
        "Case management",
    ):
        assert words in check.text, (words, check.text)
    assert await consents.recorded(case) == []
    for _ in range(2):
        page = await browser.send(check.form(VERB))
        assert "her case is offered to them" in page.text, page.text
    (found,) = await consents.recorded(case)
    assert ([one["organisation"] for one in found["terms"]["recipients"]], found["state"]) == (
        [SHELTER],
        "given",
    )
    (offered,) = await said(consents, case, "hand_over.asked.v1")
    assert (offered["recipient"], offered["service"], offered["purpose"], offered["urgency"]) == (
        SHELTER, "shelter", "case-management", "urgent",
    )  # fmt: skip
    assert offered["fields"] == sorted(FILE)


async def test_only_organisations_of_this_country_are_asked_and_only_for_what_they_offer(consents):
    _case, _browser, page = await asked(consents)
    assert set(page.form(VERB).options["taken_on"]) == {
        "",
        f"{SHELTER}.shelter",
        "th-legal-aid.shelter",
        "th-screening-unit.shelter",
    }
    assert "linked_stay" not in page.form(VERB).options


async def test_her_no_is_saved_and_nothing_is_offered(consents):
    case, browser, page = await asked(consents)
    check = await browser.send(page.form(VERB), **AGENCY, go="refuse")
    assert "What would be sent" not in check.text
    done = await browser.send(check.form(VERB))
    assert "What she answered was saved." in done.text
    assert [one["state"] for one in await consents.recorded(case)] == ["refused"]
    assert await said(consents, case, "hand_over.asked.v1") == []


async def test_where_nothing_may_go_it_is_told_before_and_after_and_nothing_is_saved(consents):
    case, browser, check = await asked(consents, {**AGENCY, "categories": ["family"]}, *STEPS[1:])
    assert "Nothing would be sent:" in check.text
    told = await browser.send(check.form(VERB))
    assert (told.status, "There is a problem" in told.text, "She agrees." in told.text) == (422, True, True)
    assert await consents.recorded(case) == []


async def test_whoever_is_linked_with_her_is_asked_about_before_she_is_handed_over(consents):
    case = await consents.case(fields=FILE)
    linked = {"case_id": UUID(case), "link_id": uuid4(), "change": "linked", "linked_here": True}
    await consents.harness.deliver(DependantsChangedV1(**linked))
    case, browser, page = await begun(consents, case, verb=VERB)
    check = await gone(browser, page, *WAY, verb=VERB)
    told = await browser.send(check.form(VERB))
    assert (told.status, "Say whether that person stays" in told.text) == (422, True)
    back = await browser.send(told.form(VERB), go="agency")
    check = await gone(browser, back, {"linked_stay": "yes"}, *STEPS[1:], verb=VERB)
    assert "her case is offered to them" in (await browser.send(check.form(VERB))).text


async def test_what_is_not_answered_is_told_beside_it(consents):
    _case, browser, page = await asked(consents)
    told = await browser.send(page.form(VERB), urgency="")
    assert (
        told.status,
        told.html.count("Choose one of the answers"),
        told.html.count("Choose at least one"),
    ) == (422, 4, 2)
