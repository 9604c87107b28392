"""The directory: the seed file at start-up, reading it, and each organisation's supervisor changing its own entry."""

import asyncio
from uuid import uuid4

import pytest

from services.directory.forms import SeedFile
from services.directory.seeding import Seeding, seed
from tests.directory.making import DIRECTORY, RECIPIENT
from tests.harness import Harness

SHELTER = {"name": "Shelter by the river", "role": "shelter", "languages": ["km", "th"]}
BEDS = {"name": "Beds", "service": "shelter", "capacity": "no-capacity", "minimum_age": 18}
OWN = "th-shelter"


async def changed(h: Harness) -> list[tuple[str, int]]:
    return [(b["organisation"], b["version"]) for t, b in await h.said() if t == "directory.changed.v1"]


async def put(h: Harness, path: str, body: dict, headers: dict[str, str] | None = None, seen: str = "*"):
    headers = {"If-Match": seen, **(headers or h.as_("supervisor", OWN))}
    return await h.client.put(f"/v1/organisations/{path}", json=body, headers=headers)


async def test_seeding_says_each_organisation_once_with_country_and_role(th: Harness):
    said = [body for type_, body in await th.said() if type_ == "directory.changed.v1"]
    assert [(b["organisation"], b["cell"], b["role"]) for b in said] == [
        (RECIPIENT, "KH", "reintegration"),
        (OWN, "TH", "shelter"),
        ("kh-gone", "KH", "health"),
    ]


async def test_seeding_the_same_file_again_changes_nothing(th: Harness):
    assert await seed(th.service, DIRECTORY) == 0
    assert len(await changed(th)) == 3


async def test_seeding_again_does_not_undo_what_a_supervisor_has_changed(th: Harness):
    assert (await put(th, OWN, SHELTER)).status_code == 200
    await seed(th.service, DIRECTORY)
    found = await th.client.get(f"/v1/organisations/{OWN}", headers=th.as_("case_worker"))
    assert found.json()["name"] == "Shelter by the river"


async def test_a_changed_file_entry_is_taken(th: Harness):
    newer = DIRECTORY.model_copy(deep=True)
    newer.organisations[1].name = "Shelter, moved"
    assert await seed(th.service, newer) == 1
    assert (await changed(th))[3:] == [(OWN, 4)]


async def test_two_processes_that_seed_at_the_same_time_take_each_entry_once(kh: Harness):
    taken = await asyncio.gather(*(seed(kh.service, DIRECTORY) for _ in range(3)))
    assert sorted(taken) == [0, 0, 3]


async def test_the_file_named_in_the_settings_is_taken_at_start_up(kh: Harness, tmp_path):
    file = tmp_path / "directory.json"
    file.write_text(DIRECTORY.model_dump_json())
    seeding = Seeding(kh.service, kh.service.settings.model_copy(update={"directory_file": file}))
    await seeding.start()
    assert len(await changed(kh)) == 3


async def test_no_recipient_is_law_enforcement_or_immigration():
    for kind in ("LawEnforcement", "ImmigrationService"):
        with pytest.raises(ValueError, match="type"):
            SeedFile.model_validate(
                {"organisations": [{"id": "th-x1", "name": "X", "role": "shelter", "type": kind}]}
            )


async def test_a_supervisor_describes_the_own_organisation_and_its_services(th: Harness):
    headers = th.as_("supervisor", OWN)
    assert (await put(th, OWN, SHELTER)).status_code == 200
    assert (await put(th, f"{OWN}/services/beds", BEDS)).status_code == 200
    found = await th.client.get(f"/v1/organisations/{OWN}", headers=headers)
    body = found.json()
    assert found.headers["etag"] == '"5"'
    assert body["details"]["languages"] == ["km", "th"]
    beds = next(s for s in body["services"] if s["id"] == "beds")
    assert (beds["capacity"], beds["details"]["minimum_age"]) == ("no-capacity", 18)
    assert (await changed(th))[3:] == [(OWN, 4), (OWN, 5)]


async def test_saying_the_same_again_is_said_to_nobody(th: Harness):
    first = await put(th, OWN, SHELTER)
    again = await put(th, OWN, SHELTER)
    assert (first.json(), again.json()) == (first.json(), first.json())
    assert len(await changed(th)) == 4


async def test_nobody_lists_their_organisation_by_themselves(th: Harness):
    answer = await put(
        th, "th-clinic", {"name": "Clinic", "role": "health"}, th.as_("supervisor", "th-clinic")
    )
    assert (answer.status_code, len(await changed(th))) == (404, 3)


async def test_whom_it_may_be_told_of_is_not_the_organisations_own_to_say(th: Harness):
    for body in ({**SHELTER, "role": "legal"}, {**SHELTER, "type": "HealthServiceOrganisation"}):
        answer = await put(th, OWN, body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "by-two-people")
    assert (await put(th, OWN, {**SHELTER, "status": "defunct"})).status_code == 200
    assert (await put(th, OWN, SHELTER)).json()["errors"][0]["code"] == "by-two-people"


async def test_only_a_supervisor_changes_the_directory(th: Harness):
    for role in ("case_worker", "screening_officer", "auditor", "operator"):
        headers = th.as_(role, OWN)
        assert (await put(th, OWN, SHELTER, headers)).status_code == 403
        assert (await put(th, f"{OWN}/services/beds", BEDS, headers)).status_code == 403


async def test_nobody_changes_the_entry_of_another_organisation(th: Harness):
    headers = th.as_("supervisor", "th-care-agency")
    assert (await put(th, OWN, SHELTER, headers)).status_code == 403
    assert (await put(th, OWN, SHELTER, th.as_service("exchange"))).status_code == 403


async def test_a_service_of_an_organisation_that_is_not_there_is_not_found(th: Harness):
    headers = th.as_("supervisor", "th-nowhere")
    assert (await put(th, "th-nowhere/services/beds", BEDS, headers)).status_code == 404


async def test_of_two_writers_who_saw_the_same_version_the_second_is_told(th: Harness):
    names = ("One", "Two")
    answers = await asyncio.gather(*(put(th, OWN, {**SHELTER, "name": name}, seen='"3"') for name in names))
    assert sorted(a.status_code for a in answers) == [200, 412]
    services = await asyncio.gather(
        *(put(th, f"{OWN}/services/beds", {**BEDS, "name": name}, seen='"4"') for name in names)
    )
    assert sorted(a.status_code for a in services) == [200, 412]


SENSELESS = [
    {},
    {"name": "X", "role": "police"},
    {"name": "X", "role": "shelter", "status": "moved"},
    {"name": "X\u0000", "role": "shelter"},
    {"name": "X", "role": "shelter", "languages": ["klingon-of-old"]},
    {"name": "X", "role": "shelter", "type": "LawEnforcement"},
    {"name": "X", "role": "shelter", "colour": "red"},
]


async def test_an_entry_with_an_unknown_code_or_field_is_refused(th: Harness):
    for body in SENSELESS:
        assert (await put(th, OWN, body)).status_code == 422
    assert len(await changed(th)) == 3


async def test_the_directory_is_listed_by_country_role_and_service(th: Harness):
    headers = th.as_("case_worker")
    for query, found in (
        ({}, ["kh-gone", RECIPIENT, OWN]),
        ({"cell": "KH"}, ["kh-gone", RECIPIENT]),
        ({"role": "shelter"}, [OWN]),
        ({"service": "reintegration"}, [RECIPIENT]),
        ({"service": "legal"}, []),
    ):
        page = (await th.client.get("/v1/organisations", params=query, headers=headers)).json()
        assert [item["id"] for item in page["items"]] == found
    everybody = (await th.client.get("/v1/organisations", headers=headers)).json()["items"]
    for one in everybody:
        part = one["name"][1:6].upper()
        named = (await th.client.get("/v1/organisations", params={"name": part}, headers=headers)).json()[
            "items"
        ]
        assert [item["id"] for item in named] == [
            item["id"] for item in everybody if part.lower() in item["name"].lower()
        ]
    for part in ("%", "_", "no such name"):
        none = (await th.client.get("/v1/organisations", params={"name": part}, headers=headers)).json()
        assert none["items"] == [], part
    first = (await th.client.get("/v1/organisations", params={"limit": 2}, headers=headers)).json()
    query = {"limit": 2, "after": first["next"]}
    rest = (await th.client.get("/v1/organisations", params=query, headers=headers)).json()
    assert ([item["id"] for item in rest["items"]], rest["next"]) == ([OWN], None)


async def test_an_unknown_organisation_is_not_found(th: Harness):
    answer = await th.client.get(f"/v1/organisations/th-{uuid4().hex[:8]}", headers=th.as_("case_worker"))
    assert answer.status_code == 404


async def test_an_auditor_reads_the_directory_and_writes_nothing_in_it(th: Harness):
    headers = th.as_("auditor")
    assert (await th.client.get("/v1/organisations", headers=headers)).status_code == 200
    closing = await th.client.put(
        "/v1/organisations/th-shelter", json={}, headers={**headers, "If-Match": "*"}
    )
    assert closing.status_code in {403, 422}
