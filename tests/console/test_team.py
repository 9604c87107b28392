"""The pages of a supervisor: who has what, cases given on, leaves, and who has seen a person's data."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contracts.events.access import RecordReadV1
from tests.console.browsing import SentForm
from tests.console.conftest import ISSUER
from tests.console.test_forms import away

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCRIPT = '"><script>alert(1)</script>'


async def at_the_team(workplace):
    browser = workplace.browser()
    await browser.sign_in("th.supervisor")
    return browser, await browser.get("/console/team")


async def choosing(browser, team, worker: str):
    row = next(form for form in team.forms if ("worker", worker) in form.fields)
    return await browser.send(row)


async def workers_of(workplace, case: str) -> list[str]:
    who = workplace.intake.as_("supervisor", sub="th.supervisor", org="th-care-agency", iss=ISSUER)
    return (await workplace.intake.client.get(f"/v1/cases/{case}", headers=who)).json()["workers"]


async def test_a_supervisor_sees_who_has_what_and_gives_many_cases_on_without_a_name_in_an_address(workplace):
    cases = [await workplace.case(workers=("th.worker-7",)) for _ in range(2)]
    browser, team = await at_the_team(workplace)
    assert ("th.worker-7" in team.text, "Open cases: 2." in team.text) == (True, True)
    page = await choosing(browser, team, "th.worker-7")
    form = page.form("/team/ours/assign_cases")
    assert ("instead_of", "th.worker-7") in form.fields
    given = await browser.send(form, case_ids=cases, worker="th.worker")
    again = await browser.send(form, case_ids=cases, worker="th.worker")
    for page, what in ((given, "Assigned"), (again, "Already had it")):
        assert "Given to th.worker: 2 of 2" in page.text
        assert page.text.count(what) == len(re.findall(r"TH-\w{4}-\w{2}", page.text)) == 2
        assert "These could not be given" not in page.text
    assert [await workers_of(workplace, case) for case in cases] == [["th.worker"]] * 2
    assert "th.worker-7" not in "".join(browser.asked)


async def test_which_cases_could_not_be_given_is_said_with_the_reason(workplace):
    moved, there = [await workplace.case(workers=("th.worker-7",)) for _ in range(2)]
    browser, team = await at_the_team(workplace)
    form = (await choosing(browser, team, "th.worker-7")).form("/team/ours/assign_cases")
    await browser.send(form, case_ids=[moved], worker="th.colleague")
    page = await browser.send((await choosing(browser, team, "th.worker-7")).form("/team/ours/assign_cases"), case_ids=[moved, there], worker="th.worker")  # fmt: skip
    assert "Given to th.worker: 1 of 2" in page.text
    assert "These could not be given" in page.text
    assert "Was no longer with whoever was to give it" in page.text
    assert [await workers_of(workplace, case) for case in (moved, there)] == [["th.colleague"], ["th.worker"]]


async def test_what_was_not_chosen_is_said_beside_it_and_the_worker_whose_cases_they_are_stays(workplace):
    case = await workplace.case(workers=("th.colleague",))
    browser, team = await at_the_team(workplace)
    form = (await choosing(browser, team, "th.colleague")).form("assign_cases")
    told = await browser.send(form, case_ids=[case])
    assert (told.status, told.html.count("Choose who works on them")) == (422, 2)
    again = told.form("assign_cases")
    assert {("instead_of", "th.colleague"), ("case_ids", case)} <= set(again.fields)
    spoilt = await browser.send(again, worker=SCRIPT)
    assert (spoilt.status, "<script" in spoilt.html) == (422, False)
    other = workplace.browser()
    await other.sign_in("th.supervisor")
    planted = await other.send(SentForm(again.action, "post", again.fields), worker="th.worker")
    assert (planted.status, "You have signed in again since" in planted.text) == (422, True)
    assert await workers_of(workplace, case) == ["th.colleague"]


@pytest.mark.parametrize("verb", ["assign_cases", "assign_case"])
async def test_choices_that_were_made_stay_while_the_service_that_knows_them_is_away(workplace, verb):
    case = await workplace.case(workers=("th.colleague",))
    browser, team = await at_the_team(workplace)
    if verb == "assign_cases":
        form = (await choosing(browser, team, "th.colleague")).form(verb)
        chosen = {"case_ids": [case], "worker": "th.worker"}
    else:
        form = (await browser.get(f"/console/cases/{case}/{verb}")).form(verb)
        chosen = {"workers": ["th.worker"]}
    with away(workplace, "intake"):
        told = await browser.send(form, **chosen)
    assert (told.status, "could not be saved at the moment" in told.text) == (503, True)
    await browser.send(told.form(verb))
    assert await workers_of(workplace, case) == ["th.worker"]


async def test_a_leave_is_planned_once_and_ended_by_who_saw_it(workplace):
    browser, _ = await at_the_team(workplace)
    page = await browser.get("/console/leaves/ours/plan_leave")
    form = page.form("plan_leave")
    wrong = await browser.send(
        form, worker="th.worker", cover="th.colleague", first_day="soon", last_day="2031-05-02"
    )
    assert wrong.status == 422
    assert dict(wrong.form("plan_leave").fields)["cover"] == "th.colleague"
    first = datetime.now(UTC).date() + timedelta(days=30)
    days = {"first_day": str(first), "last_day": str(first + timedelta(days=1))}
    ready = wrong.form("plan_leave")
    for _ in range(2):
        saved = await browser.send(ready, **days)
        assert "The leave was saved." in saved.text
    assert saved.text.count("Planned") == 1
    ending = await browser.get(saved.links["End this leave now"])
    stale = (await browser.get(saved.links["End this leave now"])).form("end_leave")
    over = await browser.send(ending.form("end_leave"))
    assert "The leave is over." in over.text
    late = await browser.send(stale)
    assert (late.status, "The leave is over." in late.text) in {(404, False), (409, False), (412, False)}


async def test_a_leave_has_text_where_script_was_typed(workplace):
    browser, _ = await at_the_team(workplace)
    form = (await browser.get("/console/leaves/ours/plan_leave")).form("plan_leave")
    told = await browser.send(form, worker=SCRIPT, cover=SCRIPT, first_day=SCRIPT, last_day=SCRIPT)
    assert (told.status, "<script" in told.html) == (422, False)
    assert dict(told.form("plan_leave").fields)["cover"] == SCRIPT


async def test_a_supervisor_sees_who_has_seen_her_data_and_a_worker_does_not(workplace):
    case = await workplace.case()
    await workplace.audit.grant_access(UUID(case), "th-care-agency", ("th.worker",))
    await workplace.audit.deliver(
        RecordReadV1(case_id=UUID(case), resource="case-fields", fields=("cor_FullName",)), publisher="intake"
    )
    browser, _ = await at_the_team(workplace)
    page = await browser.get((await browser.get(f"/console/cases/{case}")).links["Who has seen her data"])
    assert re.search(r"test .*Case-file fields", page.text), page.text
    refused = await browser.get(page.links["Who tried and was refused"])
    assert "Nobody tried and was refused." in refused.text
    worker = workplace.browser()
    await worker.sign_in("th.worker")
    assert "Who has seen her data" not in (await worker.get(f"/console/cases/{case}")).links
    assert (await worker.get(f"/console/cases/{case}/readings")).status == 404


async def test_the_team_is_not_there_for_whoever_has_none(workplace):
    worker = workplace.browser()
    home = await worker.sign_in("th.worker")
    assert ("Team" in home.links, "Leave" in home.links, "Audit log" in home.links) == (False, True, False)
    for path in ("/team", "/team/ours/assign_cases", "/team/theirs/assign_cases", "/audit", "/services"):
        assert (await worker.get(f"/console{path}")).status == 404, path


async def test_a_case_is_left_out_for_whoever_covers_and_put_back(workplace):
    case, theirs = (
        await workplace.case(workers=("th.worker",)),
        await workplace.case(workers=("th.colleague",)),
    )
    browser = workplace.browser()
    await browser.sign_in("th.supervisor")
    planning = (await browser.get("/console/leaves/ours/plan_leave")).form("plan_leave")
    days = {"first_day": "2027-03-01", "last_day": "2027-03-05"}
    leaves = await browser.send(planning, worker="th.worker", cover="th.colleague", **days)
    out = (await browser.get(leaves.links["Leave a case out"])).form("exclude_case")
    told = await browser.send(out, case_id="")
    assert (told.status, told.html.count("Write the reference of the case")) == (422, 2)
    page = await browser.get(f"/console/cases/{case}")
    reference = next(word for word in page.text.split() if word.startswith("TH-"))
    for _ in range(2):
        leaves = await browser.send(told.form("exclude_case"), case_id=reference)
        assert "The case was left out." in leaves.text
    assert "Cases left out for the cover: 1" in leaves.text
    back = (await browser.get(leaves.links["Put a case back"])).form("include_case")
    asked = await browser.get(back.action)
    assert (reference in asked.text, theirs in asked.html) == (True, False)
    leaves = await browser.send(back, case_id=case)
    assert "The case was put back." in leaves.text
    assert "Put a case back" not in leaves.links
    worker = workplace.browser()
    await worker.sign_in("th.worker")
    assert (await worker.get(out.action)).status == 404
