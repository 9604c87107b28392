"""The staff of this cell's organisations: taken whole from a file, and said where it is not what it was."""

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


async def test_an_organisation_that_the_file_no_longer_names_has_no_staff(kh: Harness):
    await seed_staff(kh.service, STAFF)
    fewer = StaffFile.model_validate({"organisations": {"th-care-agency": {"th.worker": ["case_worker"]}}})
    assert await seed_staff(kh.service, fewer) == 2
    assert (await said(kh))[2:] == [("th-care-agency", CARE[1:]), ("th-shelter", [])]


async def test_both_files_are_taken_at_every_start_the_staff_first(kh: Harness, tmp_path):
    staff, directory = tmp_path / "staff.json", tmp_path / "directory.json"
    staff.write_text(STAFF.model_dump_json())
    directory.write_text('{"organisations": [{"id": "th-shelter", "name": "Shelter", "role": "shelter"}]}')
    files = {"staff_file": staff, "directory_file": directory}
    for _ in range(2):
        await Seeding(kh.service, kh.service.settings.model_copy(update=files)).start()
    assert [type_ for type_, _ in await kh.said()] == ["staff.changed.v1"] * 2 + ["directory.changed.v1"]
