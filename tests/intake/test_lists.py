"""The worklist: its filters, orders, pages and count, and the words by which a worker knows a person again."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from chassis.identity.access import remember_handed_over
from chassis.web.listing import Order
from contracts.internal import ReadingGrant
from services.intake.casefile.daily_limit import OWN_LIST
from services.intake.casefile.store import listing
from tests.intake.making import AGENCY, bodies, disclosure, open_case, recall_of
from tests.intake.test_leaves import act, plan

OFFICER, WORKER, COLLEAGUE = "screening_officer", "th.worker", "th.other-worker"


class Cases:
    """What a test needs again and again of one service."""

    def __init__(self, intake: Any) -> None:
        self.intake, self.supervisor = intake, intake.as_("supervisor")
        self.worker = intake.as_("case_worker", sub=WORKER)

    async def opened(self, *workers: str, **form: Any) -> str:
        case_id = str(await open_case(self.intake, **form))
        if workers:
            body = {"organisation": AGENCY, "workers": list(workers)}
            headers = self.supervisor | {"If-Match": "*"}
            answer = await self.intake.client.post(
                f"/v1/cases/{case_id}/assignment", json=body, headers=headers
            )
            assert answer.status_code == 200, answer.text
        return case_id

    async def asked(self, who: dict[str, str] | None = None, **query: Any) -> dict[str, Any]:
        answer = await self.intake.client.get("/v1/cases", params=query, headers=who or self.supervisor)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def listed(self, who: dict[str, str] | None = None, **query: Any) -> list[str]:
        return [item["id"] for item in (await self.asked(who, **query))["items"]]

    async def paged(self, who: dict[str, str] | None = None, **query: Any) -> list[str]:
        """Page by page, two rows each."""
        found: list[str] = []
        after: dict[str, str] = {}
        while True:
            page = await self.asked(who, limit=2, **query, **after)
            found += [item["id"] for item in page["items"]]
            if page["next"] is None:
                return found
            after = {"after": page["next"]}

    async def clocks_set(self) -> None:
        """The work that sets the clock of each case that was given to somebody."""
        await self.intake.work()


@pytest.fixture
def cases(intake: Any) -> Cases:
    return Cases(intake)


async def test_a_list_is_narrowed_by_everything_that_it_shows(cases):
    plain = await cases.opened(WORKER, channel="file", urgency="routine")
    flagged = await cases.opened(COLLEAGUE, urgency="routine", flags=["suicide_risk"])
    nobodys = await cases.opened(channel="hotline", urgency="urgent")
    await cases.intake.client.post(f"/v1/cases/{nobodys}/holds", json={}, headers=cases.supervisor)
    await cases.intake.client.get(f"/v1/cases/{plain}", headers=cases.worker)
    await cases.clocks_set()
    everything, now = [nobodys, flagged, plain], datetime.now(UTC)
    for query, expected in (
        ({}, everything),
        ({"urgency": "immediate"}, [flagged]),
        ({"channel": "file"}, [plain]),
        ({"state": "open"}, everything),
        ({"state": "erased"}, []),
        ({"worker": WORKER}, [plain]),
        ({"worker": "nobody"}, [nobodys]),
        ({"worker": "th.worker-7"}, []),
        ({"flagged": True}, [flagged]),
        ({"flagged": False}, [nobodys, plain]),
        ({"on_hold": True}, [nobodys]),
        ({"on_hold": False, "flagged": False}, [plain]),
        ({"unattended": True}, []),
        ({"waiting_for": "worker"}, [flagged]),
        ({"waiting_for": "assignment"}, [nobodys]),
        ({"waiting_for": "recipient"}, []),
        ({"late": True}, []),
        ({"late": False}, everything),
        ({"due_by": (now + timedelta(days=400)).isoformat()}, [nobodys, flagged]),
        ({"due_by": now.isoformat()}, []),
        ({"updated_since": (now - timedelta(hours=1)).isoformat()}, everything),
        ({"updated_since": (now + timedelta(hours=1)).isoformat()}, []),
    ):
        assert await cases.listed(**query) == expected, query
        assert await cases.paged(**query) == expected, query
        count = (await cases.asked(count=True, **query))["count"]
        assert count == {"counted": len(expected), "more": False}, query


@pytest.mark.parametrize(
    "path",
    [
        "/v1/cases?worker=th.somebody",
        "/v1/tasks?worker=th.somebody",
        f"/v1/tasks?call_id={UUID(int=7)}",
        "/v1/drafts?worker=th.somebody",
        f"/v1/drafts?case_id={UUID(int=7)}",
        f"/v1/calls?case_id={UUID(int=7)}",
        "/v1/incidents?organisation=th-nowhere",
    ],
)
async def test_what_is_named_and_is_not_there_is_not_found_and_no_empty_list(cases, path):
    answer = await cases.intake.client.get(path, headers=cases.supervisor)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_a_worker_sees_the_own_cases_and_those_of_nobody_in_every_order(cases):
    mine = [await cases.opened(WORKER, COLLEAGUE) for _ in range(3)]
    await cases.opened(COLLEAGUE)
    nobodys = await cases.opened()
    await cases.clocks_set()
    newest = [nobodys, *mine[::-1]]
    assert await cases.paged(cases.worker) == newest
    assert sorted(await cases.paged(cases.worker, sort="changed")) == sorted(newest)
    assert sorted(await cases.paged(cases.worker, sort="due")) == sorted(newest)
    assert await cases.paged(cases.worker, worker=COLLEAGUE) == mine[::-1]
    assert (await cases.asked(cases.worker, count=True))["count"] == {"counted": 4, "more": False}
    given = {"organisation": AGENCY, "workers": [COLLEAGUE]}
    url, headers = f"/v1/cases/{mine[0]}/assignment", cases.supervisor | {"If-Match": "*"}
    await cases.intake.client.post(url, json=given, headers=headers)
    assert await cases.paged(cases.worker) == newest[:-1]


async def test_what_changed_last_comes_first_and_what_is_due_soonest(cases):
    first, second = (
        await cases.opened(WORKER, urgency="routine"),
        await cases.opened(WORKER, urgency="immediate"),
    )
    changed = {"fields": {"cor_FullName": "Dara"}, "reason": "misspelt"}
    url, headers = f"/v1/cases/{first}/fields", cases.supervisor | {"If-Match": "*"}
    assert (await cases.intake.client.put(url, json=changed, headers=headers)).status_code == 200
    await cases.clocks_set()
    assert await cases.paged(sort="changed") == [first, second]
    assert await cases.paged(sort="due") == [second, first]
    shown = (await cases.asked(sort="due"))["items"]
    assert [one["next"] for one in shown] == ["opening", "opening"]
    assert shown[0]["next_at"] < shown[1]["next_at"]
    hold = await cases.intake.client.post(f"/v1/cases/{first}/holds", json={}, headers=cases.supervisor)
    assert hold.status_code == 201
    await cases.intake.client.get(f"/v1/cases/{first}", headers=cases.worker)
    (one,) = (await cases.asked(on_hold=True))["items"]
    assert (one["next"], one["waiting_for"]) == ("hold-ends", None)
    assert await cases.paged(sort="due") == [second, first]


async def test_a_case_with_two_things_due_stands_once_on_the_list(cases):
    held = [await cases.opened(WORKER) for _ in range(3)]
    for one in held:
        await cases.intake.client.post(f"/v1/cases/{one}/holds", json={}, headers=cases.supervisor)
    await cases.clocks_set()
    for who in (cases.supervisor, cases.worker):
        assert sorted(await cases.paged(who, sort="due")) == sorted(held)


async def test_a_task_is_what_comes_next_where_it_is_due_first(cases):
    first, second = [await cases.opened(COLLEAGUE, WORKER, urgency="routine") for _ in range(2)]
    await cases.clocks_set()
    now = datetime.now(UTC)
    for case_id, due in ((second, now + timedelta(minutes=5)), (second, now + timedelta(minutes=9))):
        task = {"case_id": case_id, "kind": "call", "due_at": due.isoformat()}
        answer = await cases.intake.client.post("/v1/tasks", json=task, headers=cases.worker)
        assert answer.status_code == 201, answer.text
    assert await cases.paged(sort="due") == await cases.paged(cases.worker, sort="due") == [second, first]
    assert [one["next"] for one in (await cases.asked(sort="due"))["items"]] == ["task", "opening"]
    soon = (now + timedelta(minutes=6)).isoformat()
    assert await cases.listed(due_by=soon) == await cases.listed(due_by=soon, sort="due") == [second]
    assert await cases.listed(late=True) == await cases.listed(late=True, sort="due") == []
    cases.intake.service.clock = lambda: now + timedelta(minutes=7)
    cases.intake.service.database.clock = cases.intake.service.clock
    assert await cases.listed(late=True) == await cases.listed(late=True, sort="due") == [second]


async def test_a_case_that_was_handed_over_is_on_no_list_though_something_in_it_is_late(cases):
    gone, late = [await cases.opened(WORKER, urgency="routine") for _ in range(2)]
    await cases.clocks_set()
    database, now = cases.intake.service.database, datetime.now(UTC)
    async with database.transaction(database.system()) as tx:
        await remember_handed_over(tx, [UUID(gone)])
    cases.intake.service.clock = database.clock = lambda: now + timedelta(days=400)
    for query in ({"late": True}, {"due_by": (now + timedelta(days=400)).isoformat()}, {"sort": "changed"}):
        for who in (cases.supervisor, cases.worker):
            assert await cases.paged(who, **query) == await cases.listed(who, **query) == [late], query
            count = (await cases.asked(who, count=True, **query))["count"]
            assert count == {"counted": 1, "more": False}, query


async def test_names_are_shown_on_the_own_cases_and_the_reading_is_logged(cases):
    born = {"cor_FullName": "สมหญิง", "prs_Birthdate": "1998", "prs_PrimaryLanguage": "km"}
    mine, other = await cases.opened(WORKER, fields=born), await cases.opened(COLLEAGUE, fields=born)
    nameless = await cases.opened(WORKER, fields={})
    items = {one["id"]: one for one in (await cases.asked(cases.worker))["items"]}
    years = datetime.now(UTC).year - 1998
    assert items[mine]["person"] == {
        "name": "สมหญิง",
        "languages": ["km"],
        "born": "1998",
        "born_buddhist": "2541",
        "youngest": years - 1,
        "oldest": years,
    }
    assert items[nameless]["person"] is None
    assert (items[mine]["age_group"], items[nameless]["age_group"]) == ("adult", "child")
    reads = [
        one for one in bodies(await cases.intake.said(), "record.read.v1") if one["resource"] == "worklist"
    ]
    assert [(one["case_id"], one["fields"]) for one in reads] == [
        (mine, ["cor_FullName", "prs_Birthdate", "prs_PrimaryLanguage"])
    ]
    assert all(one["person"] is None for one in (await cases.asked())["items"])
    assert all(one["person"] is None for one in (await cases.asked(cases.worker, names="none"))["items"])
    everybody = {one["id"]: one["person"] for one in (await cases.asked(names="page"))["items"]}
    assert (everybody[other]["name"], everybody[nameless]) == ("สมหญิง", None)


async def test_names_of_the_own_cases_do_not_count_towards_the_cases_of_a_day_and_those_of_others_do(cases):
    cases.intake.service.database.at_end[0].__self__._limit = 1
    for worker in (WORKER, WORKER, COLLEAGUE):
        await cases.opened(worker)
    await cases.asked(cases.worker)
    assert bodies(await cases.intake.said(), "limit.passed.v1") == []
    await cases.asked(names="page")
    assert len(bodies(await cases.intake.said(), "limit.passed.v1")) == 1


async def test_a_name_from_abroad_is_shown_as_long_as_consent_says_so(cases):
    intake, withdrawn = cases.intake, set[str]()

    async def consent(request: httpx2.Request) -> httpx2.Response:
        asked = request.url.path.rsplit("/", 1)[1]
        grant = ReadingGrant(
            disclosure_id=UUID(asked),
            granted=asked not in withdrawn,
            purpose=None,
            fields=[],
            closed_for=None,
        )
        return httpx2.Response(200, json=grant.model_dump(mode="json"))

    intake.service.peers.http = httpx2.AsyncClient(transport=httpx2.MockTransport(consent))
    intake.service.settings.peers["consent"] = "http://consent.test"
    await intake.deliver(came := await disclosure(intake, {"cor_FullName": "Sokha"}))
    (one,) = (await cases.asked(names="page"))["items"]
    assert one["person"]["name"] == "Sokha"
    withdrawn.add(str(came.disclosure_id))
    intake.service.parts.grants._granted_until.clear()
    (one,) = (await cases.asked(names="page"))["items"]
    assert one["person"] is None


@pytest.mark.parametrize(
    "query",
    ["sort=name", "names=everybody", "waiting_for=godot", "state=lost", "due_by=tomorrow", "count=perhaps"],
)
async def test_a_word_that_no_filter_knows_is_refused_with_its_name(intake, query):
    answer = await intake.client.get(f"/v1/cases?{query}", headers=intake.as_("supervisor"))
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["query", query.split("=")[0]])


def test_every_order_is_tried_here():
    assert set(Order) == {"newest", "changed", "due"}


async def test_a_list_is_narrowed_to_a_language_and_each_row_of_it_is_a_reading(cases):
    khmer = await cases.opened(WORKER, languages=["km", "th"], fields={})
    thai = await cases.opened(WORKER, languages=["th"])
    unknown = await cases.opened(WORKER)
    assert await cases.listed(language="km", names="none") == [khmer]
    assert sorted(await cases.listed(language="th")) == sorted([khmer, thai])
    assert await cases.listed(language="vi") == []
    assert (await cases.asked(language="th", count=True))["count"] == {"counted": 2, "more": False}
    said = bodies(await cases.intake.said(), "record.read.v1")
    assert {one["case_id"] for one in said if "prs_PrimaryLanguage" in one["fields"]} == {khmer, thai}
    url, headers = f"/v1/cases/{khmer}/fields", cases.supervisor | {"If-Match": "*"}
    changed = {"fields": {"prs_PrimaryLanguage": "vi"}, "reason": "misheard"}
    assert (await cases.intake.client.put(url, json=changed, headers=headers)).status_code == 200
    assert (await cases.listed(language="km"), await cases.listed(language="vi")) == ([], [khmer])
    refused = await cases.intake.client.get("/v1/cases?language=xx", headers=cases.supervisor)
    assert refused.status_code == 422
    assert unknown not in await cases.listed(language="th")


async def test_a_language_that_came_narrows_a_list_as_long_as_it_may_be_read(cases):
    sent = await disclosure(cases.intake, {"prs_PrimaryLanguage": "km"})
    ended = {"valid_until": datetime.now(UTC) - timedelta(days=1)}
    over = await disclosure(cases.intake, {"prs_PrimaryLanguage": "km"}, terms=ended)
    for one in (sent, over):
        await cases.intake.deliver(one)
    await cases.intake.work()
    assert await cases.listed(language="km") == [str(sent.case_id)]
    await cases.intake.deliver(recall_of(sent))
    await cases.intake.work()
    assert await cases.listed(language="km") == []


async def test_a_language_that_may_no_longer_be_read_narrows_no_list_though_another_one_is_recorded(cases):
    ended = {"valid_until": datetime.now(UTC) - timedelta(days=1)}
    over = await disclosure(cases.intake, {"prs_PrimaryLanguage": "km"}, terms=ended)
    await cases.intake.deliver(over)
    await cases.intake.work()
    url, headers = f"/v1/cases/{over.case_id}/fields", cases.supervisor | {"If-Match": "*"}

    async def record(field: str, language: str) -> list[list[str]]:
        body = {"fields": {field: language}}
        assert (await cases.intake.client.put(url, json=body, headers=headers)).status_code == 200
        await cases.intake.work()
        return [await cases.listed(language=one) for one in ("km", "th", "vi")]

    assert await record("prs_SecondaryLanguage", "th") == [
        [],
        [],
        [],
    ]  # which of the two it is, no entry says
    assert await record("prs_PrimaryLanguage", "vi") == [[], [str(over.case_id)], [str(over.case_id)]]


async def test_whoever_covers_learns_the_languages_of_a_case_as_one_of_their_own(cases):
    case_id = await cases.opened(WORKER, languages=["km"])
    await plan(cases.intake)
    cover = cases.intake.as_("case_worker", sub="th.colleague")
    assert await cases.listed(cover, language="km", names="none") == [case_id]
    said = bodies(await cases.intake.said(), "record.read.v1")
    assert {one["resource"] for one in said if "prs_PrimaryLanguage" in one["fields"]} == {OWN_LIST}


async def test_the_order_of_what_is_due_to_a_worker_is_true_after_whatever_changes_it(cases):
    """A worker's goes along rows that triggers keep; everybody's along what is due itself. They are compared after each step."""
    intake, supervisor = cases.intake, cases.supervisor | {"If-Match": "*"}
    first, second, third = [await cases.opened(WORKER, urgency="routine") for _ in range(3)]
    orders: list[list[str]] = []

    async def agree() -> None:
        await cases.clocks_set()
        items = (await cases.asked(sort="due", limit=100))["items"]
        expected = [one["id"] for one in items if WORKER in one["workers"] or not one["workers"]]
        assert await cases.paged(cases.worker, sort="due") == expected
        assert (await cases.asked(cases.worker, sort="due", count=True))["count"]["counted"] == len(expected)
        orders.append(expected)

    async def send(method: str, url: str, **body: Any) -> dict[str, Any]:
        answer = await intake.client.request(method, url, json=body or None, headers=supervisor)
        assert answer.is_success, (url, answer.text)
        return dict(answer.json())

    async def given(case_id: str, *workers: str) -> None:
        await send("POST", f"/v1/cases/{case_id}/assignment", organisation=AGENCY, workers=list(workers))

    def at(hours: float) -> str:
        return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()

    await agree()
    task = (await send("POST", "/v1/tasks", kind="call", case_id=third, due_at=at(1)))["id"]
    await agree()
    later = (await send("POST", "/v1/tasks", kind="call", case_id=third, due_at=at(2)))["id"]
    await send("POST", "/v1/tasks", kind="call", case_id=second, due_at=at(1.5))
    await send("PUT", f"/v1/tasks/{task}", kind="call", due_at=at(3))
    await agree()
    await send("POST", f"/v1/tasks/{later}/complete")
    await agree()
    await send("POST", f"/v1/tasks/{later}/reopen")
    await agree()
    for case_id in (first, second, third):
        await intake.client.get(f"/v1/cases/{case_id}", headers=cases.worker)
    await agree()
    hold = await send("POST", f"/v1/cases/{first}/holds", until=at(24 * 40))
    await agree()
    await given(second, COLLEAGUE)
    await agree()
    await given(second, COLLEAGUE, WORKER)
    await given(third)
    await agree()
    await send("DELETE", f"/v1/cases/{first}/holds/{hold['id']}")
    await agree()
    assert orders == [
        [first, second, third],
        [third, first, second],
        [second, third, first],
        [second, third, first],
        [second, third, first],
        [second, third],
        [second, third, first],
        [third, first],
        [second, third, first],
        [second, third],
    ]


async def test_what_is_due_in_the_cases_of_whoever_is_away_is_due_to_the_cover_in_the_same_order(cases):
    first, second, third = [await cases.opened(WORKER, urgency="routine") for _ in range(3)]
    cover = cases.intake.as_("case_worker", sub="th.colleague")
    until = (datetime.now(UTC) + timedelta(days=40)).isoformat()
    soon = {"kind": "call", "due_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
    for url, body in (
        (f"/v1/cases/{first}/holds", {"until": until}),
        ("/v1/tasks", soon | {"case_id": third}),
    ):
        answer = await cases.intake.client.post(url, json=body, headers=cases.supervisor)
        assert answer.is_success, answer.text
    await cases.clocks_set()
    leave = await plan(cases.intake)
    expected = [third, first, second]
    assert await cases.paged(cases.worker, sort="due") == await cases.paged(cover, sort="due") == expected
    assert (await cases.asked(cover, sort="due", count=True))["count"]["counted"] == 3
    async with cases.intake.service.database.transaction(cases.intake.service.database.system()) as tx:
        await tx.execute(text("delete from intake.listed_due where list = 'worker:th.colleague'"))
        assert await listing.catch_up(tx, 10) == 5  # as if the leave had begun before there were any
    await cases.intake.client.get(f"/v1/cases/{third}", headers=cover)
    assert await cases.paged(cover, sort="due") == expected
    await cases.intake.client.get(f"/v1/cases/{second}", headers=cover)
    assert (
        await cases.paged(cover, sort="due") == await cases.paged(cases.worker, sort="due") == [third, first]
    )
    await act(cases.intake, leave, "exclude", case_id=third)
    assert await cases.paged(cover, sort="due") == [first]
    await act(cases.intake, leave, "end")
    assert await cases.paged(cover, sort="due") == []
