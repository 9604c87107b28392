"""What is known of her: recorded, corrected with a reason, taken away; how she can be reached stands first."""

import pytest

from services.console.commands.field_forms import NAMES
from tests.console.test_case_work import asked, begun, sent

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCRIPT = '"><script>alert("she")</script>'
GENDER, BORN, PHONE, HEALTH, KINDS = (
    NAMES.index(name) + 1
    for name in ("prs_Gender", "prs_Birthdate", "prs_MobilePhone", "cor_Health", "prs_Citizenship")
)


async def field(browser, case: str, number: int):
    page = await browser.get(f"/console/cases/{case}/fields/{number}")
    assert page.status == 200, page.text
    return page.form(f"/fields/{number}")


async def known(workplace, case: str):
    return (await asked(workplace, f"/v1/cases/{case}/fields"))["fields"]


async def test_a_value_is_recorded_and_corrected_with_a_reason_and_taken_away(workplace):
    case, browser = await begun(workplace)
    page = await browser.send(await field(browser, case, PHONE), prs_MobilePhone="+66 81 111 1111")
    assert "It was saved." in page.text
    old = await field(browser, case, PHONE)
    assert dict(old.fields)["prs_MobilePhone"] == "+66 81 111 1111"
    told = await browser.send(await field(browser, case, PHONE), prs_MobilePhone="+66 81 222 2222")
    assert (told.status, told.html.count("taken away: write why")) == (422, 2), told.text
    form = told.form(f"/fields/{PHONE}")
    assert dict(form.fields)["prs_MobilePhone"] == "+66 81 222 2222"
    done = await browser.send(form, reason=f"She has a new one {SCRIPT}")
    assert ("It was saved." in done.text, "+66 81 222 2222" in done.text, "<script" in done.html) == (
        True,
        True,
        False,
    )
    stale = await browser.send(old, prs_MobilePhone="1", reason="x")
    assert (stale.status, "Somebody changed this meanwhile" in stale.text) == (412, True)
    first = (await browser.get(f"/console/cases/{case}")).text
    assert first.index("+66 81 222 2222") < first.index("Who she is")
    gone = await browser.send(await field(browser, case, PHONE), prs_MobilePhone="", reason="Not safe")
    assert "It was saved." in gone.text
    assert await known(workplace, case) == {}


async def test_the_own_number_is_replaced_with_a_reason(workplace):
    case, browser = await begun(workplace)
    await sent(browser, f"cases/{case}/record_fields", own_number="A/17")
    told = await sent(browser, f"cases/{case}/record_fields", own_number="A/18")
    assert (told.status, told.html.count("taken away: write why")) == (422, 2)
    done = await browser.send(told.form("record_fields"), reason="A slip of the pen")
    assert ("The number was saved." in done.text, "A/18" in done.text) == (True, True)


async def test_each_kind_of_field_is_answered_in_its_own_way(workplace):
    case, browser = await begun(workplace)
    parts = {"prs_Birthdate-year": "1999", "prs_Birthdate-about": "yes"}
    for number, typed in (
        (BORN, parts),
        (GENDER, {"prs_Gender": "Feminine"}),
        (KINDS, {"prs_Citizenship": ["KH", "TH"]}),
        (HEALTH, {"cor_Health": SCRIPT}),
    ):
        page = await browser.send(await field(browser, case, number), **typed)
        assert ("It was saved." in page.text, "<script" in page.html) == (True, False), page.text
    assert await known(workplace, case) == {
        "prs_Birthdate": "1999~", "prs_Gender": "Feminine", "prs_Citizenship": ["KH", "TH"], "cor_Health": SCRIPT,
    }  # fmt: skip
    wrong = await browser.send(
        await field(browser, case, BORN), **{"prs_Birthdate-year": "2199", "reason": "x"}
    )
    assert (wrong.status, 'href="#prs_Birthdate"' in wrong.html) == (422, True)


async def test_a_field_of_somebody_elses_case_or_without_a_number_is_not_there(workplace):
    case, _ = await begun(workplace)
    stranger = workplace.browser()
    await stranger.sign_in("th.other-worker")
    for number in (1, 0, len(NAMES) + 1):
        assert (await stranger.get(f"/console/cases/{case}/fields/{number}")).status == 404
    assert (await stranger.get(f"/console/cases/{case}/fields")).status == 404
