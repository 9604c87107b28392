"""Importing files over HTTP: dry run, errors, chunks of work, running the same file again, and nothing in clear."""

import csv
import io
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from types import SimpleNamespace
from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.vault.vault import VaultUnavailable
from contracts.casefile.reference import parsed
from services.interchange.api.uploads import InMemory
from services.interchange.imports import import_work
from tests.intake.making import AGENCY, bodies
from tests.interchange.test_spreadsheet import workbook

HEADER = [
    "cor_ExternalId",
    "prs_First_Name",
    "prs_Second_Name",
    "prs_Birthdate",
    "prs_Gender",
    "prs_Citizenship",
    "vic_Methods_of_Control",
    "vic_TraffickingStatus",
    "vic_TraffickingStatusDecisionMakingOrg",
    "con_Consent",
]
GOOD = ["", "Sokha", "Chan", "1998-05", "Feminine", "KH", "DebtBondage", "", "", "1"]


@pytest.fixture
def rolled(monkeypatch):
    """The temporary files that would have gone to disk."""
    files = []

    def rollover(self):
        files.append(self)

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", rollover)
    return files


def table(*rows) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *rows])
    return out.getvalue().encode()


def row(**changes) -> list[str]:
    values = dict(zip(HEADER, GOOD, strict=True))
    return list({**values, **changes}.values())


async def send(files, content, *, headers=None, dry_run=False, name="cases.csv"):
    return await files.client.post(
        "/v1/imports",
        params={"dry_run": dry_run},
        files={"file": (name, content)},
        headers=headers or files.as_("screening_officer"),
    )


async def count(of, table) -> int:
    async with of.service.database.engine.connect() as conn:
        return (await conn.execute(text(f"select count(*) from {table}"))).scalar_one()


async def progress(files, import_id, headers=None):
    answer = await files.client.get(
        f"/v1/imports/{import_id}", headers=headers or files.as_("screening_officer")
    )
    assert answer.status_code == 200, answer.text
    view = answer.json()
    return {name: view[name] for name in ("state", "total", "done", "created", "duplicates", "errors")}


def refused(line, column, reason, codelist=None, case_id=None, reference=None):
    """The error; of a row that differs from its case, the case has a reference."""
    place = {"line": line, "column": column, "reason": reason, "codelist": codelist, "case_id": case_id}
    return {**place, "case_reference": reference}


async def results(files, import_id, outcome=None):
    """(line, outcome, case) of every row, in pages of two hundred."""
    found, after = [], None
    while True:
        given = {name: value for name, value in (("outcome", outcome), ("after", after)) if value is not None}
        answer = await files.client.get(
            f"/v1/imports/{import_id}/rows",
            params={"limit": 200, **given},
            headers=files.as_("screening_officer"),
        )
        assert answer.status_code == 200, answer.text
        found += [(one["line"], one["outcome"], one["case_id"]) for one in answer.json()["items"]]
        after = answer.json()["next"]
        if after is None:
            return found


async def errors(files, import_id):
    found, after = [], ""
    while after is not None:
        url = f"/v1/imports/{import_id}/errors?limit=200" + (f"&after={after}" if after else "")
        page = (await files.client.get(url, headers=files.as_("screening_officer"))).json()
        found += [(e["line"], e["column"], e["reason"]) for e in page["items"]]
        after = page["next"]
    return found


async def imported(files, content, **options):
    answer = await send(files, content, **options)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/imports/{answer.json()['id']}"
    while await files.work():
        pass
    return answer.json()["id"]


def two_thousand() -> tuple[bytes, list[tuple[int, str, str]]]:
    """Generated rows, one in forty of them dirty in one of five ways, and the errors that they must give."""
    random = Random(3)
    ways = [
        ("prs_Birthdate", "31/12/1998", "invalid-date"),
        ("prs_Gender", "F", "unknown-code"),
        ("prs_First_Name", "=1+1", "formula"),
        ("prs_Citizenship", "Khmer", "unknown-code"),
        ("vic_TraffickingStatus", "ActualVictimOfTrafficking", "missing"),
    ]
    spelled = {"prs_First_Name": "prs_FirstName", "vic_TraffickingStatus": HEADER[8]}
    rows, expected = [], []
    for number in range(2_000):
        changes = {
            "cor_ExternalId": f"R-{number}",
            "prs_First_Name": random.choice(["Sokha", "Dara", "สมหญิง", "ចាន់", "Min"]),
            "prs_Birthdate": str(random.randint(1960, 2015)) + random.choice(["", "~", "-05"]),
        }
        if number % 40 == 7:
            column, value, reason = ways[number // 40 % len(ways)]
            changes[column] = value
            expected.append((number + 2, spelled.get(column, column), reason))
        rows.append(row(**changes))
    return table(*rows), expected


async def test_two_thousand_rows_load_fast_every_bad_one_is_named_and_a_second_run_adds_nothing(
    files, intake
):
    content, expected = two_thousand()
    began = time.monotonic()
    import_id = await imported(files, content)
    took = time.monotonic() - began
    assert await progress(files, import_id) == {
        "state": "done",
        "total": 2_000,
        "done": 2_000,
        "created": 1_950,
        "duplicates": 0,
        "errors": 50,
    }
    assert await errors(files, import_id) == expected
    assert took < 40
    again = await imported(files, content)
    assert await progress(files, again) == {
        "state": "done",
        "total": 2_000,
        "done": 2_000,
        "created": 0,
        "duplicates": 1_950,
        "errors": 50,
    }
    assert (await count(intake, "intake.cases"), await count(files, "interchange.chunks")) == (1_950, 0)
    said = [type_ for type_, _ in await intake.said()]
    assert (said.count("case.opened.v1"), said.count("case.assigned.v1")) == (1_950, 1_950)


async def test_progress_is_seen_while_chunks_are_done(files):
    content = table(*(row(cor_ExternalId=f"R-{n}") for n in range(250)))
    answer = await send(files, content)
    before = await progress(files, answer.json()["id"])
    assert (before["state"], before["done"], before["total"]) == ("running", 0, 250)
    await files.work()
    after = await progress(files, answer.json()["id"])
    assert (after["state"], after["done"], after["created"]) == ("done", 250, 250)


async def test_an_imported_case_is_said_for_who_sent_the_file_and_can_be_opened(files, intake):
    decided = {"vic_TraffickingStatus": "PossibleVictimOfTrafficking", HEADER[8]: "NGO"}
    await imported(files, table(row(**decided)))
    said = await intake.said()
    (opened,) = bodies(said, "case.opened.v1")
    assert (opened["channel"], opened["organisation"], opened["urgency"]) == ("file", AGENCY, "routine")
    assert [b["revision"] for b in bodies(said, "case.identified.v1")] == [1]
    async with intake.service.database.engine.connect() as conn:
        actors = await conn.execute(
            text("select distinct actor from chassis.outbox where type like 'case.%'")
        )
        assert [actor for (actor,) in actors] == ["th.screening_officer"]
    headers = files.as_("case_worker")
    view = (await intake.client.get(f"/v1/cases/{opened['case_id']}/fields", headers=headers)).json()
    assert view["fields"] == {
        "prs_FirstName": "Sokha",
        "prs_SecondName": "Chan",
        "prs_Birthdate": "1998-05",
        "prs_Gender": "Feminine",
        "prs_Citizenship": ["KH"],
        "vic_MethodsOfControl": ["DebtBondage"],
        "vic_TraffickingStatus": "PossibleVictimOfTrafficking",
        "vic_TraffickingStatusDecisionMakingOrg": "NGO",
    }
    status = (await intake.client.get(f"/v1/cases/{opened['case_id']}/status", headers=headers)).json()
    assert [(r["revision"], r["status"]) for r in status["revisions"]] == [(1, "PossibleVictimOfTrafficking")]


async def test_a_dry_run_says_what_would_happen_and_keeps_nothing(files, intake):
    await imported(files, table(row()))
    (named,) = bodies(await intake.said(), "case.referenced.v1")
    content = table(row(), row(prs_Second_Name="Sok"), row(prs_Second_Name="Sok"), row(prs_Gender="F"))
    answer = await send(files, content, dry_run=True)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "total": 4,
            "good": 2,
            "bad": 2,
            "duplicates": 1,
            "repeated": [{"line": 2, "case_id": named["case_id"], "case_reference": named["reference"]}],
            "errors": [
                refused(4, "*", "same-as-another-row"),
                refused(5, "prs_Gender", "unknown-code", "prs_Gender"),
            ],
            "more": False,
        },
    )
    assert (await count(files, "interchange.imports"), await count(intake, "intake.cases")) == (1, 1)


async def test_the_same_row_of_another_organisation_is_another_case(files):
    await imported(files, table(row()))
    shelter = files.as_("screening_officer", org="th-shelter")
    import_id = await imported(files, table(row()), headers=shelter)
    view = await progress(files, import_id, shelter)
    assert (view["created"], view["duplicates"]) == (1, 0)


async def test_a_changed_row_with_a_known_identifier_is_refused_and_named_with_its_case(files):
    """Neither dropped in silence, so that a corrected birth date stays wrong, nor merged."""
    first = await imported(files, table(row(cor_ExternalId="A-1", prs_Birthdate="1999")))
    ((_, _, case_id),) = await results(files, first)
    again = await imported(files, table(row(cor_ExternalId="A-1", prs_Birthdate="2010-07-15")))
    view = await progress(files, again)
    assert (view["created"], view["duplicates"], view["errors"], view["state"]) == (0, 0, 1, "done")
    assert await results(files, again) == [(2, "refused", case_id)]
    assert await errors(files, again) == [(2, "cor_ExternalId", "differs-from-case")]
    dry = (await send(files, table(row(cor_ExternalId="A-1")), dry_run=True)).json()
    reference = dry["errors"][0]["case_reference"]
    assert (parsed(reference), dry["good"], dry["errors"]) == (
        reference,
        0,
        [refused(2, "cor_ExternalId", "differs-from-case", None, case_id, reference)],
    )


async def test_two_persons_under_one_identifier_are_both_refused(files, intake):
    content = table(row(cor_ExternalId="S-1"), row(cor_ExternalId="S-1", prs_First_Name="Sophea"))
    import_id = await imported(files, content)
    assert bodies(await intake.said(), "case.opened.v1") == []
    assert await errors(files, import_id) == [
        (line, "cor_ExternalId", "same-id-other-content") for line in (2, 3)
    ]


async def test_rows_that_are_alike_are_refused_by_line_unless_they_are_said_to_be_several_persons(files):
    content = table(row(), row(), row())
    refused_one = await imported(files, content)
    assert [(line, outcome) for line, outcome, _ in await results(files, refused_one)] == [
        (2, "opened"),
        (3, "refused"),
        (4, "refused"),
    ]
    answer = await files.client.post(
        "/v1/imports",
        params={"same_rows": "separate"},
        files={"file": ("cases.csv", content)},
        headers=files.as_("screening_officer"),
    )
    while await files.work():
        pass
    separate = await results(files, answer.json()["id"])
    assert [outcome for _, outcome, _ in separate] == ["duplicate", "opened", "opened"]
    assert len({case_id for _, _, case_id in separate}) == 3


async def test_every_row_of_a_file_leads_to_its_case(files, intake):
    content = table(
        row(cor_ExternalId="A"), row(prs_Gender="F"), row(cor_ExternalId="A"), row(cor_ExternalId="B")
    )
    import_id = await imported(files, content)
    (_, _, first), _, (_, _, repeated), (_, _, other) = found = await results(files, import_id)
    assert [(line, outcome) for line, outcome, _ in found] == [
        (2, "opened"),
        (3, "refused"),
        (4, "duplicate"),
        (5, "opened"),
    ]
    opened = [b["case_id"] for b in bodies(await intake.said(), "case.opened.v1")]
    named = {b["case_id"]: b["reference"] for b in bodies(await intake.said(), "case.referenced.v1")}
    url, headers = f"/v1/imports/{import_id}/rows", files.as_("screening_officer")
    shown = (await files.client.get(url, headers=headers)).json()["items"]
    assert [one["case_reference"] for one in shown] == [named.get(one["case_id"]) for one in shown]
    assert (first, sorted([first, other])) == (repeated, sorted(opened))
    assert await results(files, import_id, "duplicate") == [(4, "duplicate", first)]
    again = await imported(files, content)
    assert await results(files, again, "duplicate") == [
        (2, "duplicate", first),
        (4, "duplicate", first),
        (5, "duplicate", other),
    ]


async def test_a_chunk_that_is_tried_twice_opens_its_cases_once(files, intake):
    answer = await send(files, table(row(), row(prs_Second_Name="Sok")))
    import_id = answer.json()["id"]
    kind = import_work(files.service)[0]
    item = SimpleNamespace(payload={"import_id": import_id, "number": 1})
    results = [await kind.act(item), await kind.act(item)]  # both before either is finished
    for result in results:
        async with files.service.database.transaction(files.service.database.system()) as tx:
            await kind.finish(tx, item, result)
    assert len(bodies(await intake.said(), "case.opened.v1")) == 2


async def test_a_workbook_is_imported_like_a_csv(files):
    content = workbook(HEADER, row(prs_First_Name="ដារា"), row(prs_First_Name="=A1"))
    import_id = await imported(files, content, name="cases.xlsx")
    assert (await progress(files, import_id))["created"] == 1
    assert await errors(files, import_id) == [(3, "prs_FirstName", "formula")]


async def test_an_upload_is_sealed_and_its_key_goes_when_it_is_done(files):
    content = table(*(row(prs_First_Name="Kanarienvogel", cor_ExternalId=f"R{n}") for n in range(150)))
    answer = await send(files, content)
    import_id = answer.json()["id"]
    async with files.service.database.engine.connect() as conn:
        sealed = (await conn.execute(text("select number, sealed from interchange.chunks order by 1"))).all()
    assert len(sealed) == 2
    assert all(one.sealed.startswith("v1.") and "Kanarienvogel" not in one.sealed for one in sealed)
    while await files.work():
        pass
    vault = files.service.vault
    assert await vault.open_many([(UUID(import_id), "import.chunk", "1", sealed[0].sealed)]) == [None]


async def test_an_upload_of_megabytes_is_never_put_on_disk(files, rolled):
    content = table(*(row(cor_ExternalId=f"R-{n}", prs_First_Name="x" * 150) for n in range(9_000)))
    assert 1_500_000 < len(content) < 5_000_000
    answer = await send(files, content, dry_run=True)
    assert (answer.status_code, answer.json()["good"], rolled) == (200, 9_000, [])


async def test_starlettes_own_parser_would_have_put_it_on_disk(files, monkeypatch, rolled):
    monkeypatch.setattr(InMemory, "spool_max_size", 1024 * 1024)
    content = table(*(row(cor_ExternalId=f"R-{n}", prs_First_Name="x" * 150) for n in range(9_000)))
    await send(files, content, dry_run=True)
    assert rolled


async def test_a_file_that_is_too_large_or_none_is_refused(files):
    large = await send(files, b"cor_FullName\n" + b"x" * 5_000_001)
    assert (large.status_code, large.json()["code"]) == (413, "too-large")
    headers = files.as_("screening_officer")
    none = await files.client.post("/v1/imports", files={"other": ("a.csv", b"x")}, headers=headers)
    assert (none.status_code, none.json()["errors"][0]["code"]) == (422, "missing")
    plain = await files.client.post("/v1/imports", json={}, headers=headers)
    assert (plain.status_code, plain.json()["code"]) == (415, "unsupported-media-type")
    broken = await files.client.post(
        "/v1/imports",
        content=b"nothing",
        headers=headers | {"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert broken.status_code in (400, 422)


@pytest.mark.parametrize(
    ("content", "loc", "code"),
    [
        (b"cor_FullName,Sokha\nx,y\n", ["body", "file", "column", 2], "unknown-column"),
        (workbook(["type", "name", "label"], ["text", "Sokha", "x"]), ["body", "file"], "survey-form"),
        (b"", ["body", "file"], "empty"),
    ],
)
async def test_a_file_that_cannot_be_used_is_refused_with_its_reason_and_without_its_words(
    files, content, loc, code
):
    answer = await send(files, content)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["loc"], error["code"]) == (loc, code)
    assert "Sokha" not in answer.text


async def test_imports_are_listed_newest_first_and_whoever_may_send_a_file_is_told_how(files):
    first, second = await imported(files, table(row())), await imported(files, table(row(prs_Gender="F")))
    waiting = (await send(files, table(row(prs_Second_Name="Sok")))).json()["id"]
    assert await listed(files) == [waiting, second, first]
    assert await listed(files, state="running") == [waiting]
    assert await listed(files, limit=1, state="done") == [second]
    page = await files.client.get("/v1/imports?limit=2", headers=files.as_("screening_officer"))
    assert await listed(files, after=page.json()["next"]) == [first]
    assert page.json()["moves"] == [
        {
            "verb": "start_import",
            "method": "POST",
            "path": "/v1/imports",
            "needs": ["file"],
            "blocked_by": [],
        }
    ]


async def listed(files, **asked):
    answer = await files.client.get("/v1/imports", params=asked, headers=files.as_("screening_officer"))
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


async def test_an_import_is_nobody_elses_business(files):
    import_id = await imported(files, table(row(prs_Gender="F")))
    other = files.as_("screening_officer", org="th-shelter")
    for path in ("", "/errors", "/rows"):
        answer = await files.client.get(f"/v1/imports/{import_id}{path}", headers=other)
        assert answer.status_code == 404
    assert (await files.client.get("/v1/imports", headers=other)).json()["items"] == []
    worker = await send(files, table(row()), headers=files.as_("case_worker"))
    assert worker.status_code == 403


async def test_the_same_key_accepts_one_upload(files):
    headers = files.as_("screening_officer") | {"Idempotency-Key": "upload-0001"}
    first = await send(files, table(row()), headers=headers)
    while await files.work():
        pass  # done, and its key destroyed
    again = await send(files, table(row()), headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert await count(files, "interchange.imports") == 1


async def test_accepted_rows_outlast_a_long_absence_of_the_vault(files, monkeypatch):
    async def away(*_):
        raise VaultUnavailable

    headers = files.as_("screening_officer")
    import_id = (await send(files, table(row()), headers=headers)).json()["id"]
    async with files.service.database.engine.begin() as conn:
        await conn.execute(text("update chassis.work set attempts = 50"))
    with monkeypatch.context() as while_away:
        while_away.setattr(files.service.vault, "open", away)
        await files.work()
    await files.work(hasten=True)
    found = (await files.client.get(f"/v1/imports/{import_id}", headers=headers)).json()
    assert (found["state"], found["created"]) == ("done", 1)


async def test_another_file_of_the_same_length_under_the_same_key_is_refused(files):
    headers = files.as_("screening_officer") | {"Idempotency-Key": "upload-0002"}
    await send(files, table(row(prs_Gender="F")), headers=headers)
    other = await send(files, table(row(prs_Gender="M")), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-mismatch")
    assert (await send(files, table(row(prs_Gender="F")), headers=headers)).status_code == 202


async def test_the_publishers_own_columns_are_all_read(files):
    source = Path(__file__).parent / "data" / "xlsform_survey.csv"
    with source.open(encoding="utf-8", newline="") as lines:
        names = [line["name"] for line in csv.DictReader(lines)]
    out = io.StringIO()
    csv.writer(out).writerows([names, [("Sokha" if name == "prs_First_Name" else "") for name in names]])
    answer = await send(files, out.getvalue().encode(), dry_run=True)
    assert (answer.status_code, answer.json()["good"]) == (200, 1)


async def test_a_newborn_of_today_is_read_at_one_in_the_morning(files):
    """01:00 in Bangkok is still yesterday in UTC."""
    files.service.clock = lambda: datetime(2026, 11, 25, 18, 0, tzinfo=UTC)
    content = b"prs_FirstName,prs_Birthdate\nSokha,2026-11-26\nDara,2026-11-27\n"
    answer = (await send(files, content, dry_run=True)).json()
    assert (answer["good"], answer["errors"]) == (1, [refused(3, "prs_Birthdate", "date-in-the-future")])
