"""Statistics of a month over HTTP: counted once, small cells hidden, nothing of a person in what is kept."""

import csv
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from contracts.codes import codes
from services.intake.casefile.domain.statistics import CountedCase, tables
from tests.intake.making import open_case

OCTOBER = datetime(2025, 10, 15, tzinfo=UTC)


async def opened(intake, count, *, at=OCTOBER, **fields):
    """So many cases that were opened then."""
    ids = [await open_case(intake, fields=fields) for _ in range(count)]
    async with intake.service.database.engine.begin() as conn:
        statement = text("update intake.cases set opened_at = :at where id = any(:ids)")
        await conn.execute(statement, {"at": at, "ids": ids})
    return ids


async def ask(intake, month="2025-10", **query):
    return await intake.client.get(f"/v1/statistics/{month}", params=query, headers=intake.as_("auditor"))


@pytest.fixture
async def counted(intake):
    """In October 13 women, 12 of them in forced labour, and 11 men, exploited sexually, 10 of them in need of shelter."""
    await opened(intake, 12, prs_Gender="Feminine", vic_TypeOfExploitation=["ForcedLabour"])
    await opened(intake, 1, prs_Gender="Feminine")
    await opened(intake, 1, prs_Gender="Masculine", vic_TypeOfExploitation=["SexualExploitation"])
    men = {"prs_Gender": "Masculine", "vic_TypeOfExploitation": ["SexualExploitation"]}
    for case_id in await opened(intake, 10, **men):
        needs = {"urgency": "urgent", "needs": ["shelter"]}
        headers = {**intake.as_("screening_officer"), "If-Match": "*"}
        answer = await intake.client.post(f"/v1/cases/{case_id}/needs", json=needs, headers=headers)
        assert answer.status_code == 201, answer.text
    return intake


def shown(answer):
    return {
        table["name"]: {cell["code"]: cell["count"] for cell in table["cells"] if cell["count"] is not None}
        for table in answer["tables"]
    }


async def test_a_month_is_told_by_one_dimension_at_a_time_with_small_cells_hidden(counted):
    answer = (await ask(counted)).json()
    assert {table["name"]: table["total"] for table in answer["tables"]} == {
        "age_group": 24,
        "need": 10,
        "prs_Gender": 24,
        "vic_TypeOfExploitation": 23,
    }
    assert shown(answer) == {
        "age_group": {},
        "prs_Gender": {"Feminine": 13},
        "need": {},
        "vic_TypeOfExploitation": {"ForcedLabour": 12, "SexualExploitation": 11},
    }
    every = {table["name"]: {cell["code"] for cell in table["cells"]} for table in answer["tables"]}
    assert every == {
        "age_group": {*codes("age_group")},
        "prs_Gender": {*codes("prs_Gender")},
        "need": {*codes("need")},
        "vic_TypeOfExploitation": {*codes("vic_TypeOfExploitation")},
    }
    await opened(counted, 1, prs_Gender="Feminine")
    assert (await ask(counted)).json() == answer, "asked again, whatever became known since"


def counted_case(**values):
    return CountedCase(**{"age_group": "child", "sex": None, "exploitation": (), "needs": ()} | values)


def test_of_whom_nothing_was_recorded_the_log_tells_and_so_they_are_no_cell_and_in_no_total():
    """With them the ten and the eleven would leave 9 of another sex, and 3 who were not exploited by labour."""
    labour = [counted_case(exploitation=("ForcedLabour",)) for _ in range(12)]
    other = [counted_case(exploitation=("SexualExploitation",)) for _ in range(3)]
    women = [counted_case(sex="Feminine") for _ in range(11)]
    rare = [counted_case(sex="NonConforming") for _ in range(4)]
    found = tables([*labour, *other, *women, *rare])
    assert {name: one.total for name, one in found.items()} == {
        "age_group": 30,
        "prs_Gender": 15,
        "need": None,
        "vic_TypeOfExploitation": 15,
    }
    assert {
        count
        for name in ("prs_Gender", "need", "vic_TypeOfExploitation")
        for count in found[name].cells.values()
    } == {None}


async def test_a_month_that_is_not_over_for_a_week_and_any_other_period_are_not_answered(intake):
    now = datetime.now(UTC)
    assert (await ask(intake, f"{now:%Y-%m}")).status_code == 404
    for wrong in ("2025-13", "2025", "2025-10-01", "1999-10"):
        assert (wrong, (await ask(intake, wrong)).status_code) in [(wrong, 422), (wrong, 404)]
    answer = await ask(intake, organisation="th-care-agency")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_who_came_from_another_organisation_is_counted_where_she_was_found(intake):
    await opened(intake, 12)
    async with intake.service.database.engine.begin() as conn:
        await conn.execute(text("update intake.cases set channel = 'exchange'"))
    assert {table["total"] for table in (await ask(intake)).json()["tables"]} == {None}


async def test_who_was_erased_is_not_counted_and_nothing_of_hers_is_opened(intake, monkeypatch):
    erased = (await opened(intake, 13, prs_Gender="Feminine"))[0]
    async with intake.service.database.engine.begin() as conn:
        await conn.execute(text("update intake.cases set state = 'erased' where id = :id"), {"id": erased})
    vault, opened_of = intake.service.vault, []
    open_many = vault.open_many

    async def watched(sealed):
        opened_of.extend(str(one.record_id) for one in sealed)
        return await open_many(sealed)

    monkeypatch.setattr(vault, "open_many", watched)
    answer = (await ask(intake)).json()
    totals = {table["name"]: table["total"] for table in answer["tables"]}
    assert (totals["age_group"], totals["prs_Gender"]) == (12, 12)
    assert (len(opened_of), erased in opened_of) == (12, False)


async def test_a_reading_is_an_entry_with_its_month_and_nobody_but_an_auditor_reads(intake):
    await ask(intake)
    said = [
        (kind, body["view"], body["since"]) for kind, body in await intake.said() if kind == "log.read.v1"
    ]
    assert said == [("log.read.v1", "statistics", "2025-10-01T00:00:00+07:00")]
    for role in ("case_worker", "supervisor", "operator", "screening_officer"):
        answer = await intake.client.get("/v1/statistics/2025-10", headers=intake.as_(role))
        assert (role, answer.status_code) == (role, 403)


async def test_the_export_has_ctdcs_columns_and_no_number_that_the_months_do_not_show(counted):
    answer = await counted.client.get("/v1/exports/ctdc/2025", headers=counted.as_("auditor"))
    assert answer.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(answer.text.splitlines()))
    known = [{name: value for name, value in line.items() if value != "-99"} for line in lines]
    year = {"yearOfRegistration": "2025", "Datasource": "Case Management"}
    assert known == [
        {**year, "gender": "Female", "count": "13"},
        {**year, "isForcedLabour": "1", "count": "12"},
        {**year, "isSexualExploit": "1", "count": "11"},
    ]
