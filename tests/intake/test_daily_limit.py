"""Whoever opens more cases in a day than pass in silence is not refused, and a supervisor is told once."""

import asyncio
from datetime import timedelta

from services.intake.app import VERSIONS, build
from services.intake.settings import Settings
from tests.harness import running
from tests.intake.making import open_case

LIMIT = 3


async def passed(intake) -> list[dict]:
    return [body for type_, body in await intake.said() if type_ == "limit.passed.v1"]


async def read(intake, case_id, sub="th.worker", role="case_worker", path=""):
    return await intake.client.get(f"/v1/cases/{case_id}{path}", headers=intake.as_(role, sub=sub))


def limited(postgres, tmp_path):
    return running("intake", build, VERSIONS, Settings, postgres, tmp_path, cases_a_day=LIMIT)


async def test_beyond_the_limit_reading_goes_on_and_a_supervisor_is_told_once(postgres, tmp_path):
    async with limited(postgres, tmp_path) as intake:
        cases = [await open_case(intake) for _ in range(LIMIT + 3)]
        for case_id in cases[:LIMIT]:
            for path in ("", "/fields", ""):  # the same case again is the same case
                assert (await read(intake, case_id, path=path)).status_code == 200
        assert await passed(intake) == []
        for case_id in cases[LIMIT:]:
            assert (await read(intake, case_id, path="/fields")).status_code == 200
        assert await passed(intake) == [{"case_id": str(cases[LIMIT]), "limit": LIMIT}]


async def test_each_person_has_their_own_count(postgres, tmp_path):
    async with limited(postgres, tmp_path) as intake:
        cases = [await open_case(intake) for _ in range(LIMIT + 1)]
        for number, case_id in enumerate(cases):
            assert (await read(intake, case_id, sub=f"th.worker{number}")).status_code == 200
        assert await passed(intake) == []


async def test_a_refused_reading_counts_for_nothing(postgres, tmp_path):
    async with limited(postgres, tmp_path) as intake:
        cases = [await open_case(intake) for _ in range(LIMIT + 2)]
        headers = intake.as_("case_worker", org="th-legal-aid")
        answers = [await intake.client.get(f"/v1/cases/{case_id}", headers=headers) for case_id in cases]
        assert ({answer.status_code for answer in answers}, await passed(intake)) == ({404}, [])


async def test_many_at_once_pass_the_limit_once(postgres, tmp_path):
    async with limited(postgres, tmp_path) as intake:
        cases = [await open_case(intake) for _ in range(LIMIT + 5)]
        await asyncio.gather(*(read(intake, case_id) for case_id in cases))
        assert (await read(intake, await open_case(intake))).status_code == 200
        assert len(await passed(intake)) == 1


async def test_the_next_day_begins_at_nothing(postgres, tmp_path):
    async with limited(postgres, tmp_path) as intake:
        cases = [await open_case(intake) for _ in range(LIMIT)]
        for case_id in cases:
            await read(intake, case_id)
        clock = intake.service.clock
        intake.service.clock = lambda: clock() + timedelta(days=1)
        assert intake.service.today() > clock().date()
        headers = intake.as_("case_worker", sub="th.worker")
        assert (await intake.client.get(f"/v1/cases/{cases[0]}", headers=headers)).status_code == 200
        assert await passed(intake) == []


def test_fifty_pass_in_silence_unless_the_cell_says_otherwise():
    assert Settings.model_fields["cases_a_day"].default == 50
