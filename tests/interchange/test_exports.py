"""Cases go out as files of the standard and come back as the same cases; what is lost is named, and who may have them is asked."""

import csv
import io
import json
import tempfile
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from chassis.vault.vault import KeyDestroyed
from contracts.casefile.fields import FIELDS, STATUS, STATUS_BY, checked, from_text, to_text
from contracts.casefile.urgent import URGENT_FIELDS
from contracts.codes import codes, in_the_standard
from contracts.events.intake import CaseErasedV1, CaseTransferredV1, ErasureConfirmedV1
from services.interchange.domain import export, htcds
from services.interchange.domain.cells import BadFile, guarded, meant, spoilt
from services.interchange.domain.export import COLUMNS, ExportFormat, OutgoingCase, found_again, lost
from services.interchange.domain.headings import EXTERNAL_ID, OWN_NUMBER, read_heading
from services.interchange.exports import FILE_CLASS
from services.interchange.intake_rows import exported_cases
from services.interchange.spreadsheet import read_file
from services.interchange.writing import file_of
from tests.intake.making import AGENCY, bodies
from tests.interchange.test_imports import count, imported, send

HERE = htcds.Place(date(2026, 11, 26))
ODD = {
    "text": [
        "=HYPERLINK(1)",
        "+855 12 345",
        "-",
        "@who",
        "'quoted",
        "'=x",
        "a\nb, c;d",
        '"',
        "_x000D_ left",
        "សុខា",
        "#N/A",
        "1E+05",
    ],
    "date": ["1998", "1998-05", "1998-05-31", "1998~"],
    "number": ["0", "12"],
}


def whole_case(number: int, random: Random) -> dict[str, str]:
    """A value in every field that a file may bring, from all that it may be."""
    found = {}
    for field in FIELDS.values():
        if field.name in URGENT_FIELDS:
            continue
        if field.codelist is not None:
            known = sorted(codes(field.codelist))
            some = tuple(random.sample(known, min(len(known), random.randint(1, 3))))
            found[field.name] = to_text(some) if field.multiple else some[0]
        else:
            found[field.name] = random.choice([odd for odd in ODD[field.kind] if canonical(field.name, odd)])
    return found | {"cor_FullName": f"Person {number}", "prs_Email": f"p{number}@example.test"}


def canonical(name: str, value: str) -> bool:
    try:
        return checked(name, value) == value
    except ValueError:
        return False


def cases(count: int) -> list[OutgoingCase]:
    random = Random(7)
    numbers = [f"=S-{n}" if n % 2 else None for n in range(count)]
    return [
        OutgoingCase(str(UUID(int=n)), f"C-{n}", whole_case(n, random), number)
        for n, number in enumerate(numbers)
    ]


@given(st.text(max_size=12) | st.text("'=+-@#N/A\t 1E+05", max_size=8))
def test_whatever_a_spreadsheet_program_would_spoil_is_guarded_and_meant_as_it_was(written):
    assert meant(guarded(written)) == written
    assert spoilt(guarded(written)) is None
    assert guarded(written)[:1] not in {"=", "+", "-", "@", "\t", "\r"}


@pytest.mark.parametrize("made", [ExportFormat.CSV, ExportFormat.XLSX])
def test_every_field_with_every_kind_of_value_is_read_again_as_it_was(made):
    sent = cases(20)
    sheet = read_file(file_of(made, sent), HERE)
    assert sheet.errors == []
    assert [(row.external_id, dict(row.fields), row.numbered) for row in sheet.rows] == [
        (case.name, case.fields, case.own_number) for case in sent
    ]
    assert lost(found_again(sent, sheet.rows)) == {}


def test_the_standards_own_workbook_is_filled_under_the_labels_that_its_reader_sees():
    sent = cases(20)
    content = file_of(ExportFormat.WORKBOOK, sent)
    sheet = read_file(content, HERE)
    assert (sheet.errors, [row.numbered for row in sheet.rows]) == ([], [case.own_number for case in sent])
    book = openpyxl.load_workbook(io.BytesIO(content))
    shown = {cell.value: book.worksheets[0].cell(3, cell.column).value for cell in book.worksheets[0][2]}
    first = sent[0].fields
    assert shown["Gender"] == codes("prs_Gender")[first["prs_Gender"]]
    assert shown["Mailing Country"] == codes("country")[first["prs_MailingCountry"]]
    kept = {name for row in sheet.rows for name in row.fields}
    missing = lost(found_again(sent, sheet.rows))
    ours = sum("cor_" in case.fields["vic_TypeOfExploitation"] for case in sent)
    without_column = dict.fromkeys(sent[0].fields.keys() - kept, 20)
    assert without_column | {"vic_TypeOfExploitation": ours} == missing
    assert {"cor_Needs", "cor_FullName", "prs_IdentityNumber"} <= missing.keys()


@pytest.mark.parametrize("made", ExportFormat)
def test_a_file_that_goes_out_is_made_without_any_file_on_disk(made, monkeypatch):
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened on disk")

    monkeypatch.setattr("openpyxl.worksheet._writer.create_temporary_file", refused)
    for name in ("mkstemp", "NamedTemporaryFile", "TemporaryFile"):
        monkeypatch.setattr(tempfile, name, refused)
    sent = cases(3)
    assert len(read_file(file_of(made, sent), HERE).rows) == 3


FORMULAS = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "=a,b", '="x"', "=1\n2", "@a;b")


@pytest.mark.parametrize("made", ExportFormat)
def test_no_cell_of_a_file_is_a_formula(made):
    written = [OutgoingCase("", f"C-{n}", {"prs_FirstName": one}) for n, one in enumerate(FORMULAS)]
    content = file_of(made, [*cases(20), *written])
    if made is ExportFormat.CSV:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        cells = [cell for line in lines for cell in line]
        assert {len(line) for line in lines} == {len(COLUMNS)}
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
        assert {cell.data_type for line in sheet for cell in line} <= {"s", "n"}
        cells = [cell.value for line in sheet for cell in line if cell.data_type == "s"]
    assert {f"'{one}" for one in FORMULAS if "\r" not in one} <= set(cells)
    assert {cell[:1] for cell in cells}.isdisjoint("=+-@\t\r")


def generated(count: int) -> bytes:
    """A file as an organisation sends one, each person with identifier, name, dates and codes."""
    random, sent = Random(11), []
    for number in range(count):
        fields = {
            "prs_FirstName": random.choice(["Sokha", "Dara", "สมหญิง", "ចាន់", "Min"]),
            "prs_SecondName": random.choice(["Chan", "Keo", "+Ly", "ឡាយ"]),
            "prs_Birthdate": str(random.randint(1960, 2015)) + random.choice(["", "~", "-05"]),
            "prs_Gender": random.choice(sorted(codes("prs_Gender"))),
            "prs_Citizenship": to_text(("KH",)),
            "vic_MethodsOfControl": to_text(tuple(random.sample(sorted(codes("vic_MethodsOfControl")), 2))),
        }
        if number % 10 == 0:
            fields |= {STATUS: "ActualVictimOfTrafficking", STATUS_BY: "NGO"}
        sent.append(OutgoingCase("", f"R-{number}", fields))
    return file_of(ExportFormat.CSV, sent)


async def exported(files, made="csv", *, role="supervisor", **who):
    headers = files.as_(role, **who)
    answer = await files.client.post("/v1/exports", json={"format": made}, headers=headers)
    assert answer.status_code == 202, answer.text
    while await files.work():
        pass
    view = (await files.client.get(answer.headers["location"], headers=headers)).json()
    assert view["state"] == "ready", view
    got = await files.client.get(view["file"], headers=headers)
    assert (got.status_code, len(got.content)) == (200, view["size"])
    return view, got


def fields_of(content: bytes) -> list[str]:
    return sorted(json.dumps(dict(row.fields), sort_keys=True) for row in read_file(content, HERE).rows)


async def test_two_thousand_cases_out_and_in_are_the_same_cases(files, intake):
    """In every format; the people of this file have nothing that the standard's own workbook has no column for."""
    sent = generated(2_000)
    await imported(files, sent)
    for made in ExportFormat:
        view, got = await exported(files, made)
        assert (view["cases"], view["lost"]) == (2_000, []), made
        assert fields_of(got.content) == fields_of(sent), made
        back = (await send(files, got.content, dry_run=True)).json()
        told = {name: back[name] for name in ("total", "good", "bad", "duplicates")}
        assert told == {"total": 2_000, "good": 2_000, "bad": 0, "duplicates": 2_000}, made
        assert len({one["case_id"] for one in back["repeated"]} - {None}) == len(back["repeated"])
    assert await count(intake, "intake.cases") == 2_000


@pytest.mark.parametrize("made", ["xlsx", "workbook"])
async def test_a_file_that_is_brought_back_opens_nothing_and_brought_elsewhere_it_opens_the_same(
    files, intake, made
):
    await imported(files, file_of(ExportFormat.CSV, cases(12)))
    view, got = await exported(files, made)
    back = (await send(files, got.content, dry_run=True)).json()
    assert (back["good"], back["duplicates"], back["bad"]) == (12, 12, 0)
    await imported(files, got.content, headers=files.as_("screening_officer", org="th-shelter"))
    assert await count(intake, "intake.cases") == 24
    again, theirs = await exported(files, made, org="th-shelter")
    assert fields_of(theirs.content) == fields_of(got.content)
    assert (again["lost"], bool(view["lost"])) == ([], made == "workbook")


def in_a_file(name: str, text: str, labels: bool) -> str:
    """The value as a file has it: of the standard's own, what the standard has for it."""
    field, value = FIELDS[name], from_text(name, text)
    if not labels:
        return text
    if not field.multiple:
        return in_the_standard(field.codelist, value)
    return to_text(tuple(dict.fromkeys(in_the_standard(field.codelist, one) for one in value)))


def test_every_code_of_every_list_is_read_again_by_its_label():
    coded = [field for field in FIELDS.values() if field.codelist and field.name not in URGENT_FIELDS]
    longest = max(len(codes(field.codelist)) for field in coded)
    for number in range(longest):
        fields = {}
        for field in coded:
            known = list(codes(field.codelist))
            two = (known[number % len(known)], known[(number + 1) % len(known)])
            fields[field.name] = to_text(two) if field.multiple else two[0]
        for labels in (False, True):
            cells = {name: export._cell(name, text, labels=labels) for name, text in fields.items()}
            read = {name: htcds._read_cell(name, cell, HERE) for name, cell in cells.items()}
            meaning = {name: in_a_file(name, text, labels) for name, text in fields.items()}
            assert read == {name: (text, None) for name, text in meaning.items()}


def test_a_code_of_our_own_is_in_a_file_of_the_standard_what_its_list_says():
    kinds = [
        ("cor_ForcedCriminality",),
        ("Other", "cor_ForcedCriminality"),
        ("cor_ForcedCriminality", "ForcedLabour"),
    ]
    sent = [
        OutgoingCase(str(UUID(int=n)), f"C-{n}", {"vic_TypeOfExploitation": to_text(some)})
        for n, some in enumerate(kinds)
    ]
    rows = read_file(file_of(ExportFormat.WORKBOOK, sent), HERE).rows
    assert [row.fields["vic_TypeOfExploitation"] for row in rows] == [
        to_text(some) for some in (("Other",), ("Other",), ("Other", "ForcedLabour"))
    ]
    assert lost(found_again(sent, rows)) == {"vic_TypeOfExploitation": 3}
    ours = read_file(file_of(ExportFormat.CSV, sent), HERE).rows
    assert lost(found_again(sent, ours)) == {}


async def test_what_is_lost_is_named_with_the_number_of_cases(files):
    rows = [
        OutgoingCase("", "A", {"prs_FirstName": "Sokha", "cor_Needs": to_text(("shelter",))}),
        OutgoingCase(
            "", "B", {"prs_FirstName": "Dara", "cor_Needs": to_text(("shelter",)), "cor_Health": "x"}
        ),
    ]
    await imported(files, file_of(ExportFormat.CSV, rows))
    view, _ = await exported(files, "workbook")
    assert view["lost"] == [{"field": "cor_Health", "cases": 1}, {"field": "cor_Needs", "cases": 2}]


async def test_a_case_that_was_changed_since_is_known_again_and_told_from_what_it_was(files, intake):
    await imported(files, file_of(ExportFormat.CSV, cases(2)))
    _, before = await exported(files)
    case_id = read_file(before.content, HERE).rows[0].external_id
    path = f"/v1/cases/{case_id}/fields"
    headers = {**intake.as_("screening_officer"), "If-Match": "*"}
    body = {"fields": {"prs_MailingCity": "Poipet"}, "reason": "She moved."}
    changed = await intake.client.put(path, json=body, headers=headers)
    assert changed.status_code == 200, changed.text
    _, after = await exported(files)
    old = (await send(files, before.content, dry_run=True)).json()
    assert [(one["reason"], one["case_reference"]) for one in old["errors"]] == [
        ("differs-from-case", case_id)
    ]
    assert (await send(files, after.content, dry_run=True)).json()["duplicates"] == 2


async def cases_in(files, content: bytes) -> list[UUID]:
    """The cases of a file that was made here, in its order."""
    back = (await send(files, content, dry_run=True)).json()
    return [UUID(one["case_id"]) for one in back["repeated"]]


async def test_another_woman_of_whom_the_same_is_known_is_another_case_than_the_one_in_a_workbook(
    files, intake
):
    known = {"prs_Gender": "Feminine", "prs_Citizenship": to_text(("KH",))}
    await imported(files, file_of(ExportFormat.CSV, [OutgoingCase("", "A", known)]))
    _, got = await exported(files, "workbook")
    another = b"prs_Gender,prs_Citizenship\nFeminine,KH\n"
    assert (await send(files, another, dry_run=True)).json()["duplicates"] == 0
    await imported(files, another)
    assert await count(intake, "intake.cases") == 2
    back = (await send(files, got.content, dry_run=True)).json()
    assert (back["duplicates"], back["bad"]) == (1, 0)
    _, both = await exported(files, "workbook")
    assert len(set(await cases_in(files, both.content))) == 2


async def test_a_worker_takes_out_what_she_may_open_and_each_is_a_reading_of_hers(files, intake):
    await imported(files, file_of(ExportFormat.CSV, cases(3)))
    _, all_of_them = await exported(files)
    mine, free, other = await cases_in(files, all_of_them.content)
    await intake.grant_access(mine, "th-care-agency", ("th.case_worker",))
    await intake.grant_access(other, "th-care-agency", ("th.somebody",))
    already = len(bodies(await intake.said(), "record.read.v1"))
    view, got = await exported(files, role="case_worker")
    rows = dict(zip(await cases_in(files, got.content), read_file(got.content, HERE).rows, strict=True))
    assert rows.keys() == {mine, free}
    read = bodies(await intake.said(), "record.read.v1")[already:]
    assert {(UUID(one["case_id"]), one["resource"], one["resource_id"]) for one in read} == {
        (case_id, "export", view["id"]) for case_id in rows
    }
    assert {UUID(one["case_id"]): set(one["fields"]) for one in read} == {
        case_id: set(row.fields) for case_id, row in rows.items()
    }
    async with intake.service.database.engine.connect() as conn:
        by = await conn.execute(
            text("select distinct actor, organisation from chassis.outbox where type = 'record.read.v1'")
        )
        assert set(by.all()) >= {("th.case_worker", "th-care-agency")}


async def test_nobody_but_who_asked_has_the_file_and_whoever_may_not_export_gets_none(files):
    view, _ = await exported(files, role="case_worker")
    for headers in (
        files.as_("supervisor"),
        files.as_("case_worker", sub="th.colleague"),
        files.as_("case_worker", org="th-shelter"),
    ):
        for path in ("", "/file"):
            assert (
                await files.client.get(f"/v1/exports/{view['id']}{path}", headers=headers)
            ).status_code == 404
    for role in ("screening_officer", "auditor", "operator"):
        answer = await files.client.post("/v1/exports", json={"format": "csv"}, headers=files.as_(role))
        assert answer.status_code == 403
    for_audit = files.as_("supervisor", purpose="audit")
    assert (
        await files.client.post("/v1/exports", json={"format": "csv"}, headers=for_audit)
    ).status_code == 403


@pytest.mark.parametrize(
    "lost_right", [{"role": "case_worker"}, {"role": "supervisor", "purpose": "legal-aid"}]
)
async def test_whoever_has_no_more_the_roles_or_the_purpose_of_the_asking_fetches_no_file(files, lost_right):
    await imported(files, file_of(ExportFormat.CSV, cases(1)))
    view, _ = await exported(files, sub="th.somebody")
    headers = files.as_(**lost_right, sub="th.somebody")
    got = await files.client.get(view["file"], headers=headers)
    assert (got.status_code, got.json()["code"]) == (403, "forbidden")
    paths = (f"/v1/exports/{view['id']}", "/v1/exports")
    shown, listed = [(await files.client.get(path, headers=headers)).json() for path in paths]
    assert [one["file"] for one in (shown, *listed["items"])] == [None, None]
    assert (await files.client.delete(paths[0], headers=headers)).status_code == 200


async def test_whoever_was_given_another_role_since_fetches_the_file(files):
    view, _ = await exported(files, sub="th.somebody")
    headers = files.as_("supervisor", sub="th.somebody", roles=["case_worker", "supervisor"])
    assert (await files.client.get(view["file"], headers=headers)).status_code == 200


async def everything(files) -> str:
    async with files.service.database.engine.connect() as conn:
        tables = ("exports", "export_parts", "results", "imports")
        found = [
            (await conn.execute(text(f"select t::text from interchange.{name} t"))).scalars().all()
            for name in tables
        ]
        work = (await conn.execute(text("select t::text from chassis.work t"))).scalars().all()
    return "".join(one for rows in (*found, work) for one in rows)


async def require_destroyed(files, export_id: str) -> None:
    """Require that the key goes with the work that is due now."""
    while await files.work():
        pass
    with pytest.raises(KeyDestroyed):
        await files.service.vault.seal(UUID(export_id), FILE_CLASS, "1", "x")


async def test_the_file_is_sealed_at_rest_and_gone_when_its_time_is_over(files):
    await imported(files, file_of(ExportFormat.CSV, cases(3)))
    view, _ = await exported(files)
    kept = await everything(files)
    assert "Person 1" not in kept
    assert "p1@example.test" not in kept
    headers = files.as_("supervisor")
    files.service.clock = files.service.database.clock = lambda: datetime.now(UTC) + timedelta(minutes=31)
    assert (await files.client.get(view["file"], headers=headers)).status_code == 404
    shown = (await files.client.get(f"/v1/exports/{view['id']}", headers=headers)).json()
    assert (shown["state"], shown["file"], shown["moves"]) == ("gone", None, [])
    while await files.work(hasten=True):
        pass
    assert await count(files, "interchange.export_parts") == 0
    await require_destroyed(files, view["id"])


async def test_a_file_whose_key_is_destroyed_is_not_there_although_its_time_is_not_over(files):
    await imported(files, file_of(ExportFormat.CSV, cases(3)))
    view, _ = await exported(files)
    await files.service.vault.release(UUID(view["id"]))
    await files.service.vault.destroy(UUID(view["id"]))
    answer = await files.client.get(view["file"], headers=files.as_("supervisor"))
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_an_export_whose_key_is_destroyed_while_it_is_gathered_is_never_ready(files):
    await imported(files, file_of(ExportFormat.CSV, cases(3)))
    headers = files.as_("supervisor")
    answer = await files.client.post("/v1/exports", json={"format": "csv"}, headers=headers)
    await files.service.vault.destroy(UUID(answer.json()["id"]))
    await require_destroyed(files, answer.json()["id"])
    view = (await files.client.get(answer.headers["location"], headers=headers)).json()
    assert (view["file"], view["cases"]) == (None, 0)


async def test_what_is_discarded_is_fetched_by_nobody_and_its_key_is_destroyed(files):
    await imported(files, file_of(ExportFormat.CSV, cases(1)))
    view, _ = await exported(files)
    headers = files.as_("supervisor")
    gone = await files.client.delete(f"/v1/exports/{view['id']}", headers=headers)
    assert (gone.status_code, (await files.client.get(view["file"], headers=headers)).status_code) == (
        200,
        404,
    )
    assert await count(files, "interchange.export_parts") == 0
    await require_destroyed(files, view["id"])
    again = await files.client.delete(f"/v1/exports/{view['id']}", headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "wrong-state")


def confirmed(case_id: UUID) -> ErasureConfirmedV1:
    return ErasureConfirmedV1(case_id=case_id, erasure_id=uuid4())


def erased(case_id: UUID) -> CaseErasedV1:
    return CaseErasedV1(case_id=case_id, at=datetime.now(UTC), epoch="2026-11")


def transferred(case_id: UUID, organisation: str = AGENCY) -> CaseTransferredV1:
    return CaseTransferredV1(
        case_id=case_id,
        referral_id=uuid4(),
        organisation=organisation,
        recipient="th-shelter",
        at=datetime.now(UTC),
    )


@pytest.mark.parametrize("left", [confirmed, erased, transferred])
async def test_a_file_with_a_case_that_nobody_may_read_any_more_is_fetched_by_nobody(files, left):
    await imported(files, file_of(ExportFormat.CSV, cases(2)))
    view, got = await exported(files)
    case_id, _ = await cases_in(files, got.content)
    await files.deliver(left(case_id))
    headers = files.as_("supervisor")
    assert (await files.client.get(view["file"], headers=headers)).status_code == 404
    shown = (await files.client.get(f"/v1/exports/{view['id']}", headers=headers)).json()
    assert (shown["state"], shown["file"], shown["moves"]) == ("gone", None, [])
    assert await count(files, "interchange.export_parts") == 0
    await require_destroyed(files, view["id"])


async def test_a_file_that_is_gathered_while_she_is_erased_is_never_made(files, monkeypatch):
    async def and_then_erased(*asked):
        answer = await exported_cases(*asked)
        await files.deliver(confirmed(answer.cases[0].case_id))
        return answer

    monkeypatch.setattr("services.interchange.exports.exported_cases", and_then_erased)
    await imported(files, file_of(ExportFormat.CSV, cases(2)))
    headers = files.as_("supervisor")
    answer = await files.client.post("/v1/exports", json={"format": "csv"}, headers=headers)
    await require_destroyed(files, answer.json()["id"])
    view = (await files.client.get(answer.headers["location"], headers=headers)).json()
    assert (view["state"], view["ready_at"], view["file"]) == ("gone", None, None)
    assert await count(files, "interchange.export_parts") == 0


async def test_a_transfer_of_another_organisation_ends_no_file_of_ours(files):
    await imported(files, file_of(ExportFormat.CSV, cases(1)))
    view, _ = await exported(files)
    await files.deliver(transferred(uuid4(), "th-shelter"))
    assert (await files.client.get(view["file"], headers=files.as_("supervisor"))).status_code == 200


async def test_an_export_that_is_begun_again_under_its_key_is_the_same(files):
    headers = files.as_("supervisor") | {"Idempotency-Key": "export-0001"}
    first, again = [
        await files.client.post("/v1/exports", json={"format": "csv"}, headers=headers) for _ in range(2)
    ]
    assert (first.json()["id"], again.status_code) == (again.json()["id"], 202)
    assert await count(files, "interchange.exports") == 1


async def test_an_export_is_answered_as_at_first_when_it_is_asked_for_again_and_its_file_is_gone(files):
    headers = files.as_("supervisor") | {"Idempotency-Key": "export-0002"}
    first = await files.client.post("/v1/exports", json={"format": "csv"}, headers=headers)
    await files.client.delete(first.headers["location"], headers=files.as_("supervisor"))
    await require_destroyed(files, first.json()["id"])
    again = await files.client.post("/v1/exports", json={"format": "csv"}, headers=headers)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert await count(files, "interchange.exports") == 1


async def test_an_export_that_is_discarded_while_it_is_gathered_leaves_nothing_under_its_key(
    files, monkeypatch
):
    async def and_then_discarded(*asked):
        answer = await exported_cases(*asked)
        where = f"/v1/exports/{asked[1]}"
        assert (await files.client.delete(where, headers=files.as_("supervisor"))).status_code == 200
        await require_destroyed(files, asked[1])
        return answer

    await imported(files, file_of(ExportFormat.CSV, cases(1)))
    answer = await files.client.post("/v1/exports", json={"format": "csv"}, headers=files.as_("supervisor"))
    monkeypatch.setattr("services.interchange.exports.exported_cases", and_then_discarded)
    await require_destroyed(files, answer.json()["id"])
    assert await count(files, "interchange.export_parts") == 0


async def test_what_is_not_gathered_in_an_hour_is_asked_for_again(files):
    headers = files.as_("supervisor")
    answer = await files.client.post("/v1/exports", json={"format": "csv"}, headers=headers)
    files.service.clock = lambda: datetime.now(UTC) + timedelta(minutes=61)
    while await files.work():
        pass
    view = (await files.client.get(answer.headers["location"], headers=headers)).json()
    assert (view["state"], view["reason"]) == ("failed", "took-too-long")
    await require_destroyed(files, view["id"])


def taken(name: str) -> bool:
    """True where an import reads the column of this name, beside one that it surely reads."""
    try:
        return read_heading(["prs_FirstName", name])[1].field == name
    except BadFile:
        return False


def test_the_columns_are_those_that_an_import_takes():
    others = {name for name in {*FIELDS, EXTERNAL_ID, OWN_NUMBER} - {"prs_FirstName"} if taken(name)}
    assert {*COLUMNS} == {"prs_FirstName", *others}
    assert len(set(COLUMNS)) == len(COLUMNS)
    assert others.isdisjoint(URGENT_FIELDS)
    first, *_ = csv.reader(io.StringIO(file_of(ExportFormat.CSV, []).decode("utf-8-sig"), newline=""))
    sheet = openpyxl.load_workbook(io.BytesIO(file_of(ExportFormat.XLSX, []))).worksheets[0]
    assert [tuple(first), tuple(cell.value for cell in sheet[1])] == [COLUMNS, COLUMNS]
