"""The list of referrals, own and received: its filters, orders, pages and count, and what it does not tell."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis.database import EVERYBODY, Origin
from chassis.identity.access import remember_handed_over
from contracts.events.intake import CaseAssignedV1
from services.referral.queries import ReferralFilters
from tests.harness import Harness
from tests.listing import directory_changed
from tests.referral.asking import draft, move
from tests.referral.making import RECIPIENT, consent_given, delivered, recall, received
from tests.worklists import AskedList

AGENCY, SHELTER = "th-care-agency", "th-shelter"
WORKER, COLLEAGUE, MAKER = "th.worker", "th.colleague", "th.case_worker"
LONG = timedelta(days=400)


def lists(th: Harness) -> AskedList:
    return AskedList(th, "/v1/referrals", "referral_id", th.as_("supervisor"))


async def made(th: Harness, *workers: str, send: bool = False, **form: Any) -> tuple[UUID, str]:
    case_id = uuid4()
    await th.grant_access(case_id, AGENCY)
    answer = await draft(th, case_id, **form)
    assert answer.status_code == 201, answer.text
    referral_id = UUID(answer.json()["id"])
    if send:
        assert (await move(th, referral_id, "send")).status_code == 200
    await th.grant_access(case_id, AGENCY, workers)
    return case_id, str(referral_id)


async def came(th: Harness, *workers: str, **changes: Any) -> tuple[UUID, str]:
    case_id, referral_id = uuid4(), uuid4()
    event = received(case_id, referral_id, sender="kh-hotline", sender_cell="KH", recipient=AGENCY, **changes)
    await th.deliver(event)
    await th.grant_access(case_id, AGENCY, workers)
    return case_id, str(referral_id)


async def reminded(th: Harness, referral_id: str) -> None:
    work = text(
        "update chassis.work set due_at = now() where kind = 'remind' and payload ->> 'referral_id' = :id"
    )
    async with th.service.database.engine.begin() as conn:
        await conn.execute(work, {"id": referral_id})
    assert await th.work() == 1


async def world(th: Harness) -> dict[str, tuple[UUID, str]]:
    """A draft of the worker's, an offer of nobody's that is late, and one that came to the colleague."""
    await th.deliver(directory_changed("kh-hotline"))
    drafted = await made(th, WORKER, urgency="routine")
    case_id, referral_id = await made(
        th, send=True, recipient=SHELTER, service="shelter", purpose="case-management"
    )
    await th.deliver(delivered(case_id, UUID(referral_id)))
    await reminded(th, referral_id)
    arrived = await came(th, COLLEAGUE, service="medical")
    await th.deliver(consent_given(drafted[0]))
    return {"drafted": drafted, "offered": (case_id, referral_id), "arrived": arrived}


def queries(made_before: dict[str, tuple[UUID, str]]) -> list[tuple[dict[str, Any], list[str]]]:
    """Each filter, with a row that it leaves and one that it takes away."""
    now = datetime.now(UTC)
    case_id = str(made_before["drafted"][0])
    return [
        ({}, ["arrived", "offered", "drafted"]),
        ({"case_id": case_id}, ["drafted"]),
        ({"half": "outgoing"}, ["offered", "drafted"]),
        ({"half": "incoming"}, ["arrived"]),
        ({"state": "draft"}, ["drafted"]),
        ({"state": "draft", "case_id": str(made_before["offered"][0])}, []),
        ({"kind": "referral"}, ["arrived", "offered", "drafted"]),
        ({"kind": "transfer"}, []),
        ({"partner": RECIPIENT}, ["drafted"]),
        ({"partner": "kh-hotline"}, ["arrived"]),
        ({"service": "shelter"}, ["offered"]),
        ({"purpose": "case-management"}, ["offered"]),
        ({"urgency": "routine"}, ["drafted"]),
        ({"worker": WORKER}, ["drafted"]),
        ({"worker": COLLEAGUE}, ["arrived"]),
        ({"worker": "nobody"}, ["offered"]),
        ({"worker": "th.other-worker"}, []),
        ({"waiting_for": "own"}, ["arrived", "drafted"]),
        ({"waiting_for": "partner"}, ["offered"]),
        ({"late": True}, ["offered"]),
        ({"late": False}, ["arrived", "drafted"]),
        ({"consent_recorded": True}, ["drafted"]),
        ({"consent_recorded": False}, ["arrived", "offered"]),
        ({"due_by": (now + LONG).isoformat()}, ["arrived", "offered"]),
        ({"due_by": (now - LONG).isoformat()}, []),
        ({"updated_since": (now - LONG).isoformat()}, ["arrived", "offered", "drafted"]),
        ({"updated_since": (now + LONG).isoformat()}, []),
    ]


async def test_the_list_is_narrowed_by_everything_that_it_shows_and_counted(th: Harness):
    made_before = await world(th)
    for query, expected in queries(made_before):
        await lists(th).shows([made_before[name][1] for name in expected], **query)


def test_every_filter_is_tried_here():
    tried = {
        name for query, _ in queries(dict.fromkeys(("drafted", "offered"), (uuid4(), ""))) for name in query
    }
    assert {field.name for field in fields(ReferralFilters)} == tried


async def test_no_filter_and_no_count_tells_anybody_of_what_they_may_not_read(th: Harness):
    made_before = await world(th)
    worker = lists(th).as_("case_worker", sub=WORKER)
    abroad = lists(th).as_("supervisor", SHELTER)
    hidden = {"arrived"}
    for query, expected in queries(made_before):
        await worker.shows([made_before[name][1] for name in expected if name not in hidden], **query)
        await (abroad.finds_none if "case_id" in query else abroad.shows_none)(**query)


async def test_what_is_named_and_is_not_there_is_not_found_and_no_empty_list(th: Harness):
    await world(th)
    for named in ({"case_id": str(uuid4())}, {"worker": "th.somebody"}, {"partner": "kh-nowhere"}):
        await lists(th).finds_none(**named)
        await lists(th).finds_none(**named, state="draft")
    await lists(th).shows([], partner="kh-shelter")


async def test_what_is_shown_of_a_row_is_what_it_was_narrowed_by(th: Harness):
    await world(th)
    shown = {item["waiting_for"]: item for item in (await lists(th).asked(late=True))["items"]}
    assert shown["partner"]["workers"] == []
    (one,) = (await lists(th).asked(worker=COLLEAGUE))["items"]
    assert (one["workers"], one["waiting_for"], one["half"]) == ([COLLEAGUE], "own", "incoming")
    assert "sorted_at" not in one


async def test_what_changed_last_comes_first_and_what_is_due_soonest(th: Harness):
    _, first = await made(th, send=True)
    _, soon = await made(th, send=True)
    _, untouched = await made(th)
    respond = text("update referral.referrals set respond_by = now() + interval '1 hour' where id = :id")
    async with th.service.database.engine.begin() as conn:
        await conn.execute(respond, {"id": soon})
    assert (await move(th, UUID(first), "cancel")).status_code == 200
    _, late = await made(th, send=True)
    await lists(th).shows([late, first, untouched, soon], sort="changed")
    await lists(th).shows([soon, late], sort="due")
    await lists(th).shows([late, untouched, soon, first], sort="newest")


async def test_what_changed_in_one_minute_and_before_it_comes_in_order_on_every_page(th: Harness):
    ids = [(await made(th))[1] for _ in range(5)]
    minute = datetime(2026, 11, 26, 12, tzinfo=UTC)
    at = [minute + timedelta(seconds=seconds) for seconds in (20, -1, 40, 0, -90)]
    changed = text("update referral.referrals set updated_at = :at where id = :id")
    async with th.service.database.engine.begin() as conn:
        for referral_id, instant in zip(ids, at, strict=True):
            await conn.execute(changed, {"id": referral_id, "at": instant})
    in_order = [ids[n] for n in (2, 0, 3, 1, 4)]
    await lists(th).shows(in_order, sort="changed")
    await lists(th).shows(in_order[:3], sort="changed", updated_since=minute.isoformat())
    await lists(th).shows(in_order[:2], sort="changed", updated_since=at[0].isoformat())


async def test_no_index_holds_what_a_disclosure_changes(th: Harness):
    """So that all that is written of it is a row in the same page, where that has room."""
    held = text(
        "select distinct a.attname from pg_index i join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = i.indexrelid"
        " join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid"
        " where i.indrelid = 'referral.referrals'::regclass and d.refobjid = i.indrelid"
    )
    async with th.service.database.engine.begin() as conn:
        found = set((await conn.execute(held)).scalars())
    assert {"id", "case_id", "created_at", "state", "updated_minute"} <= found
    assert found.isdisjoint({"disclosure_id", "fields", "withheld", "version", "updated_at"})


async def test_a_case_that_went_to_another_worker_is_on_that_ones_list(th: Harness):
    case_id, referral_id = await made(th, WORKER)
    await th.grant_access(case_id, AGENCY, (COLLEAGUE,))
    await lists(th).as_("case_worker", sub=WORKER).shows([])
    await lists(th).as_("case_worker", sub=COLLEAGUE).shows([referral_id])
    await lists(th).shows([], worker=WORKER)


async def test_a_referral_of_a_case_that_was_taken_over_is_on_the_list_of_whoever_has_it_now(th: Harness):
    case_id, drafted = await made(th, WORKER)
    other, _ = await made(th, WORKER)
    theirs, before = lists(th).as_("supervisor", SHELTER), datetime.now(UTC)
    await th.deliver(CaseAssignedV1(case_id=case_id, organisation=SHELTER, workers=(COLLEAGUE,)))
    await theirs.shows([drafted], worker=COLLEAGUE, updated_since=before.isoformat())
    await lists(th).finds_none(case_id=str(case_id))
    event = received(case_id, late := uuid4(), sender="kh-hotline", sender_cell="KH", recipient=AGENCY)
    await th.deliver(event)
    await theirs.shows([str(late), drafted], case_id=str(case_id))
    assert [row["case_id"] for row in (await lists(th).asked())["items"]] == [str(other)]


async def test_an_offer_that_follows_its_recall_is_taken_back_whoever_has_the_case_by_then(th: Harness):
    event = received(uuid4(), uuid4(), sender="kh-hotline", sender_cell="KH", recipient=AGENCY)
    await th.grant_access(event.case_id, AGENCY)
    await th.deliver(recall(event.case_id, event.referral_id))
    await th.deliver(CaseAssignedV1(case_id=event.case_id, organisation=SHELTER, workers=()))
    await th.deliver(event)
    (shown,) = (await lists(th).as_("supervisor", SHELTER).asked())["items"]
    assert (shown["referral_id"], shown["state"]) == (str(event.referral_id), "revoked")


async def test_the_workers_of_a_case_are_told_to_nobody_who_reads_the_case_no_longer(th: Harness):
    case_id, referral_id = await made(th, WORKER)
    async with th.service.database.transaction(
        Origin("system", "th-exchange", "test", rows_of=EVERYBODY)
    ) as tx:
        await remember_handed_over(tx, [case_id])
    (shown,) = (await lists(th).asked())["items"]
    assert (shown["referral_id"], shown["workers"]) == (referral_id, [])
    await lists(th).shows([], worker=WORKER)
    await lists(th).shows([], worker="nobody")


@pytest.mark.parametrize(
    ("query", "loc"),
    [
        ("state=lost", "state"),
        ("half=third", "half"),
        ("waiting_for=godot", "waiting_for"),
        ("sort=urgency", "sort"),
        ("count=perhaps", "count"),
        ("due_by=tomorrow", "due_by"),
        ("assigned=me", "assigned"),
        ("outcome=fled", "outcome"),
    ],
)
async def test_what_no_filter_knows_is_refused_with_its_name(th: Harness, query: str, loc: str):
    answer = await th.client.get(f"/v1/referrals?{query}", headers=th.as_("supervisor"))
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["query", loc])
