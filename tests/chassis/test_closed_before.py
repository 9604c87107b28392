"""A case that was closed before the services kept it (migration `chassis_0010`): intake tells of it once more, and nothing new leaves it."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.migrate import migrate
from contracts.events.intake import CaseAssignedV1, CaseClosedV1, CaseOpenedV1, CaseResumedV1
from services.intake import app as intake_app
from services.intake.casefile.store import cases
from services.intake.settings import Settings as IntakeSettings
from services.returns import app as returns_app
from services.returns.settings import Settings as ReturnsSettings
from tests.harness import Harness, Keys, running
from tests.intake.making import bodies, open_case

RETURN = {"receiver": "kh-reintegration-agency", "receiver_cell": "KH"}
BEFORE = (
    "alter table chassis.case_access drop column closed",
    "update chassis.alembic_version set version_num = 'chassis_0009'",
)


@pytest.fixture
async def both(postgres, tmp_path):
    keys, theirs = Keys(tmp_path), (postgres, tmp_path)
    keys.write()
    async with (
        running(
            "intake", intake_app.build, intake_app.VERSIONS, IntakeSettings, *theirs, keys=keys
        ) as intake,
        running(
            "returns", returns_app.build, returns_app.VERSIONS, ReturnsSettings, *theirs, keys=keys
        ) as returns,
    ):
        yield intake, returns


async def migrated_from_before(one: Harness, postgres: Any) -> None:
    """The database as a release before the migration had it, and then migrated."""
    engine = one.service.database.engine
    host = postgres.admin_dsn.partition("://")[2].rpartition("/")[0]
    owner_url = f"postgresql+asyncpg://{host}/{engine.url.database}"
    owner = create_async_engine(owner_url)
    async with owner.begin() as conn:
        for statement in BEFORE:
            await conn.execute(text(statement))
    await owner.dispose()
    await migrate(owner_url, one.service.name, None)
    await engine.dispose()  # what it has prepared was about the table as it was


async def started(intake: Harness) -> None:
    """The work of a service that starts."""
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        tx.say(*(recurs(tx) for recurs in intake.service._recurring))
    await intake.work(hasten=True)


async def hear(returns: Harness, intake: Harness, since: int = 0) -> int:
    """Everything that intake has said of cases since; answers how much it is by now."""
    said = await intake.said()
    for type_, body in said[since:]:
        for event in (CaseOpenedV1, CaseAssignedV1, CaseClosedV1, CaseResumedV1):
            if event.type == type_:
                await returns.deliver(event.model_validate(body))
    return len(said)


async def moved(intake: Harness, case_id: UUID, verb: str, body: dict[str, Any]) -> None:
    headers = intake.as_("supervisor") | {"If-Match": "*"}
    answer = await intake.client.post(f"/v1/cases/{case_id}/{verb}", json=body, headers=headers)
    assert answer.status_code == 200, answer.text


async def asked_for_return(returns: Harness, case_id: UUID) -> Any:
    body = {"case_id": str(case_id), **RETURN}
    answer = await returns.client.post("/v1/returns", json=body, headers=returns.as_("supervisor"))
    return answer.status_code, answer.json().get("code")


async def closed_before(intake: Harness, returns: Harness, postgres: Any) -> tuple[UUID, int]:
    case_id = await open_case(intake)
    await moved(intake, case_id, "close", {"reason": "contact-lost"})
    heard = await hear(returns, intake)
    for one in (intake, returns):
        await migrated_from_before(one, postgres)
    return case_id, heard


async def test_nothing_new_leaves_a_case_that_was_closed_before_the_migration_once_intake_has_told_of_it(
    both, postgres
):
    intake, returns = both
    case_id, heard = await closed_before(intake, returns, postgres)
    await started(intake)
    await hear(returns, intake, heard)
    assert await asked_for_return(returns, case_id) == (409, "case-closed")
    await started(intake)
    assert len(bodies(await intake.said(), "case.closed.v1")) == 2, (
        "told of once more, and not again and again"
    )


async def test_it_is_resumed_as_any_other_and_is_told_of_no_more(both, postgres):
    intake, returns = both
    case_id, heard = await closed_before(intake, returns, postgres)
    await started(intake)
    await moved(intake, case_id, "resume", {"reason": "contact-again"})
    await started(intake)
    await hear(returns, intake, heard)
    assert (await asked_for_return(returns, case_id))[0] == 201


async def test_one_that_was_closed_since_is_not_told_of_twice(both):
    intake, _ = both
    case_id = await open_case(intake)
    await moved(intake, case_id, "close", {"reason": "contact-lost"})
    await started(intake)
    assert len(bodies(await intake.said(), "case.closed.v1")) == 1


async def test_one_that_was_taken_over_since_is_not_told_of_twice_either(both):
    intake, _ = both
    case_id = await open_case(intake)
    await moved(intake, case_id, "close", {"reason": "contact-lost"})
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        case = await cases.hold(tx, case_id)
        await cases.save(tx, case, case.take_over("th-shelter", "th.supervisor"))
    await started(intake)
    assert len(bodies(await intake.said(), "case.closed.v1")) == 1
