"""Lists that go on: notes, tasks and persons who are found, page after page; and the certificate of a hold."""

import pytest

from tests.console.test_case_work import LONG, SOON, begun, sent
from tests.console.test_finding import looked_for, signed_in

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_older_notes_stand_on_the_next_page(workplace):
    case, browser = await begun(workplace)
    who = workplace.intake.as_(
        "case_worker", sub="th.worker", org="th-care-agency", iss="https://workplace.test/issuer"
    )
    for number in range(27):
        note = {"category": "call", "text": f"note {number}."}
        made = await workplace.intake.client.post(f"/v1/cases/{case}/notes", json=note, headers=who)
        assert made.status_code == 201
    notes = await browser.get((await browser.get(f"/console/cases/{case}")).links["All notes"])
    assert ("note 26." in notes.text, "note 0." in notes.text) == (True, False)
    older = await browser.get(notes.links["Next page"])
    assert ("note 26." in older.text, "note 0." in older.text, "First page" in older.links) == (
        False,
        True,
        True,
    )


async def test_tasks_stand_in_lists_without_a_word_of_them_and_whoever_has_no_tasks_finds_none(workplace):
    case, browser = await begun(workplace)
    await sent(
        browser,
        f"cases/{case}/raise_task",
        kind="accompany",
        text="to the clinic",
        due_on=SOON,
        worker="th.worker",
    )
    mine = await browser.get("/console/tasks")
    assert (mine.status, "to the clinic" in mine.text, f"/console/cases/{case}" in mine.html) == (
        200,
        False,
        True,
    )
    assert any("/console/tasks/" in address for address in mine.links.values())
    assert f"/console/cases/{case}" not in (await browser.get("/console/tasks?view=unassigned")).html
    stranger = await signed_in(workplace, "th.other-worker")
    assert f"/console/cases/{case}" not in (await stranger.get("/console/tasks?view=all")).html
    auditor = await signed_in(workplace, "th.auditor")
    assert (await auditor.get("/console/tasks")).status == 404


async def test_whoever_looks_for_a_person_goes_on_after_the_first_ten(workplace):
    for _ in range(12):
        await workplace.case({"cor_FullName": "Zwanzig Pagetest"})
    browser = await signed_in(workplace)
    first = await looked_for(browser, name="Zwanzig Pagetest")
    more = next(form for form in first.forms if "after" in dict(form.fields))
    second = await browser.send(more)
    cases = [{one for one in page.links.values() if "/cases/" in one} for page in (first, second)]
    assert (len(cases[0]), len(cases[1]), cases[0] & cases[1]) == (10, 2, set())
    assert not any("zwanzig" in address.lower() for address in browser.asked)


async def test_the_certificate_of_a_hold_is_a_paper_for_whoever_reads_the_case(workplace):
    case, browser = await begun(workplace)
    page = await sent(browser, f"cases/{case}/place_hold", until=LONG)
    link = page.links["Certificate to print: that she stays, and not why"]
    paper = (await browser.http.get(link)).headers
    assert (paper["content-type"], paper["cache-control"]) == ("application/pdf", "no-store")
    stranger = await signed_in(workplace, "th.other-worker")
    assert (await stranger.get(link)).status == 404
