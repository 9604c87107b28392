"""The work on a case: its tasks and notes, what is assessed and decided, holds, its end and its beginning again."""

from datetime import UTC, datetime, timedelta

import pytest

from services.console.answers import OneTask
from services.console.commands import COMMANDS
from services.console.commands.form import Sender
from tests.console.conftest import ISSUER

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCRIPT = '"><script>alert("she")</script>'
SOON, LATER, LONG = (str((datetime.now(UTC) + timedelta(days=days)).date()) for days in (2, 9, 40))


async def begun(workplace, who="th.worker"):
    case, browser = await workplace.case(), workplace.browser()
    await browser.sign_in(who)
    return case, browser


async def sent(browser, address: str, **typed):
    page = await browser.get(f"/console/{address}")
    assert page.status == 200, page.text
    return await browser.send(page.form(address.rpartition("/")[2]), **typed)


async def asked(workplace, path: str):
    who = workplace.intake.as_("case_worker", sub="th.worker", org="th-care-agency", iss=ISSUER)
    return (await workplace.intake.client.get(path, headers=who)).json()


async def test_a_task_is_added_postponed_done_and_taken_up_again(workplace):
    case, browser = await begun(workplace)
    added = await sent(
        browser, f"cases/{case}/raise_task", kind="call", text=f"her sister {SCRIPT}", due_on=SOON
    )
    assert ("The task was saved." in added.text, "<script" in added.html) == (True, False)
    task = added.links["Call somebody"].rpartition("/")[2]
    moved = await sent(browser, f"tasks/{task}/change_task", due_on=LATER, worker="th.worker")
    assert ("The task was saved." in moved.text, "her sister" in moved.text) == (True, True)
    view = await asked(workplace, f"/v1/tasks/{task}")
    assert (view["due_on"], view["worker"], view["kind"]) == (LATER, "th.worker", "call")
    assert "It was saved that the task is done." in (await sent(browser, f"tasks/{task}/complete_task")).text
    assert "The task is to be done again." in (await sent(browser, f"tasks/{task}/reopen_task")).text
    none = await sent(browser, f"tasks/{task}/cancel_task")
    assert (none.status, none.html.count("Choose why")) == (422, 2)
    assert (
        "The task was taken off."
        in (await sent(browser, f"tasks/{task}/cancel_task", reason="not-needed")).text
    )
    assert (await asked(workplace, f"/v1/tasks/{task}"))["state"] == "cancelled"


async def test_a_task_of_the_team_is_about_no_case_and_found_in_a_list_of_its_own(workplace):
    _, browser = await begun(workplace)
    listed = await browser.get("/console/tasks?view=team")
    form = (await browser.get(listed.links["Add a task for the team"])).form("raise_task")
    missing = await browser.send(form, text="Order mattresses")
    assert (missing.status, missing.html.count("Choose what is to be done")) == (422, 2)
    for _ in range(2):
        saved = await browser.send(missing.form("raise_task"), kind="other", due_on=SOON)
        assert ("The task was saved." in saved.text, "Order mattresses" in saved.text) == (True, True)
    task = saved.answer.url.path.rpartition("/")[2]
    assert (await asked(workplace, f"/v1/tasks/{task}"))["case_id"] is None
    listed = await browser.get("/console/tasks?view=team")
    assert (f"/tasks/{task}" in listed.html, "mattresses" in listed.text) == (True, False)
    assert "It was saved that the task is done." in (await sent(browser, f"tasks/{task}/complete_task")).text
    auditor = workplace.browser()
    await auditor.sign_in("th.auditor")
    assert (await auditor.get("/console/tasks/ours/raise_task")).status == 404


async def test_whoever_does_not_see_the_case_is_given_no_task_of_it(workplace):
    case, browser = await begun(workplace)
    told = await sent(browser, f"cases/{case}/raise_task", kind="visit", worker=SCRIPT)
    assert (told.status, "<script" in told.html, 'href="#worker"' in told.html) == (422, False, True)


async def test_an_instant_stays_where_its_day_stays_and_goes_with_another_day():
    at = "2026-11-27T03:30:00Z"
    task = OneTask.model_validate(
        {
            "id": "01234567-89ab-4def-8123-456789abcdef", "kind": "visit", "state": "open", "worker": None, "due_at": at, "due_on": "2026-11-27",
            "overdue": False, "step": None, "text": None, "moves": [], "case_id": None, "case_reference": None, "remind_at": at,
            "cancel_offered": False, "raised_at": at, "raised_by": "x", "ended_at": None, "ended_by": None,
        }
    )  # fmt: skip
    command = COMMANDS["change_task"]
    stands = dict(command.begins(task))
    assert command.body(stands, Sender) == {
        "kind": "visit",
        "remind_at": "2026-11-27T03:30:00+00:00",
        "due_at": "2026-11-27T03:30:00+00:00",
    }
    later = command.body({**stands, "due_on": ["2026-12-01"]}, Sender)
    assert (later["due_on"], "due_at" in later) == ("2026-12-01", False)
    assert not {"due_on", "due_at"} & command.body({**stands, "due_on": [""]}, Sender).keys()


async def test_a_note_is_corrected_from_what_stands_there_and_struck_with_the_reason(workplace):
    case, browser = await begun(workplace)
    page = await sent(browser, f"cases/{case}/write_note", category="call", text="she called")
    old = (await browser.get(page.links["Correct this note"])).form("correct_note")
    form = (await browser.get(page.links["Correct this note"])).form("correct_note")
    assert dict(form.fields)["text"] == "she called"
    none = await browser.send(form, text="she wrote")
    assert (none.status, none.html.count("Write why")) == (422, 2)
    page = await browser.send(none.form("correct_note"), reason=f"misheard {SCRIPT}")
    assert ("The note was corrected." in page.text, "she wrote" in page.text, "<script" in page.html) == (
        True,
        True,
        False,
    )
    stale = await browser.send(old, text="from an old tab", reason="x")
    assert (stale.status, "Somebody changed this meanwhile" in stale.text) == (412, True)
    page = await sent(browser, page.links["Strike this note"].removeprefix("/console/"), reason="wrong case")
    assert ("The note was struck." in page.text, "she wrote" in page.text, "wrong case" in page.text) == (
        True,
        False,
        True,
    )
    assert "Correct this note" not in page.links


async def test_a_note_is_mended_only_under_its_own_case(workplace):
    case, browser = await begun(workplace)
    page = await sent(browser, f"cases/{case}/write_note", category="call", text="hers")
    other, _ = await begun(workplace)
    place = page.links["Correct this note"].replace(case, other)
    assert (await browser.get(place)).status == 404
    for odd in (place.replace(f"{other}.", ""), place.replace(other, "x"), "/console/notes/../correct_note"):
        assert (await browser.get(odd)).status == 404


async def test_needs_age_and_status_are_saved_and_what_is_missing_is_said(workplace):
    case, browser = await begun(workplace, "th.supervisor")
    for verb, field, typed, done in (
        ("assess_needs", "needs", {"needs": ["shelter", "legal"], "urgency": "urgent", "note": SCRIPT}, "Her needs were saved."),
        ("assess_age", "reasons", {"result": "adult", "basis": "document", "reasons": SCRIPT}, "The decision about her age was saved."),
        ("identify_case", "status", {"status": "PossibleVictimOfTrafficking", "deciding_organisation": "NGO", "reasons": SCRIPT}, "The formal status was saved."),
        ("record_fields", "own_number", {"own_number": "A/17-2026"}, "The number was saved."),
    ):  # fmt: skip
        none = await sent(browser, f"cases/{case}/{verb}", **{**typed, field: ""})
        assert (none.status, f'href="#{field}"' in none.html, "<script" in none.html) == (422, True, False), (
            verb
        )
        page = await sent(browser, f"cases/{case}/{verb}", **typed)
        assert (done in page.text, "<script" in page.html) == (True, False), verb
    assert {"Shelter", "A/17-2026"} <= set(page.text.replace("Legal", " ").split()) | {"A/17-2026"}
    assert (await asked(workplace, f"/v1/cases/{case}"))["age_group"] == "adult"


async def test_a_hold_is_placed_shown_and_lifted(workplace):
    case, browser = await begun(workplace)
    short = await sent(browser, f"cases/{case}/place_hold", until=LATER)
    assert (short.status, "A hold lasts at least thirty days" in short.text) == (422, True)
    page = await sent(browser, f"cases/{case}/place_hold", until=LONG)
    assert "The hold is in force." in page.text
    (hold,) = await asked(workplace, f"/v1/cases/{case}/holds")
    assert hold["until"].startswith(LONG), "the end of the day in Bangkok"
    page = await sent(browser, page.links["Lift this hold"].removeprefix("/console/"))
    assert ("The hold was lifted." in page.text, "Lift this hold" in page.links) == (True, False)


async def test_a_case_is_closed_with_a_reason_and_what_stands_in_the_way_is_said(workplace):
    case, browser = await begun(workplace)
    await sent(browser, f"cases/{case}/raise_task", kind="call")
    form = await browser.get(f"/console/cases/{case}/close_case")
    assert "Tasks are open" in form.text
    told = await browser.send(form.form("close_case"), reason="contact-lost", note=SCRIPT)
    assert (
        told.status,
        "This is not possible now: Tasks are open." in told.text,
        "<script" in told.html,
    ) == (409, True, False)
    task = (await browser.get(f"/console/cases/{case}")).links["Call somebody"].removeprefix("/console/")
    await sent(browser, f"{task}/complete_task")
    page = await browser.send(told.form("close_case"))
    assert ("The case is closed." in page.text, "Contact was lost" in page.text) == (True, True)
    assert ("Close this case" in page.links, "Add a note" in page.links) == (False, False)
    page = await sent(browser, f"cases/{case}/resume_case", reason="contact-again")
    assert ("The case is open again." in page.text, "Add a note" in page.links) == (True, True)
