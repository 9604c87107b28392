"""The projection of the directory: what is heard is what a reference is checked against."""

import pytest

from chassis.directory import (
    ListedOrganisation,
    Member,
    openers,
    require_organisation,
    require_workers,
    staff_with,
)
from chassis.problems import Invalid, Unavailable
from services.intake.app import VERSIONS, build
from services.intake.settings import Settings
from tests.harness import running
from tests.listing import directory_changed, forget_everybody, staff_changed


@pytest.fixture
async def intake(postgres, tmp_path):
    async with running("intake", build, VERSIONS, Settings, postgres, tmp_path, vault=False) as harness:
        await forget_everybody(harness.service.database)
        yield harness


async def asked(intake, question, *args, **kwargs):
    database = intake.service.database
    async with database.transaction(database.system()) as tx:
        return await question(tx, *args, **kwargs)


async def code_of(intake, question, *args, **kwargs):
    with pytest.raises(Invalid) as refused:
        await asked(intake, question, *args, **kwargs)
    (error,) = refused.value.errors
    return error["loc"], error["code"]


async def test_an_organisation_is_listed_as_the_directory_said_last(intake):
    await intake.deliver(directory_changed("th-shelter"))
    await intake.deliver(directory_changed("th-shelter", 3, role="health"))
    await intake.deliver(directory_changed("th-shelter", 2, role="legal"))
    found = await asked(intake, require_organisation, "th-shelter", "organisation")
    assert found == ListedOrganisation("th-shelter", "TH", "health", "active", "NGO")


@pytest.mark.parametrize("status", ["inactive", "defunct", "temporarily-closed", "some-later-code"])
async def test_an_organisation_that_is_not_active_is_not_listed(intake, status):
    await intake.deliver(directory_changed("th-shelter", status=status))
    expected = (["body", "organisation"], "not-listed")
    assert await code_of(intake, require_organisation, "th-shelter", "organisation") == expected


async def test_an_unknown_organisation_is_not_listed_and_neither_is_one_of_another_country(intake):
    await intake.deliver(directory_changed("kh-shelter"))
    expected = (["body", "recipients", 2], "not-listed")
    assert await code_of(intake, require_organisation, "kh-sheltter", ("recipients", 2)) == expected
    assert await code_of(intake, require_organisation, "kh-shelter", "to", cell="TH") == (
        ["body", "to"],
        "not-listed",
    )
    assert (await asked(intake, require_organisation, "kh-shelter", "to", cell="KH")).cell == "KH"


@pytest.mark.parametrize(
    "changes", [{"org_type": "LawEnforcement"}, {"org_type": "ImmigrationService"}, {"role": "none"}]
)
async def test_enforcement_and_a_role_that_does_not_receive_are_no_recipients_but_listed(intake, changes):
    await intake.deliver(directory_changed("th-station", **changes))
    assert (await asked(intake, require_organisation, "th-station", "organisation")).id == "th-station"
    expected = (["body", "organisation"], "not-a-recipient")
    assert (
        await code_of(intake, require_organisation, "th-station", "organisation", receives=True) == expected
    )


async def test_while_nothing_was_heard_of_any_organisation_one_waits(intake):
    with pytest.raises(Unavailable):
        await asked(intake, require_organisation, "th-shelter", "organisation")


async def test_while_nothing_was_heard_of_anybody_nobody_is_let_in_and_the_service_is_not_ready(intake):
    worker = intake.as_("case_worker", "th-shelter", "th.worker")
    for expected, problems in (
        (503, {"directory": "the directory has not arrived yet: nobody is let in"}),
        (200, {}),
    ):
        assert (await intake.client.get("/v1/cases", headers=worker)).status_code == expected
        ready = await intake.client.get("/health/ready")
        assert (ready.status_code, ready.json()["problems"]) == (expected, problems)
        await intake.deliver(staff_changed("th-shelter", {"th.worker": ["case_worker"]}))


async def test_what_is_wrong_is_told_to_no_operator_who_was_suspended_or_whose_role_was_taken(
    intake, monkeypatch
):
    production = intake.service.settings.model_copy(update={"mode": "production"})
    monkeypatch.setattr(intake.service, "settings", production)
    monkeypatch.setattr(intake.service, "degraded", lambda: {"border": "a partner"})
    told = []
    for said in (
        staff_changed("th-operations", {"th.operator": ["operator"]}),
        directory_changed("th-operations", suspended=True),
        directory_changed("th-operations", 2),
        staff_changed("th-operations", {"th.operator": []}),
    ):
        await intake.deliver(said)
        as_operator = intake.as_("operator", "th-operations", "th.operator")
        told.append((await intake.client.get("/health/ready", headers=as_operator)).json()["degraded"])
    assert told == [{"border": "a partner"}, {}, {"border": "a partner"}, {}]


async def test_a_worker_is_staff_of_that_very_organisation_with_a_role_that_opens_cases(intake):
    staff = {"th.one": ["case_worker"], "th.two": ["supervisor", "screening_officer"], "th.it": ["operator"]}
    await intake.deliver(staff_changed("th-shelter", staff))
    await asked(intake, require_workers, "th-shelter", ["th.one", "th.two"], "workers")
    assert await asked(intake, openers, "th-shelter") == {"th.one", "th.two"}
    for organisation, worker in (
        ("th-shelter", "th.it"),
        ("th-shelter", "th.oen"),
        ("th-legal-aid", "th.one"),
    ):
        expected = (["body", "workers"], "not-listed")
        assert await code_of(intake, require_workers, organisation, ["th.one", worker], "workers") == expected


async def test_who_leaves_the_staff_is_gone(intake):
    await intake.deliver(staff_changed("th-shelter", {"th.one": ["case_worker"], "th.two": ["supervisor"]}))
    await intake.deliver(staff_changed("th-shelter", {"th.two": ["supervisor"]}))
    assert await asked(intake, openers, "th-shelter") == {"th.two"}
    assert await asked(intake, staff_with, "supervisor", "th-shelter") == [Member("th-shelter", "th.two")]
    assert await asked(intake, staff_with, "supervisor") == [Member("th-shelter", "th.two")]
