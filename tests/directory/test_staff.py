"""The staff of this cell's organisations: taken whole from a file, and said where it is not what it was."""

import pytest
from pydantic import ValidationError

from services.directory.forms import StaffFile
from services.directory.seeding import Seeding, seed_staff
from tests.harness import Harness

STAFF = StaffFile.model_validate(
    {
        "organisations": {
            "th-care-agency": {"th.worker": ["case_worker"], "th.supervisor": ["supervisor", "case_worker"]},
            "th-shelter": {"th.other-worker": ["case_worker"]},
        }
    }
)
CARE = [
    {"worker": "th.supervisor", "roles": ["case_worker", "supervisor"]},
    {"worker": "th.worker", "roles": ["case_worker"]},
]
SHELTER = [{"worker": "th.other-worker", "roles": ["case_worker"]}]


async def said(h: Harness) -> list[tuple[str, list[dict[str, object]]]]:
    return [
        (body["organisation"], body["staff"]) for type_, body in await h.said() if type_ == "staff.changed.v1"
    ]


async def test_the_staff_of_each_organisation_is_said_whole_and_once(kh: Harness):
    assert [await seed_staff(kh.service, STAFF) for _ in range(2)] == [2, 0]
    assert await said(kh) == [("th-care-agency", CARE), ("th-shelter", SHELTER)]


async def test_whoever_the_file_no_longer_names_has_no_role_and_stays_known_so_that_no_token_counts(
    kh: Harness,
):
    await seed_staff(kh.service, STAFF)
    fewer = StaffFile.model_validate({"organisations": {"th-care-agency": {"th.worker": ["case_worker"]}}})
    assert await seed_staff(kh.service, fewer) == 2
    gone = [{"worker": worker, "roles": []} for worker in ("th.supervisor", "th.other-worker")]
    assert (await said(kh))[2:] == [("th-care-agency", [gone[0], *CARE[1:]]), ("th-shelter", gone[1:])]
    for role, *who in (
        ("supervisor", "th-care-agency", "th.supervisor"),
        ("case_worker", "th-shelter", "th.other-worker"),
    ):
        answer = await kh.client.get("/v1/organisations", headers=kh.as_(role, *who))
        assert answer.status_code == 403
    assert await seed_staff(kh.service, fewer) == 0


async def test_both_files_are_taken_at_every_start_the_staff_first(kh: Harness, tmp_path):
    staff, directory = tmp_path / "staff.json", tmp_path / "directory.json"
    staff.write_text(STAFF.model_dump_json())
    directory.write_text('{"organisations": [{"id": "th-shelter", "name": "Shelter", "role": "shelter"}]}')
    files = {"staff_file": staff, "directory_file": directory}
    for _ in range(2):
        await Seeding(kh.service, kh.service.settings.model_copy(update=files)).start()
    assert [type_ for type_, _ in await kh.said()] == ["staff.changed.v1"] * 2 + ["directory.changed.v1"]


WITH_MACHINES = StaffFile.model_validate(
    {
        "organisations": {
            "th-shelter": {
                "th.supervisor": ["supervisor"],
                "machine:th.shelter-system": ["submitting_machine", "exporting_machine"],
            },
            "th-office": {"machine:th.office-system": ["submitting_machine"]},
        }
    }
)


async def test_a_supervisor_is_shown_the_machines_of_the_own_organisation_and_an_operator_all(th: Harness):
    await seed_staff(th.service, WITH_MACHINES)

    async def shown(*who: str) -> list[tuple[str, str, str]]:
        items = (await th.client.get("/v1/machines", headers=th.as_(*who))).json()["items"]
        return [(item["machine"], item["organisation"], item["state"]) for item in items]

    shelter = ("machine:th.shelter-system", "th-shelter", "in-force")
    office = ("machine:th.office-system", "th-office", "in-force")
    assert await shown("operator", "th-operations") == [office, shelter]
    assert await shown("supervisor", "th-shelter") == [shelter]
    assert await shown("supervisor", "th-care-agency") == []


def test_a_machine_is_of_one_organisation_and_not_of_two():
    machine = {"machine:th.x": ["submitting_machine"]}
    with pytest.raises(ValidationError, match="a machine belongs to one organisation"):
        StaffFile.model_validate({"organisations": {"th-shelter": machine, "th-office": machine}})


async def test_a_machine_that_the_file_no_longer_names_is_shown_to_nobody(th: Harness):
    await seed_staff(th.service, WITH_MACHINES)
    await seed_staff(th.service, STAFF)
    machines = (await th.client.get("/v1/machines", headers=th.as_("operator", "th-operations"))).json()
    assert machines["items"] == []
    machine = th.as_("submitting_machine", "th-shelter", "machine:th.shelter-system")
    assert (await th.client.get("/v1/organisations", headers=machine)).json()["code"] == "machine-refused"


async def test_the_directory_too_refuses_a_machine_whose_organisation_was_closed(th: Harness):
    await seed_staff(th.service, WITH_MACHINES)
    machine = th.as_("submitting_machine", "th-shelter", "machine:th.shelter-system")
    assert (await th.client.get("/v1/organisations", headers=machine)).status_code == 200
    form = {"name": "Shelter", "role": "shelter", "status": "inactive"}
    headers = {**th.as_("supervisor", "th-shelter"), "If-Match": "*"}
    assert (
        await th.client.put("/v1/organisations/th-shelter", json=form, headers=headers)
    ).status_code == 200
    refused = await th.client.get("/v1/organisations", headers=machine)
    assert (refused.status_code, refused.json()["code"]) == (403, "machine-refused")
    items = (await th.client.get("/v1/machines", headers=th.as_("operator", "th-operations"))).json()["items"]
    assert [item["state"] for item in items] == ["in-force", "organisation-closed"]


@pytest.mark.parametrize(
    "staff",
    [
        {"machine:th.x": ["case_worker"]},
        {"th.worker": ["submitting_machine"]},
        {"th.worker": ["case_worker", "exporting_machine"]},
    ],
    ids=str,
)
def test_nobody_is_a_person_and_a_machine(staff: dict[str, list[str]]):
    with pytest.raises(ValidationError, match="a machine has roles of machines"):
        StaffFile.model_validate({"organisations": {"th-shelter": staff}})
