"""The list of consents across cases, and that of notices: filters, orders, pages and count, and what they do not tell."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.events.intake import CaseAssignedV1
from services.consent.notice_queries import NoticeFilters
from services.consent.worklist_queries import ConsentFilters, ConsentWait
from tests.consent.conftest import Consent
from tests.consent.making import GUARDED, SENDER, SHELTER
from tests.consent.test_child import confirm, is_now
from tests.consent.test_protection import protected, requested
from tests.worklists import AskedList

WORKER, COLLEAGUE = "th.worker", "th.colleague"
Query = dict[str, Any]


def lists(consent: Consent) -> AskedList:
    return AskedList(consent.harness, "/v1/consents", "consent_id", consent.supervisor)


def at(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def a_child(consent: Consent) -> tuple[Consent, str]:
    case = await consent.another_case()
    await is_now(case, "child")
    return case, str(await case.give(**GUARDED))


async def came_of_age(consent: Consent) -> tuple[Consent, str]:
    case, consent_id = await a_child(consent)
    await confirm(case, consent_id)
    await is_now(case, "adult", "birth_date")
    return case, consent_id


async def taken_back(consent: Consent) -> tuple[Consent, str]:
    case = await consent.another_case()
    consent_id = await case.give()
    await case.token(await case.send())
    await case.withdraw(consent_id)
    return case, str(consent_id)


async def world(unit: Consent) -> dict[str, tuple[Consent, str]]:
    """One consent for each thing that it may wait for, and one that waits for nothing; oldest first."""
    made = {"given": (unit, str(await unit.give()))}
    soon = await unit.another_case()
    made["ending"] = (soon, str(await soon.give(valid_until=at(5))))
    made["withdrawn"] = await taken_back(unit)
    made["unconfirmed"] = await a_child(unit)
    made["grown"] = await came_of_age(unit)
    for name, make in (("unapproved", requested), ("unreviewed", protected)):
        case = await unit.another_case()
        made[name] = (case, str(await make(case)))
    for name, workers in (("given", (WORKER,)), ("withdrawn", (COLLEAGUE,)), ("grown", (COLLEAGUE, WORKER))):
        await unit.harness.grant_access(made[name][0].case_id, SENDER, workers)
    return made


ALL = ["unreviewed", "unapproved", "grown", "unconfirmed", "withdrawn", "ending", "given"]


def queries(case_id: str) -> list[tuple[Query, list[str]]]:
    """Each filter, with a row that it leaves and one that it takes away."""
    return [
        ({}, ALL),
        ({"case_id": case_id}, ["given"]),
        ({"state": "given"}, ["ending", "given"]),
        ({"state": "expired"}, []),
        ({"waiting_for": "renewal"}, ["ending"]),
        ({"waiting_for": "asking"}, ["grown"]),
        ({"waiting_for": "confirmation"}, ["unconfirmed"]),
        ({"waiting_for": "approval"}, ["unapproved"]),
        ({"waiting_for": "review"}, ["unreviewed"]),
        ({"waiting_for": "recall"}, ["withdrawn"]),
        ({"waiting_for": "recall", "state": "given"}, []),
        ({"worker": WORKER}, ["grown", "given"]),
        ({"worker": COLLEAGUE}, ["grown", "withdrawn"]),
        ({"worker": "nobody"}, ["unreviewed", "unapproved", "unconfirmed", "ending"]),
        ({"worker": "th.other-worker"}, []),
        ({"due_by": at(40)}, ["unreviewed", "unapproved", "grown", "ending"]),
        ({"due_by": at(-1)}, []),
        ({"updated_since": at(-1)}, ALL),
        ({"updated_since": at(1)}, []),
    ]


async def test_the_list_is_narrowed_by_everything_that_it_shows_and_tells_of_nothing_else(unit):
    made = await world(unit)
    worker = lists(unit).as_("case_worker", sub=WORKER)
    elsewhere = lists(unit).as_("supervisor", "th-shelter")
    for query, expected in queries(str(unit.case_id)):
        await lists(unit).shows([made[name][1] for name in expected], **query)
        await worker.shows([made[name][1] for name in expected if name != "withdrawn"], **query)
        await (elsewhere.finds_none if "case_id" in query else elsewhere.shows_none)(**query)
    await lists(unit).shows([made["ending"][1], made["given"][1]], sort="due", state="given")
    for item in (await lists(unit).asked())["items"]:
        assert item.keys().isdisjoint({"terms", "recipients", "language", "sorted_at"})


async def test_what_is_named_and_is_not_there_is_not_found_and_no_empty_list(unit):
    for named in ({"case_id": str(uuid4())}, {"worker": "th.somebody"}):
        await lists(unit).finds_none(**named)


def test_every_filter_and_everything_that_a_consent_waits_for_is_tried_here():
    tried = [query for query, _ in queries("")]
    assert {field.name for field in fields(ConsentFilters)} == {name for query in tried for name in query}
    assert set(ConsentWait) == {query["waiting_for"] for query in tried if "waiting_for" in query}


async def test_a_row_shows_all_that_it_waits_for_and_what_changed_last_is_first(consent):
    consent_id = await consent.give(valid_until=at(5))
    other = await consent.another_case()
    later = await other.give()
    await consent.token(await consent.send())
    part = {"purposes": [], "recipients": [], "categories": ["needs"]}
    path = f"/v1/consents/{consent_id}/withdraw-part"
    narrowed = await consent.client.post(path, json=part, headers=consent.worker)
    assert narrowed.is_success, narrowed.text
    await lists(consent).shows([str(consent_id), str(later)], sort="changed")
    (shown,) = (await lists(consent).asked(waiting_for="renewal"))["items"]
    assert shown["waiting_for"] == ["renewal", "recall"]


async def test_a_consent_of_a_case_that_was_taken_over_is_on_the_list_of_whoever_has_it_now(consent):
    consent_id = await consent.give(valid_until=at(5))
    assigned = CaseAssignedV1(case_id=consent.case_id, organisation=SHELTER, workers=(COLLEAGUE,))
    await consent.harness.deliver(assigned)
    theirs = lists(consent).as_("supervisor", SHELTER)
    await theirs.shows([str(consent_id)], waiting_for="renewal", worker=COLLEAGUE)
    await lists(consent).shows([])
    record = await consent.client.get(f"/v1/consents/{consent_id}", headers=theirs.headers)
    assert record.json()["revisions"][0]["organisation"] == SENDER


@pytest.mark.parametrize("path", ["/v1/consents", "/v1/notices"])
@pytest.mark.parametrize("loc", ["state", "count", "assigned", "recipient"])
async def test_what_no_filter_knows_is_refused_with_its_name(consent, path, loc):
    answer = await consent.client.get(f"{path}?{loc}=x", headers=consent.supervisor)
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["query", loc])


async def test_notices_are_narrowed_by_version_language_state_and_review_and_counted(consent):
    asked = AskedList(consent.harness, "/v1/notices", "id", consent.supervisor)
    everything = (await asked.asked())["items"]
    body = {
        "version": "2026-101",
        "language": "km",
        "title": "New",
        "paragraphs": ["Words."],
        "reviewed": True,
    }
    made = await consent.client.post("/v1/notices", json=body, headers=consent.supervisor)
    new = made.json()["id"]
    shipped = [item["id"] for item in everything]
    in_khmer = next(item["id"] for item in everything if item["language"] == "km")
    tried = [
        ({"version": "2026-101"}, [new]),
        ({"version": "2026-1"}, shipped),
        ({"language": "km"}, [in_khmer, new]),
        ({"state": "draft"}, [new]),
        ({"state": "in-force"}, shipped),
        ({"reviewed": True}, [item["id"] for item in everything if item["reviewed"]] + [new]),
        ({"reviewed": False}, [item["id"] for item in everything if not item["reviewed"]]),
    ]
    for query, expected in tried:
        assert sorted(await asked.paged(**query)) == sorted(expected), query
        assert (await asked.asked(count=True, **query))["count"] == {"counted": len(expected), "more": False}
    assert {field.name for field in fields(NoticeFilters)} == {name for query, _ in tried for name in query}


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
@pytest.mark.parametrize("name", ["due_by", "updated_since"])
async def test_an_instant_beyond_the_calendar_is_refused_with_its_name(consent, name, at):
    answer = await consent.client.get("/v1/consents", params={name: at}, headers=consent.supervisor)
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["query", name])
