"""Incidents over HTTP: told without a person, shared, corrected, merged by hand, linked to cases, and counted."""

import pytest
from sqlalchemy import text

from chassis.vault.vault import KeyDestroyed
from tests.intake.making import open_case

WORDS = "A fenced house by the pier, guarded at night"
ANY = {"If-Match": "*"}
FORM = {
    "kind": "confinement",
    "level": "province",
    "province": "TH-21",
    "first_on": "2025-03-01",
    "source": "community",
    "certainty": "likely",
    "text": WORDS,
}


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

    async def sees(self, incident):
        listed = (await self.send("GET", "/v1/incidents")).json()["items"]
        opened = (await self.send("GET", incident)).status_code == 200
        assert opened == (incident.rpartition("/")[2] in {one["id"] for one in listed})
        return opened


@pytest.fixture
def desk(intake):
    return Desk(intake)


@pytest.fixture
def shelter(intake):
    return Desk(intake, "supervisor", org="th-shelter", sub="th.shelter")


async def test_an_incident_is_told_in_codes_and_its_words_are_sealed_for_those_who_share_it(intake, desk):
    incident = await desk.tell()
    view = await desk.view(incident)
    assert (view["text"], view["last_on"], view["cases"]) == (WORDS, "2025-03-01", [])
    assert WORDS not in (await desk.send("GET", "/v1/incidents")).text
    assert WORDS not in str(await intake.said())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("district", "0812345678"),
        ("district", "a@b.th"),
        ("province", "0812345678"),
        ("province", "KH-12"),
        ("kind", "call 0812345678"),
    ],
)
async def test_a_coded_field_takes_no_telephone_number_no_address_and_no_place_elsewhere(desk, name, value):
    answer = await desk.send(
        "POST", "/v1/incidents", {**FORM, "level": "district", "district": "2101", name: value}
    )
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", name])
    assert value not in answer.text


async def test_it_is_seen_by_the_own_organisation_and_by_those_with_whom_it_is_shared(intake, desk, shelter):
    legal = Desk(intake, "supervisor", org="th-legal-aid", sub="th.legal")
    own, named = await desk.tell(), await desk.tell(shared_with=["th-shelter"])
    everybodys = await desk.tell(with_all=True)
    assert [await shelter.sees(one) for one in (own, named, everybodys)] == [False, True, True]
    assert [await legal.sees(one) for one in (own, named, everybodys)] == [False, False, True]
    body = {**FORM, "reason": "mistake"}
    assert (await shelter.send("PUT", everybodys, body)).status_code == 404


async def test_a_correction_says_who_and_why_and_words_that_named_somebody_are_gone(intake, desk):
    incident = await desk.tell(with_all=True)
    async with intake.service.database.engine.connect() as conn:
        owner = (await conn.execute(text("select owner from intake.incidents"))).scalar_one()
    body = {**FORM, "text": None, "certainty": "confirmed", "reason": "person-named"}
    assert (await desk.send("PUT", incident, body)).status_code == 200
    await intake.work()
    view = await desk.view(incident)
    assert (view["certainty"], view["text"], view["with_all"]) == ("confirmed", None, False)
    (correction,) = view["corrections"]
    assert (correction["by"], correction["reason"]) == ("th.screening_officer", "person-named")
    assert (correction["account"]["certainty"], correction["account"].get("content")) == ("likely", None)
    with pytest.raises(KeyDestroyed):
        await intake.service.vault.create(owner)
    assert (await desk.send("PUT", incident, body, **{"If-Match": '"1"'})).status_code == 412


async def test_the_same_twice_is_merged_by_hand_and_separated_again(desk):
    one, other = await desk.tell(), await desk.tell()
    into = {"into": other.rpartition("/")[2]}
    assert (await desk.send("POST", f"{one}/merge", into)).status_code == 200
    assert ((await desk.view(one))["state"], (await desk.view(one))["merged_into"]) == (
        "merged",
        into["into"],
    )
    assert (await desk.send("PUT", one, {**FORM, "reason": "mistake"})).status_code == 409
    assert (await desk.send("POST", f"{one}/separate")).status_code == 200
    assert (await desk.view(one))["merged_into"] is None


async def test_a_link_to_a_case_is_made_and_seen_by_whoever_has_the_case_alone(intake, desk, shelter):
    incident, case_id = await desk.tell(with_all=True), await open_case(intake)
    body = {"case_id": str(case_id)}
    assert (await shelter.send("POST", f"{incident}/cases", body)).status_code == 404
    assert [(await desk.send("POST", f"{incident}/cases", body)).status_code for _ in range(2)] == [201, 201]
    assert [one["case_id"] for one in (await desk.view(incident))["cases"]] == [str(case_id)]
    assert (await shelter.view(incident))["cases"] == []
    assert str(case_id) not in (await shelter.send("GET", incident)).text
    assert (await shelter.send("DELETE", f"{incident}/cases/{case_id}")).status_code == 404
    assert (await desk.send("DELETE", f"{incident}/cases/{case_id}")).status_code == 200
    assert (await desk.view(incident))["cases"] == []
    said = [name for name, _ in await intake.said() if "linked" in name]
    assert said == ["incident.linked.v1", "incident.unlinked.v1"]


async def test_trends_are_for_who_shares_count_what_all_may_see_and_hide_small_cells(intake, desk, shelter):
    for _ in range(10):
        await desk.tell(with_all=True)
        await desk.tell(with_all=True, kind="transport", province="TH-30")
        await desk.tell(kind="labour")
    await desk.tell(with_all=True, kind="begging", province="TH-22")
    path = "/v1/incidents/trends/2025-03"
    assert (await shelter.send("GET", path)).status_code == 403
    shown = (await desk.send("GET", path)).json()
    kinds = {one["code"]: one["count"] for one in shown["tables"][0]["cells"]}
    assert (kinds["confinement"], kinds["labour"], kinds["begging"]) == (10, None, None)
    places = {one["code"]: one["count"] for one in shown["tables"][1]["cells"]}
    assert (places["TH-21"], places["TH-22"], places["TH-10"]) == (10, None, None)
    await desk.tell(with_all=True)
    assert (await desk.send("GET", path)).json() == shown
    assert (await desk.send("GET", "/v1/incidents/trends/2090-01")).status_code == 404
