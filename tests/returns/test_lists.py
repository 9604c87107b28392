"""The list of returns, where she leaves and where she arrives: its filters, orders, pages and count, and what it does not tell."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.events.intake import CaseAssignedV1
from services.returns.queries import ReturnFilters
from tests.harness import Harness
from tests.listing import directory_changed
from tests.returns.making import RECEIVER, SENDER, process
from tests.returns.test_service import a_case, departed, move, requested
from tests.worklists import AskedList

WORKER, COLLEAGUE, ABROAD = "th.worker", "th.colleague", "kh-hotline"
LONG = timedelta(days=400)


def lists(th: Harness) -> AskedList:
    return AskedList(th, "/v1/returns", "return_id", th.as_("supervisor"))


async def came(th: Harness) -> tuple[UUID, UUID]:
    case_id, return_id = await a_case(th), uuid4()
    parties = {"sender": ABROAD, "sender_cell": "KH", "recipient": SENDER}
    await th.deliver(process(case_id, return_id, "return.cleared", **parties))
    return case_id, return_id


async def world(th: Harness) -> dict[str, tuple[str, str]]:
    """A request of the worker's, a journey of nobody's that is late, and one of the colleague's that is to arrive here."""
    await th.deliver(directory_changed(ABROAD))
    made = {"asked": await requested(th), "gone": await departed(th), "coming": await came(th)}
    for name, workers in {"asked": (WORKER,), "gone": (), "coming": (COLLEAGUE,)}.items():
        await th.grant_access(made[name][0], SENDER, workers)
    late = "update returns.returns set overdue_at = now() where id = :id"
    async with th.service.database.engine.begin() as conn:
        await conn.execute(text(late), {"id": made["gone"][1]})
    return {name: (str(case_id), str(return_id)) for name, (case_id, return_id) in made.items()}


def queries(case_id: str) -> list[tuple[dict[str, Any], list[str]]]:
    """Each filter, with a row that it leaves and one that it takes away."""
    now = datetime.now(UTC)
    return [
        ({}, ["coming", "gone", "asked"]),
        ({"case_id": case_id}, ["asked"]),
        ({"half": "sending"}, ["gone", "asked"]),
        ({"half": "receiving"}, ["coming"]),
        ({"state": "departed"}, ["gone"]),
        ({"state": "closed"}, []),
        ({"partner": RECEIVER}, ["gone", "asked"]),
        ({"partner": ABROAD}, ["coming"]),
        ({"worker": WORKER}, ["asked"]),
        ({"worker": "nobody"}, ["gone"]),
        ({"worker": "th.other-worker"}, []),
        ({"waiting_for": "own"}, ["asked"]),
        ({"waiting_for": "partner"}, ["coming", "gone"]),
        ({"late": True}, ["gone"]),
        ({"late": False}, ["coming", "asked"]),
        ({"due_by": (now + LONG).isoformat()}, ["gone"]),
        ({"due_by": (now - LONG).isoformat()}, []),
        ({"updated_since": (now - LONG).isoformat()}, ["coming", "gone", "asked"]),
        ({"updated_since": (now + LONG).isoformat()}, []),
    ]


async def test_the_list_is_narrowed_by_everything_that_it_shows_and_tells_of_nothing_else(th: Harness):
    made = await world(th)
    worker = lists(th).as_("case_worker", sub=WORKER)
    elsewhere = lists(th).as_("supervisor", "th-shelter")
    for query, expected in queries(made["asked"][0]):
        await lists(th).shows([made[name][1] for name in expected], **query)
        await worker.shows([made[name][1] for name in expected if name != "coming"], **query)
        await (elsewhere.finds_none if "case_id" in query else elsewhere.shows_none)(**query)


async def test_what_is_named_and_is_not_there_is_not_found_and_no_empty_list(th: Harness):
    await world(th)
    for named in ({"case_id": str(uuid4())}, {"worker": "th.somebody"}, {"partner": "kh-nowhere"}):
        await lists(th).finds_none(**named)


def test_every_filter_is_tried_here():
    assert {field.name for field in fields(ReturnFilters)} == {
        name for query, _ in queries("") for name in query
    }


async def test_a_return_of_a_case_that_was_taken_over_is_on_the_list_of_whoever_has_it_now(th: Harness):
    case_id, return_id = await departed(th)
    theirs = lists(th).as_("supervisor", "th-shelter")
    await th.deliver(CaseAssignedV1(case_id=case_id, organisation="th-shelter", workers=(COLLEAGUE,)))
    await theirs.shows([str(return_id)], sort="due")
    await lists(th).shows([])
    parties = {"sender": ABROAD, "sender_cell": "KH", "recipient": SENDER}
    await th.deliver(process(case_id, late := uuid4(), "return.cleared", **parties))
    await theirs.shows([str(late), str(return_id)], worker=COLLEAGUE)


async def test_what_changed_last_comes_first_and_who_is_expected_soonest(th: Harness):
    _, first = await requested(th)
    _, gone = await departed(th)
    _, soon = await departed(th)
    expected = "update returns.returns set expected_at = now() + interval '1 minute' where id = :id"
    async with th.service.database.engine.begin() as conn:
        await conn.execute(text(expected), {"id": soon})
    assert (await move(th, first, "counsel")).status_code == 200
    await lists(th).shows([str(first), str(soon), str(gone)], sort="changed")
    await lists(th).shows([str(soon), str(gone)], sort="due")
    (shown, _) = (await lists(th).asked(sort="due"))["items"]
    assert (shown["waiting_for"], shown["late"], shown["workers"]) == ("partner", False, [])


@pytest.mark.parametrize(
    "loc", ["state", "half", "waiting_for", "sort", "count", "due_by", "assigned", "result"]
)
async def test_what_no_filter_knows_is_refused_with_its_name(th: Harness, loc: str):
    answer = await th.client.get(f"/v1/returns?{loc}=x", headers=th.as_("supervisor"))
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["query", loc])
