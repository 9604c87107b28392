"""Incidents over HTTP: written down without a person, shared without words, corrected, withdrawn, and counted."""

from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.vault.vault import KeyDestroyed
from services.intake.reports.domain.incidents import incident_key

WORDS = "A fenced house by the pier, guarded at night, since the 3rd"
ANY = {"If-Match": "*"}
FORM = {
    "kind": "confinement",
    "province": "TH-21",
    "month": "2025-03",
    "certainty": "likely",
    "text": WORDS,
}
OURS = {"text", "reason", "shared_with", "recorded_at", "recorded_by", "updated_at", "updated_by"}
"""What is for the organisation alone that wrote it down."""


class Desk:
    """What one person does with incidents."""

    def __init__(self, intake, role="screening_officer", **who):
        self.intake, self.headers = intake, intake.as_(role, **who)

    async def send(self, method, path, body=None, **headers):
        return await self.intake.client.request(
            method, path, json=body, headers={**self.headers, **ANY, **headers}
        )

    async def tell(self, **changes):
        answer = await self.send("POST", "/v1/incidents", {**FORM, **changes})
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]

    async def view(self, incident):
        answer = await self.send("GET", incident)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def listed(self, query=""):
        return [one["id"] for one in (await self.send("GET", f"/v1/incidents{query}")).json()["items"]]

    async def sees(self, incident):
        opened = (await self.send("GET", incident)).status_code == 200
        assert opened == (incident.rpartition("/")[2] in await self.listed())
        return opened


@pytest.fixture
def desk(intake):
    return Desk(intake)


@pytest.fixture
def shelter(intake):
    return Desk(intake, "supervisor", org="th-shelter", sub="th.shelter")


async def test_what_is_written_down_in_a_hurry_is_nobodys_but_the_own_organisations(intake, desk, shelter):
    incident = await desk.tell()
    view = await desk.view(incident)
    assert (view["text"], view["month"], view["with_all"]) == (WORDS, "2025-03", False)
    assert WORDS not in (await desk.send("GET", "/v1/incidents")).text
    assert not await shelter.sees(incident)
    said = str(await intake.said())
    assert all(word not in said for word in (WORDS, "confinement", "TH-21", "2025-03"))


async def test_others_see_kind_province_and_month_and_neither_words_nor_who_spoke_when(desk, shelter):
    incident = await desk.tell(with_all=True, province="TH-22")
    body = {**FORM, "with_all": True, "reason": "person-named"}
    assert (await desk.send("PUT", incident, body)).status_code == 200
    whole, shared = await desk.view(incident), await shelter.view(incident)
    assert {name for name, value in shared.items() if value != whole[name]} == {*OURS, "moves"}
    assert [shared[name] for name in sorted(OURS)] == [None] * len(OURS)
    (listed,) = (await shelter.send("GET", "/v1/incidents")).json()["items"]
    assert listed == {name: value for name, value in shared.items() if name not in {"text", "moves"}}


async def test_it_is_shared_with_nobody_with_some_or_with_all_and_changed_by_its_own_organisation_alone(
    intake, desk, shelter
):
    legal = Desk(intake, "supervisor", org="th-legal-aid", sub="th.legal")
    own, named = await desk.tell(), await desk.tell(shared_with=["th-shelter"])
    everybodys = await desk.tell(with_all=True)
    assert [await shelter.sees(one) for one in (own, named, everybodys)] == [False, True, True]
    assert [await legal.sees(one) for one in (own, named, everybodys)] == [False, False, True]
    answers = [
        await shelter.send("PUT", everybodys, {**FORM, "reason": "mistake"}),
        await shelter.send("POST", f"{everybodys}/withdraw", {"reason": "mistake"}),
    ]
    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("province", "KH-12"),
        ("province", "0812345678"),
        ("kind", "call 0812345678"),
        ("month", "2025-03-14"),
        ("month", "2097-01"),
        ("shared_with", ["th-nobody"]),
    ],
)
async def test_a_coded_field_takes_no_number_no_day_and_no_place_elsewhere(desk, name, value):
    answer = await desk.send("POST", "/v1/incidents", {**FORM, name: value})
    assert (answer.status_code, answer.json()["errors"][0]["loc"][:2]) == (422, ["body", name])
    assert "0812345678" not in answer.text


async def test_a_list_is_narrowed_to_no_province_of_another_country(desk):
    answer = await desk.send("GET", "/v1/incidents?province=KH-12")
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["query", "province"])
    assert await desk.listed("?province=TH-22") == []


async def test_words_that_named_somebody_are_gone_with_their_key_when_they_are_corrected(
    intake, desk, shelter
):
    incident = await desk.tell(with_all=True)
    key = incident_key(UUID(incident.rpartition("/")[2]), 1)
    body = {**FORM, "text": None, "province": None, "reason": "person-named"}
    assert (await desk.send("PUT", incident, body)).status_code == 200
    await intake.work()
    view = await desk.view(incident)
    assert (view["text"], view["province"], view["reason"], view["revision"]) == (
        None,
        None,
        "person-named",
        2,
    )
    assert not await shelter.sees(incident)
    with pytest.raises(KeyDestroyed):
        await intake.service.vault.create(key)
    assert (await desk.send("PUT", incident, body, **{"If-Match": '"1"'})).status_code == 412


async def test_whoever_acts_on_it_sees_that_it_was_withdrawn_and_nothing_where_a_person_could_be_recognised(
    desk, shelter
):
    false, rare = await desk.tell(with_all=True), await desk.tell(with_all=True)
    for incident, reason in ((false, "mistake"), (rare, "person-named")):
        assert (await desk.send("POST", f"{incident}/withdraw", {"reason": reason})).status_code == 200
    shown = await shelter.view(false)
    assert (shown["state"], shown["reason"], (await desk.view(false))["text"]) == (
        "withdrawn",
        "mistake",
        None,
    )
    assert not await shelter.sees(rare)
    assert (await desk.send("PUT", false, {**FORM, "reason": "more-known"})).status_code == 409


async def test_words_go_in_the_time_that_the_country_keeps_those_of_calls(intake, desk):
    incident = await desk.tell(with_all=True)
    await intake.work(hasten=True)
    assert (await desk.view(incident))["text"] is None
    assert [name for name, _ in await intake.said() if name.startswith("incident")] == [
        "incident.recorded.v1",
        "incident.cleared.v1",
    ]


async def test_an_incident_that_is_sent_again_when_its_words_are_gone_is_there_already(intake, desk):
    key = {"Idempotency-Key": "incident-sent-again-1"}
    first = await desk.send("POST", "/v1/incidents", FORM, **key)
    await intake.work(hasten=True)
    late = await desk.send("POST", "/v1/incidents", FORM, **key)
    assert (first.status_code, late.status_code, late.json()["code"]) == (201, 409, "already-there")


async def test_the_list_is_narrowed_and_paged_by_month(desk, shelter):
    first, second = await desk.tell(month="2025-01"), await desk.tell(month="2025-03", province=None)
    theirs = await shelter.tell(month="2025-02", kind="begging", with_all=True)
    of = [one.rpartition("/")[2] for one in (second, theirs, first)]
    assert await desk.listed() == of
    assert await desk.listed("?kind=begging&organisation=th-shelter") == [of[1]]
    assert await desk.listed("?since=2025-02&until=2025-02&state=standing") == [of[1]]
    page = (await desk.send("GET", "/v1/incidents?limit=2")).json()
    assert await desk.listed(f"?limit=2&after={page['next']}") == [of[2]]


async def test_trends_count_once_what_all_may_see_and_hide_small_cells(intake, desk, shelter):
    wanted = {
        ("confinement", "TH-21", True, 14): 10,
        ("transport", "TH-30", True, 1): 12,
        ("begging", "TH-22", True, 31): 1,
        ("labour", "TH-21", False, 14): 10,
        ("labour", "TH-21", True, 32): 10,
    }
    await written(intake, wanted)
    path = "/v1/incidents/trends/2025-03"
    shown = (await shelter.send("GET", path)).json()
    kinds, places = ({one["code"]: one["count"] for one in table["cells"]} for table in shown["tables"])
    assert [kinds[kind] for kind in ("confinement", "labour", "begging")] == [10, None, None]
    assert [places[place] for place in ("TH-21", "TH-22", "TH-10")] == [10, None, None]
    assert [table["total"] for table in shown["tables"]] == [23, 23]
    await written(intake, {("begging", "TH-22", True, 14): 10})
    assert (await desk.send("GET", path)).json() == shown
    assert (await desk.send("GET", "/v1/incidents/trends/2090-01")).status_code == 404


async def written(intake, wanted):
    """Rows as of then: kind, province, whether all see it now, and the day of March on which they first did → how many."""
    statement = text(
        "insert into intake.incidents (id, organisation, kind, province, month, certainty, with_all, shared_with, state,"
        " shared_at, revision, recorded_at, recorded_by, updated_at, updated_by) select gen_random_uuid(), 'th-care-agency', :kind,"
        " :province, date '2025-02-01', 'likely', :all, '{}', 'standing', timestamptz '2025-02-28 05:00Z' + make_interval(days => :day),"
        " 1, now(), 'th.officer', now(), 'th.officer' from generate_series(1, :count)"
    )
    database = intake.service.database
    async with database.transaction(database.system()) as tx:
        for (kind, province, with_all, day), count in wanted.items():
            asked = {"kind": kind, "province": province, "all": with_all, "day": day, "count": count}
            await tx.execute(statement, asked)


async def test_provinces_are_the_countrys_own(desk):
    listed = (await desk.send("GET", "/v1/provinces")).json()
    assert {"code": "TH-21", "name": "Rayong"} in listed
    assert {one["code"][:3] for one in listed} == {"TH-"}
    answer = await desk.send("GET", "/v1/provinces", **{"Accept-Language": "th"})
    assert {"code": "TH-21", "name": "ระยอง"} in answer.json()
    assert answer.headers["vary"] == "Accept-Language"
