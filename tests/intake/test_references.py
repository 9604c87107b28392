"""Every case has a reference, however it came to be: drawn, its own, said once, and shown wherever the case is."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.casefile.reference import parsed, reference_of
from services.intake.casefile.store import references
from services.intake.casefile.store.references import NoReferenceFree
from tests.intake.making import AGENCY, SHELTER, bodies, disclosure, file_row, hand_over, open_case, sent

SUPERVISOR = "supervisor"


async def given(intake) -> dict[str, str]:
    """Case → reference, of everything that was said; said once each."""
    said = bodies(await intake.said(), "case.referenced.v1")
    assert len({one["case_id"] for one in said}) == len({one["reference"] for one in said}) == len(said)
    return {one["case_id"]: one["reference"] for one in said}


async def shown(intake, name: str, role: str = SUPERVISOR) -> dict:
    answer = await intake.client.get(f"/v1/cases/{name}", headers=intake.as_(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def opened(intake) -> UUID:
    return await open_case(intake)


async def imported(intake) -> UUID:
    (row,) = (await hand_over(intake, uuid4(), sent(file_row(cor_FullName="Sokha")))).json()["rows"]
    assert row["case_reference"] == (await given(intake))[row["case_id"]]
    return UUID(row["case_id"])


async def received(intake) -> UUID:
    await intake.deliver(event := await disclosure(intake, {"cor_FullName": "Sokha"}))
    return event.case_id


@pytest.mark.parametrize("how", [opened, imported, received], ids=lambda how: how.__name__)
async def test_a_case_has_a_reference_however_it_comes_to_be(intake, how):
    case_id = await how(intake)
    reference = (await given(intake))[str(case_id)]
    assert (parsed(reference), reference[:3]) == (reference, "TH-")
    view = await shown(intake, reference.lower())
    assert (view["id"], view["reference"]) == (str(case_id), reference)


async def test_it_is_said_after_the_case_is_opened(intake):
    for how in (opened, imported):
        await how(intake)
    types = [said for said, body in await intake.said() if said in ("case.opened.v1", "case.referenced.v1")]
    assert types == ["case.opened.v1", "case.referenced.v1"] * 2


async def test_cases_from_before_there_were_references_are_given_one(intake):
    before = [str(await open_case(intake)) for _ in range(3)]
    async with intake.service.database.engine.begin() as conn:
        await conn.execute(text("delete from chassis.case_references"))
        await conn.execute(text("delete from chassis.outbox"))
    assert (await shown(intake, before[0]))["reference"] is None
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        tx.say(*(recurs(tx) for recurs in intake.service._recurring))
    await intake.work()
    first = await given(intake)
    assert sorted(first) == sorted(before)
    await intake.work(hasten=True)
    assert await given(intake) == first
    assert [(await shown(intake, one))["reference"] for one in before] == [first[one] for one in before]


async def test_a_reference_that_another_case_has_is_drawn_again(intake, monkeypatch):
    draws = [*["7F3K2"] * 4, "HHHH2", "CCCC2"]
    monkeypatch.setattr(references, "_drawn", lambda cell: reference_of(cell, draws.pop(0)))
    cases = [str(await open_case(intake)) for _ in range(3)]
    assert [(await given(intake))[one] for one in cases] == [
        reference_of("TH", drawn) for drawn in ("7F3K2", "HHHH2", "CCCC2")
    ]


async def test_two_that_draw_the_same_at_once_get_two(intake, monkeypatch):
    draws = ["7F3K2", "7F3K2", "HHHH2"]
    monkeypatch.setattr(references, "_drawn", lambda cell: reference_of(cell, draws.pop(0)))
    cases = await asyncio.gather(open_case(intake), open_case(intake))
    assert {(await given(intake))[str(one)] for one in cases} == {
        reference_of("TH", drawn) for drawn in ("7F3K2", "HHHH2")
    }


async def test_where_none_is_free_a_case_is_not_opened_without(intake, monkeypatch):
    monkeypatch.setattr(references, "_drawn", lambda cell: reference_of(cell, "7F3K2"))
    await open_case(intake)
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        with pytest.raises(NoReferenceFree):
            await references.give(tx, [uuid4()])


async def test_a_reference_tells_nothing_of_her(intake):
    """The same person, the same words, the same moment: another reference."""
    cases = [await open_case(intake) for _ in range(6)]
    found = await given(intake)
    assert len({found[str(one)] for one in cases}) == 6
    row = file_row(cor_FullName="Sokha")
    (first,) = (await hand_over(intake, uuid4(), sent(row))).json()["rows"]
    assert first["case_reference"] not in {found[str(one)] for one in cases}


async def test_every_view_shows_it_and_every_route_takes_it(intake):
    case_id = await open_case(intake)
    reference = (await given(intake))[str(case_id)]
    other = await open_case(
        intake, headers=intake.as_("screening_officer", org=SHELTER, sub="th.other-officer")
    )
    officer, worker = intake.as_("screening_officer"), intake.as_("case_worker")

    async def ask(path: str, headers, method: str = "GET", **more):
        answer = await intake.client.request(method, path, headers=headers | {"If-Match": "*"}, **more)
        assert answer.is_success, (path, answer.text)
        return answer.json()

    assert [one["reference"] for one in (await ask("/v1/cases", worker))["items"]] == [reference]
    assert (await ask(f"/v1/submissions/{reference}", officer))["reference"] == reference
    assert (await ask("/v1/submissions", officer))["items"][0]["reference"] == reference
    assert (await ask(f"/v1/cases/{reference}/fields", worker))["case_reference"] == reference
    fields = {"fields": {"cor_FullName": "Dara"}, "reason": "misspelt"}
    done = await ask(f"/v1/cases/{reference}/fields", worker, "PUT", json=fields)
    assert done["id"] == str(case_id)
    assignment = {"organisation": AGENCY, "workers": ["th.worker"]}
    await ask(f"/v1/cases/{reference}/assignment", officer, "POST", json=assignment)
    reason = {"emergency": "medical", "reason": "At the hospital."}
    assert other != case_id
    elsewhere = intake.as_("case_worker", org=SHELTER, sub="th.shelter-worker")
    await ask(f"/v1/cases/{reference}/break-glass", elsewhere, "POST", json=reason)
    assert (await ask(f"/v1/cases/{reference}/emergency", elsewhere))["case_reference"] == reference
    (broken,) = (await ask("/v1/break-glass", intake.as_(SUPERVISOR)))["items"]
    assert broken["case_reference"] == reference


async def test_a_case_that_is_not_hers_to_see_looks_the_same_as_none(intake):
    await open_case(intake)
    (reference,) = (await given(intake)).values()
    other = reference_of("TH", "22222") if reference[3:7] != "2222" else reference_of("TH", "33333")
    headers = intake.as_("case_worker", org=SHELTER)
    answers = [
        await intake.client.get(f"/v1/cases/{one}", headers=headers) for one in (reference, other, uuid4())
    ]
    assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}
    (attempt,) = bodies(await intake.said(), "attempt.refused.v1")
    assert attempt["case_id"] == next(iter(await given(intake)))
