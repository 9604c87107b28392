"""What intake takes from interchange: rows in canonical form, for whoever sent the file, and from nobody else."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.intake.making import AGENCY, MARK, SENDER, bodies, file_row, hand_over, sent


async def known(intake, *marks, organisation: str = AGENCY):
    body = {**SENDER, "organisation": organisation, "rows": list(marks)}
    headers = intake.as_service("interchange")
    answer = await intake.client.post("/internal/v1/file-rows/known", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["rows"]


async def test_a_row_is_opened_once_for_whoever_sent_the_file_and_stays_the_row_that_opened_it(intake):
    import_id, body = uuid4(), sent(file_row(cor_FullName="Sokha"))
    first, again = await hand_over(intake, import_id, body), await hand_over(intake, import_id, body)
    assert first.json() == again.json()
    (opened,) = bodies(await intake.said(), "case.opened.v1")
    (named,) = bodies(await intake.said(), "case.referenced.v1")
    row = {"case_id": opened["case_id"], "case_reference": named["reference"]}
    assert first.json()["rows"] == [{"line": 2, "outcome": "opened", **row}]
    assert (opened["organisation"], opened["channel"]) == (AGENCY, "file")
    async with intake.service.database.engine.connect() as conn:
        who = await conn.execute(text("select opened_by from intake.cases"))
        assert who.scalar_one() == "th.screening_officer"


async def test_a_row_of_another_file_repeats_the_case_or_differs_from_it(intake):
    body = sent(file_row(cor_FullName="Sokha"))
    (first,) = (await hand_over(intake, uuid4(), body)).json()["rows"]
    other = {**MARK, "content": "c" * 64, "fields": {"cor_FullName": "Dara"}}
    found = [(await hand_over(intake, uuid4(), one)).json()["rows"] for one in (body, sent(other))]
    assert found == [
        [{**first, "outcome": "duplicate"}],
        [{**first, "outcome": "refused"}],
    ]
    assert len(bodies(await intake.said(), "case.opened.v1")) == 1


async def test_which_rows_are_cases_is_said_of_the_organisation_alone(intake):
    await hand_over(intake, uuid4(), sent(file_row(cor_FullName="Sokha")))
    fresh = {**MARK, "line": 3, "key": "d" * 64}
    assert [one["line"] for one in await known(intake, MARK, fresh)] == [2]
    assert await known(intake, MARK, organisation="th-shelter") == []


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"prs_Gender": "Woman"}, "prs_Gender"),
        ({"prs_Birthdate": "31/12/1998"}, "prs_Birthdate"),
        ({"prs_Citizenship": "KH"}, "prs_Citizenship"),
        ({"prs_Citizenship": "17"}, "prs_Citizenship"),
        ({"cor_FullName": "  Sokha  "}, "cor_FullName"),
        ({"prs_NumberOfChildren": "many"}, "prs_NumberOfChildren"),
        ({"vic_TraffickingStatus": "PossibleVictimOfTrafficking"}, "fields"),
        ({"cor_SecretWish": "x"}, "fields"),
        ({"cor_UrgentHealth": '["late_pregnancy"]'}, "cor_UrgentHealth"),
    ],
)
async def test_what_interchange_should_have_refused_is_not_sealed_and_not_repeated(intake, fields, place):
    answer = await hand_over(intake, uuid4(), sent(file_row(cor_FullName="Dara") | {"fields": fields}))
    assert answer.status_code == 422
    assert any(place in error["loc"] for error in answer.json()["errors"])
    assert not any(value in answer.text for value in fields.values() if len(value) > 2)
    assert bodies(await intake.said(), "case.opened.v1") == []


async def test_no_other_service_and_no_person_hands_rows_over(intake):
    body = sent(file_row(cor_FullName="Sokha"))
    for caller in ("exchange", "consent", "notify", "directory"):
        assert (await hand_over(intake, uuid4(), body, caller)).status_code == 403
    for role in ("screening_officer", "supervisor", "operator"):
        headers = intake.as_(role)
        url = f"/internal/v1/imports/{uuid4()}/rows"
        assert (await intake.client.post(url, json=body, headers=headers)).status_code == 403
    assert bodies(await intake.said(), "case.opened.v1") == []


async def opened(intake, *keys: str) -> list[UUID]:
    """Cases of the agency from rows of a file, in the order of their identifiers."""
    rows = [
        file_row(cor_FullName=f"Person {key}") | {"line": line, "key": key * 64}
        for line, key in enumerate(keys, 2)
    ]
    answer = await hand_over(intake, uuid4(), sent(*rows))
    return sorted(UUID(one["case_id"]) for one in answer.json()["rows"])


async def written(intake, statement: str, **values) -> None:
    async with intake.service.database.engine.begin() as conn:
        await conn.execute(text(statement), values)


async def kept_marks(intake, *case_ids: UUID, organisation: str = AGENCY) -> int:
    rows = [
        {"line": line, "key": f"{line:064x}", "content": "b" * 64, "case_id": str(case_id)}
        for line, case_id in enumerate(case_ids, 3)
    ]
    answer = await intake.client.post(
        f"/internal/v1/exports/{uuid4()}/rows",
        json={"organisation": organisation, "rows": rows},
        headers=intake.as_service("interchange"),
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["kept"]


async def test_only_a_case_that_the_organisation_has_and_that_is_not_erased_gets_a_mark(intake):
    ours, erased, theirs = await opened(intake, "1", "2", "3")
    await written(intake, "update intake.cases set state = 'erased' where id = :id", id=erased)
    await written(intake, "update intake.cases set organisation = 'th-shelter' where id = :id", id=theirs)
    await written(intake, "delete from intake.file_rows")
    assert await kept_marks(intake, ours, erased, theirs, uuid4()) == 1
    async with intake.service.database.engine.connect() as conn:
        marked = await conn.execute(text("select case_id from intake.file_rows"))
        assert marked.scalars().all() == [ours]


async def test_a_case_that_is_erased_while_its_mark_is_kept_gets_none(intake):
    (case_id,) = await opened(intake, "1")
    await written(intake, "delete from intake.file_rows")
    async with intake.service.database.engine.begin() as conn:
        await conn.execute(text("update intake.cases set state = 'erased' where id = :id"), {"id": case_id})
        asked = asyncio.create_task(kept_marks(intake, case_id))
        done, _ = await asyncio.wait({asked}, timeout=0.5)
        assert done == set()
    assert await asked == 0


async def test_a_case_that_is_opened_while_a_page_is_read_takes_nobodys_place_in_it(intake, monkeypatch):
    first, second = await opened(intake, "1", "2")
    await written(intake, "update intake.cases set state = 'closed' where id = :id", id=first)
    open_many = intake.service.vault.open_many

    async def meanwhile(sealings):
        await written(intake, "update intake.cases set state = 'open' where id = :id", id=first)
        return await open_many(sealings)

    monkeypatch.setattr(intake.service.vault, "open_many", meanwhile)
    asked = {
        "subject": "th.supervisor",
        "organisation": AGENCY,
        "roles": ["supervisor"],
        "purpose": "case-management",
        "limit": 1,
    }
    answer = await intake.client.post(
        f"/internal/v1/exports/{uuid4()}/cases", json=asked, headers=intake.as_service("interchange")
    )
    page = answer.json()
    assert ([one["case_id"] for one in page["cases"]], page["last"]) == ([str(second)], str(second))
