"""What is known of her: recorded, corrected with a reason, taken away; how she can be reached stands first; her urgent flags."""

import pytest

from services.console.answers import Fields
from services.console.commands.field_forms import NAMES, standing
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


async def flags(browser, case: str):
    page = await browser.get(f"/console/cases/{case}/flags")
    assert page.status == 200, page.text
    return page.form("/flags")


async def test_an_urgent_flag_is_raised_after_the_intake_and_lowered_with_a_reason(workplace):
    case, browser = await begun(workplace)
    form = await flags(browser, case)
    saved = await browser.send(form, protection=["immediate_danger"], health=["late_pregnancy"])
    assert ("The urgent flags were saved." in saved.text, "In immediate danger" in saved.text) == (True, True)
    stands = await flags(browser, case)
    assert [value for name, value in stands.fields if name in {"protection", "health"}] == [
        "immediate_danger",
        "late_pregnancy",
    ]
    told = await browser.send(stands, protection=[])
    assert (told.status, told.html.count("taken away: write why")) == (422, 2)
    done = await browser.send(told.form("/flags"), reason=f"She is in the shelter {SCRIPT}")
    assert ("The urgent flags were saved." in done.text, "<script" in done.html) == (True, False)
    assert (await asked(workplace, f"/v1/cases/{case}/fields"))["flags"] == ["late_pregnancy"]


async def test_a_flag_that_was_raised_meanwhile_is_shown_and_not_lowered_unseen(workplace):
    case, browser = await begun(workplace)
    old = await flags(browser, case)
    await browser.send(await flags(browser, case), protection=["immediate_danger"])
    told = await browser.send(old, health=["suicide_risk"])
    assert (told.status, "Recorded now: In immediate danger" in told.text) == (412, True), told.text
    assert (await asked(workplace, f"/v1/cases/{case}/fields"))["flags"] == ["immediate_danger"]
    stranger = workplace.browser()
    await stranger.sign_in("th.other-worker")
    assert (await stranger.get(f"/console/cases/{case}/flags")).status == 404


async def test_flags_that_stand_are_ticked_whoever_recorded_them():
    known = Fields(own_number=None, fields={}, flags=[], standing_flags=["immediate_danger"], received=[])
    assert standing(known) == {"protection": ["immediate_danger"], "health": []}
