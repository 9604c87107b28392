"""The day of each group with the routes of today: nobody carries an identifier of a machine from one call to the next."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from corridor.client import RefusedError
from corridor.journey import Journey, eventually
from corridor.story import PERSON
from tests.journeys.by_hand import Hand
from tests.journeys.steps import referred

FULL_NAME = PERSON["cor_FullName"]


@pytest.fixture
async def journey(stack):
    async with Journey(stack.state) as journey:
        await referred(journey)
        yield journey


@pytest.fixture
async def hand(stack):
    """Anybody of either country, by name."""
    people: list[Hand] = []

    async def of(name: str) -> Hand:
        people.append(await Hand(name, stack.state).__aenter__())
        return people[-1]

    yield of
    for person in people:
        await person.__aexit__()


async def test_an_officer_saves_half_way_submits_and_finds_her_again_by_name_and_number(hand):
    officer = await hand("th.officer")
    number = f"BX-{datetime.now(UTC):%H%M%S%f}"
    begun = {"channel": "screening-unit", "own_number": number, "fields": {"cor_FullName": FULL_NAME}}
    draft = await officer.make("intake", "/v1/drafts", begun)
    await officer.move(draft, "save_draft", {"urgency": "urgent", "languages": ["km"]})
    await officer.move(draft, "submit_draft")
    (found,) = (await officer.typed("POST", "/intake/v1/cases/search", {"own_number": number}))["items"]
    reference = found["reference"]
    by_name = await officer.typed("POST", "/intake/v1/cases/search", {"name": FULL_NAME.lower()})
    assert reference in {one["reference"] for one in by_name["items"]}
    seen = await officer.typed("GET", f"/intake/v1/submissions/{reference}")
    assert (seen["reference"], seen["state"]) == (reference, "submitted")
    assert officer.calls == 8


async def test_a_call_to_the_hotline_becomes_a_case_with_its_words_and_its_task(hand):
    officer = await hand("th.officer")
    told = {"kind": "tells", "text": "Three women are locked in at the pier", "flags": ["immediate_danger"]}
    call = await officer.make("intake", "/v1/calls", told)
    agreed = {"agreed": "in-the-call", "urgency": "immediate", "languages": ["km"]}
    await officer.move(call, "open_call_case", agreed)
    view = (await officer.followed("GET", call)).json()
    assert (view["state"], view["case_reference"] is None) == ("attached", False)
    tasks = (await officer.typed("GET", "/intake/v1/tasks", case_id=view["case_reference"]))["items"]
    assert {one["kind"] for one in tasks} == {"urgent-step"}
    assert officer.calls == 5


async def test_the_receiving_worker_goes_from_the_offer_to_her_arrival_and_the_end(journey, hand):
    worker = await hand("kh.worker")
    _, reference = await journey.references()
    waiting = (await worker.typed("GET", "/referral/v1/referrals", state="received", limit=200))["items"]
    assert reference in {one["case_reference"] for one in waiting}
    place, view = await worker.opened("referral", "/v1/referrals", "referral_id", case_id=reference)
    fields = await worker.typed("GET", f"/intake/v1/cases/{reference}/fields")
    assert fields["received"][0]["fields"]["cor_FullName"] == FULL_NAME
    assert view["state"] == "received"
    await worker.move(place, "accept_referral")
    await worker.move(place, "start_referral")
    await departed(journey)
    home, way = await worker.opened("returns", "/v1/returns", "return_id", case_id=reference)
    assert (way["state"], way["handover"]) == ("departed", "land-border")
    await worker.move(home, "arrive_return")
    await worker.move(home, "close_return", {"outcome": "reintegrated"})
    await worker.move(place, "complete_referral", {"outcome": "service-delivered"})
    assert worker.calls == 16


async def departed(journey: Journey) -> None:
    """Everything that the sending side does meanwhile."""
    await journey.until_state(journey.worker, "in_progress")
    await journey.request_return()
    await journey.decide_return()
    await journey.prepare_return()
    await journey.in_the_way()
    await journey.assess_return()
    await journey.move_return(journey.supervisor, "clear")
    await journey.depart_return()
    await journey.until_return(journey.their_worker, "departed")


async def test_a_supervisor_sees_who_has_what_gives_a_case_to_a_colleague_and_plans_a_leave(journey, hand):
    supervisor = await hand("th.supervisor")
    reference, _ = await journey.references()
    board = (await supervisor.typed("GET", "/intake/v1/team"))["items"]
    loads = {one["worker"]: one["open_cases"] for one in board}
    assert loads["th.worker"] >= 1
    given = {"case_ids": [reference], "worker": "th.supervisor"}
    assert (await supervisor.typed("POST", "/intake/v1/team/assign", given))["items"][0][
        "result"
    ] == "assigned"
    (row,) = [
        one
        for one in (await supervisor.typed("GET", "/intake/v1/cases", worker="th.supervisor", limit=200))[
            "items"
        ]
        if one["reference"] == reference
    ]
    assert set(row["workers"]) == {"th.supervisor", "th.worker"}
    day = datetime.now(UTC).date() + timedelta(days=30)
    away = {"worker": "th.worker", "cover": "th.supervisor", "first_day": str(day), "last_day": str(day)}
    await supervisor.typed("POST", "/intake/v1/leaves", away)
    leaves = (await supervisor.typed("GET", "/intake/v1/leaves"))["items"]
    assert ("th.worker", "th.supervisor") in {(one["worker"], one["cover"]) for one in leaves}
    assert supervisor.calls == 5


async def test_an_auditor_answers_who_saw_her_data_and_under_which_consent_with_the_other_half(journey, hand):
    """The partner's half comes over the border, released by its auditor; the file is what a third can check."""
    ours, theirs = await hand("th.auditor"), await hand("kh.auditor")
    reference, _ = await journey.references()
    found = await ours.typed("GET", "/audit/v1/entries", case_id=reference, limit=5)
    assert found["items"]
    account = await ours.typed("GET", f"/audit/v1/trails/{reference}/account")
    (disclosed,) = account["disclosures"]["items"]
    given = [one for one in account["consents"]["items"] if one["step"] == "given"]
    assert (disclosed["consent_id"], disclosed["revision"]) == (given[0]["consent_id"], given[0]["revision"])
    assert "th.worker" in {one["actor"] for one in account["readings"]["items"]}
    asked = await ours.make("audit", "/v1/extracts", {"case_id": reference, "reason": "periodic-review"})
    place = await waiting(theirs, disclosed["referral_id"])
    seen = (await theirs.followed("GET", place)).json()
    assert {one["event"] for one in seen["entries"]} >= {"disclosure.received.v1"}
    await theirs.move(place, "release_extract", {"position": seen["position"]})
    await ours.until(asked, "the other half", state="released")
    halves = await ours.typed("GET", f"/audit/v1/trails/{reference}/halves")
    assert {one["cell"] for one in halves["items"]} == {"TH", "KH"}


async def waiting(auditor: Hand, referral_id: str) -> str:
    """The partner's question about a referral, as it stands in the list of those that wait."""

    async def there() -> str | None:
        rows = (await auditor.typed("GET", "/audit/v1/extracts", direction="in", state="open"))["items"]
        found = [one["id"] for one in rows if referral_id in one["about"]]
        return f"/audit/v1/extracts/{found[0]}" if found else None

    return await eventually(there, "the question of the partner")


async def test_an_operator_adds_an_organisation_that_a_second_one_confirms(hand):
    one, other = await hand("th.operator"), await hand("th.other-operator")
    name = f"th-house-{datetime.now(UTC):%H%M%S%f}"
    added = {
        "change": "add-organisation",
        "organisation": name,
        "name": "A house",
        "role": "health",
        "type": "NGO",
        "ticket": "OPS-1",
    }
    await one.typed("POST", "/directory/v1/proposals", added)
    rows = (await other.typed("GET", "/directory/v1/proposals", state="proposed"))["items"]
    (place,) = [f"/directory/v1/proposals/{row['id']}" for row in rows if row["organisation"] == name]
    await other.move(place, "confirm_proposal")
    listed = await one.typed("GET", f"/directory/v1/organisations/{name}")
    assert (listed["id"], listed["role"]) == (name, "health")
    assert one.calls + other.calls == 5


async def test_a_system_sends_a_file_learns_what_became_of_each_row_and_sent_again_opens_nothing(hand):
    """Its colleagues call each case by the reference that the system was told."""
    system, officer = await hand("machine:th.case-system"), await hand("th.officer")
    mark = f"{datetime.now(UTC):%H%M%S%f}"
    lines = (
        "cor_ExternalId,cor_FullName,prs_Birthdate",
        f"A-{mark},{FULL_NAME},1999",
        f"B-{mark},Dara,1999-02-30",
    )
    first, again = [await sent(system, "\n".join(lines)) for _ in range(2)]
    assert [(one["total"], one["created"], one["duplicates"], one["errors"]) for one in (first, again)] == [
        (2, 1, 0, 1),
        (2, 0, 1, 1),
    ]
    rows = await system.followed("GET", f"/interchange/v1/imports/{first['id']}/rows")
    opened, refused = rows.json()["items"]
    assert (refused["column"], refused["reason"]) == ("prs_Birthdate", "invalid-date")
    far = await system.typed("GET", f"/intake/v1/submissions/{opened['case_reference']}")
    assert far["state"] == "submitted"
    seen = await officer.typed("GET", f"/intake/v1/cases/{opened['case_reference']}")
    assert seen["reference"] == opened["case_reference"]
    with pytest.raises(RefusedError) as closed:
        await system.typed("GET", f"/intake/v1/cases/{opened['case_reference']}")
    assert closed.value.status == 404


async def sent(system: Hand, text: str) -> Any:
    """A file of cases, and how it ended."""
    given = await system.followed(
        "POST", "/interchange/v1/imports", files={"file": ("cases.csv", text.encode())}
    )
    place = f"/interchange/v1/imports/{given.json()['id']}"

    async def ended() -> Any:
        seen = (await system.followed("GET", place)).json()
        return seen if seen["ended_at"] is not None else None

    return await eventually(ended, "the end of the import")
