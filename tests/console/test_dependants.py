"""Who is with her: a case of their own that is linked with hers, and dates as far as they are known, in either era."""

import pytest

from tests.console.browsing import SentForm
from tests.console.conftest import ISSUER

pytestmark = pytest.mark.asyncio(loop_scope="session")
NAME = "Kanarie-Dara"


async def at_her_case(workplace, fields=None, **more):
    case, browser = await workplace.case(fields, **more), workplace.browser()
    await browser.sign_in("th.worker")
    return case, browser, await browser.get(f"/console/cases/{case}")


async def recorded(workplace, case: str) -> dict:
    who = workplace.intake.as_("supervisor", sub="th.supervisor", org="th-care-agency", iss=ISSUER)
    return (await workplace.intake.client.get(f"/v1/cases/{case}/fields", headers=who)).json()


async def test_somebody_who_is_with_her_gets_a_case_of_their_own_that_is_linked_once(workplace):
    _, browser, page = await at_her_case(workplace)
    assert "Nobody is linked with her." in page.text
    form = (await browser.get(page.links["Somebody is with her"])).form("open_dependant")
    told = await browser.send(form, cor_FullName=NAME, protection=["unaccompanied_child"])
    assert (told.status, told.html.count("Choose what that person is to her")) == (422, 2)
    assert dict(told.form("open_dependant").fields)["cor_FullName"] == NAME
    assert 'value="unaccompanied_child" checked' in told.html
    typed = {"relation": "child", "prs_Birthdate-year": "2015", "prs_Birthdate-about": "yes"}
    for _ in range(2):
        made = await browser.send(told.form("open_dependant"), **typed)
        assert "The case was opened and linked." in made.text
    assert "She depends on that person." not in page.text
    child = str(made.answer.url.path).rpartition("/")[2]
    known = await recorded(workplace, child)
    assert known["fields"] == {"cor_FullName": NAME, "prs_Birthdate": "2015~"}
    assert known["flags"] == ["unaccompanied_child"]
    hers = await browser.get(page.answer.url.path)
    assert hers.text.count("Depends on her.") == 1
    assert str(made.answer.url.path) in hers.links.values()
    assert NAME not in " ".join(browser.asked)


async def test_a_case_that_is_here_is_linked_by_its_reference_and_the_link_ended_with_a_reason(workplace):
    other, _, sibling = await at_her_case(workplace)
    case, browser, page = await at_her_case(workplace)
    reference = next(word for word in sibling.text.split() if word.startswith("TH-"))
    form = (await browser.get(page.links["Link a case that is here"])).form("link_dependant")
    for wrong, said in (
        ("", "Write the reference of the other case"),
        (reference[:-1] + ("2" if reference[-1] != "2" else "3"), "A letter or digit is not right"),
        (NAME, "This is no reference"),
    ):
        told = await browser.send(form, other_case_id=wrong, relation="sibling")
        assert (told.status, told.html.count(said)) == (422, 2), told.text
        assert 'value="sibling" checked' in told.html
    theirs = await workplace.case(workers=("th.colleague",))
    told = await browser.send(told.form("link_dependant"), other_case_id=theirs)
    assert (told.status, told.html.count("No case of yours has this reference.")) == (422, 2)
    linked = await browser.send(told.form("link_dependant"), other_case_id=reference.replace("-", " "))
    assert "The two cases are linked." in linked.text
    assert reference in linked.links
    assert "She depends on that person." in (await browser.get(f"/console/cases/{other}")).text
    ending = await browser.get(linked.links["End this link"])
    missing = await browser.send(ending.form("unlink_dependant"))
    assert missing.html.count("Choose the reason") == 2
    for _ in range(2):
        ended = await browser.send(missing.form("unlink_dependant"), reason="danger")
        assert ("The link was ended." in ended.text, "End this link" in ended.links) == (True, False)
    assert "One is a danger to the other" in ended.text
    assert (await browser.get(ending.answer.url.path)).status == 404
    action = ending.form("unlink_dependant").action
    crossed = SentForm(action.replace(case, other), "post", ending.form("unlink_dependant").fields)
    assert (await browser.send(crossed, reason="danger")).status in {404, 422}
    assert (await browser.get(f"/console/links/{case}/unlink_dependant")).status == 404
    assert (await browser.get(f"/console/links/nothing.{case}/unlink_dependant")).status == 404


async def test_whoever_reads_one_of_two_cases_alone_is_not_shown_who_the_other_is(workplace):
    case, browser, _ = await at_her_case(workplace)
    theirs = await workplace.case({"cor_FullName": NAME}, workers=("th.colleague",))
    who = workplace.intake.as_("supervisor", sub="th.supervisor", org="th-care-agency", iss=ISSUER)
    link = {"other_case_id": theirs, "relation": "spouse"}
    made = await workplace.intake.client.post(f"/v1/cases/{case}/dependants/link", json=link, headers=who)
    assert made.status_code == 201, made.text
    page = await browser.get(f"/console/cases/{case}")
    assert "Somebody is linked with her, whose case is not yours to see." in page.text
    assert (theirs in page.html, "Spouse" in page.text) == (False, False)
    assert "End this link" in page.links


@pytest.mark.parametrize(
    ("year", "kept"), [("2542", "1999"), ("1999", "1999"), ("254X", "1997/2006"), ("199X", "199X")]
)
async def test_a_year_of_either_era_is_accepted_kept_once_and_shown_to_each_as_she_counts(
    workplace, year, kept
):
    _, browser, page = await at_her_case(workplace)
    await browser.http.post("/console/language", data={"language": "th"})
    form = (await browser.get(f"{page.answer.url.path}/open_dependant")).form("open_dependant")
    made = await browser.send(form, relation="sibling", **{"prs_Birthdate-year": year})
    child = str(made.answer.url.path).rpartition("/")[2]
    assert (await recorded(workplace, child))["fields"] == {"prs_Birthdate": kept}
    if "X" not in year:
        assert "2542" in made.text
        await browser.http.post("/console/language", data={"language": "en"})
        assert "1999" in (await browser.get(made.answer.url.path)).text


async def test_two_digits_of_a_year_are_never_guessed(workplace):
    _, browser, page = await at_her_case(workplace)
    form = (await browser.get(page.links["Somebody is with her"])).form("open_dependant")
    told = await browser.send(form, relation="sibling", **{"prs_Birthdate-year": "52"})
    assert (told.status, told.html.count("Write the year with four digits")) == (422, 2)
    assert dict(told.form("open_dependant").fields)["prs_Birthdate-year"] == "52"
