"""An intake that is asked with a form of the cell's own: that of the standard, imported from its XLSForm by the command."""

import json
from pathlib import Path
from shutil import copytree
from uuid import UUID

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from corridor.cli import app
from services.intake.app import VERSIONS, build
from services.intake.rights.held import HELD
from services.intake.settings import Settings
from tests.harness import running
from tests.intake.making import bodies
from tests.intake.test_api_drafts import Desk

XLSFORM = "tests/interchange/data/htcds/htcds_xlsform.xlsx"
TH = Path("countries/TH")
ANSWERS = {
    "con_Consent": "TRUE",
    "prs_First_Name": "Sok",
    "prs_Second_Name": "Dara",
    "prs_Birthdate": "2541",
    "prs_Gender": "Feminine",
    "vic_MethodOfRecruitment": ["AtAPlaceOfBusiness"],
    "cas_IncomingReferralDetails": "came with the night train",
}


def own_form(**question) -> dict:
    asked = [{"code": "safe", "ask": {"en": "Is she in danger?"}, **question}]
    return {
        "code": "ours", "version": "1", "in_use": True, "purpose": "form", "source": "a test",
        "languages": ["en"], "unreviewed": [], "sections": [{"code": "s", "title": {"en": "Now"}, "questions": asked}],
    }  # fmt: skip


@pytest.fixture
async def cell(postgres, tmp_path):
    """A cell whose country has the standard's form, straight from the XLSForm, and one of its own."""
    folder = tmp_path / "TH"
    copytree(TH, folder)
    for one in (folder / "forms").glob("*.json"):
        one.unlink()
    to = folder / "forms" / "standard.json"
    said = CliRunner().invoke(app, ["checklist", "import", XLSFORM, "--to", str(to), "--code", "standard"])
    assert said.exit_code == 0, said.output
    ours = own_form(flag="immediate_danger", required=True)
    (folder / "forms" / "ours.json").write_text(json.dumps(ours))
    async with running(
        "intake", build, VERSIONS, Settings, postgres, tmp_path, country_dir=folder
    ) as harness:
        yield harness


@pytest.fixture
def desk(cell):
    return Desk(cell)


async def submitted(desk, **answers) -> str:
    draft = await desk.begin(form="standard", channel="self-referral")
    saved = await desk.send("PATCH", draft, {"form_answers": {**ANSWERS, **answers}})
    assert saved.status_code == 200, saved.text
    answer = await desk.send("POST", f"{draft}/submit")
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


async def test_the_form_of_the_standard_is_offered_with_its_questions_choices_and_fields(desk):
    listed = (await desk.send("GET", "/v1/forms?language=th")).json()
    standard = next(one for one in listed if one["form"] == "standard")
    assert (standard["version"], standard["language"], standard["reviewed"]) == ("1", "en", True)
    asked = {one["question"]: one for section in standard["sections"] for one in section["questions"]}
    assert len(asked) == 31
    assert (asked["prs_First_Name"]["field"], asked["prs_First_Name"]["kind"]) == ("prs_FirstName", "text")
    assert {"code": "Feminine", "label": "Feminine"} in asked["prs_Gender"]["choices"]
    assert (asked["vic_TraffickingStatus"]["field"], asked["con_Consent"]["field"]) == (None, None)
    one = await desk.send("GET", "/v1/forms/standard/versions/1")
    assert one.json()["sections"] == standard["sections"]
    assert (await desk.send("GET", "/v1/forms/standard/versions/2")).status_code == 404


async def test_answers_that_are_fields_are_of_the_case_and_all_are_kept_with_the_form(cell, desk):
    case_id = await submitted(desk)
    fields = (await desk.send("GET", f"/v1/cases/{case_id}/fields")).json()["fields"]
    assert fields == {
        "prs_FirstName": "Sok",
        "prs_SecondName": "Dara",
        "prs_Birthdate": "1998",
        "prs_Gender": "Feminine",
        "vic_MethodOfRecruitment": ["AtAPlaceOfBusiness"],
    }
    kept = await desk.send("GET", f"/v1/cases/{case_id}/form-answers")
    assert (kept.json()["form"], kept.json()["version"]) == ("standard", "1")
    said = {one["question"]: (one["ask"], one["answer"], one["shown"]) for one in kept.json()["answers"]}
    assert set(said) == set(ANSWERS)
    assert said["con_Consent"] == ("Consent", "TRUE", "Yes")
    assert said["prs_Birthdate"] == ("Birthdate", "1998", "1998")
    assert said["cas_IncomingReferralDetails"][1] == "came with the night train"
    read = [body for body in bodies(await cell.said(), "record.read.v1") if body["resource"] == "form"]
    assert [body["case_id"] for body in read] == [case_id]


async def test_what_is_kept_of_the_form_is_ciphertext_and_stands_in_the_report_of_her_data(cell, desk):
    case_id = await submitted(desk)
    async with cell.service.database.transaction(cell.service.database.system()) as tx:
        (row,) = (await tx.execute(text("select * from intake.form_answers"))).mappings().all()
    assert "night train" not in str(dict(row))
    assert row["case_id"] == UUID(case_id)
    assert "form" in {table.section for table in HELD if table.table.name == "form_answers"}


async def test_half_an_answer_may_be_saved_and_every_mistake_is_named_by_its_question(desk):
    draft = await desk.begin(form="standard", fields={"prs_FirstName": "Sok"})
    half = {"prs_Birthdate": "19", "prs_Gender": "X", "prs_First_Name": "Sok", "con_Consent": ["Yes", "No"],
            "cas_IncomingReferralDate": "soon", "prs_Email": "two\nlines"}  # fmt: skip
    assert (await desk.send("PATCH", draft, {"form_answers": half})).status_code == 200
    assert (await desk.view(draft))["form_answers"] == half
    answer = await desk.send("POST", f"{draft}/submit")
    assert answer.status_code == 422
    assert sorted((error["loc"], error["code"]) for error in answer.json()["errors"]) == [
        (["draft", "channel"], "missing"),
        (["draft", "form_answers", "cas_IncomingReferralDate"], "invalid"),
        (["draft", "form_answers", "con_Consent"], "one-answer"),
        (["draft", "form_answers", "prs_Birthdate"], "invalid"),
        (["draft", "form_answers", "prs_Email"], "invalid"),
        (["draft", "form_answers", "prs_First_Name"], "answered-twice"),
        (["draft", "form_answers", "prs_Gender"], "unknown-code"),
    ]
    assert "soon" not in answer.text


@pytest.mark.parametrize(
    ("answers", "code"),
    [({"prs_Shoe": "42"}, "unknown-question"), ({"prs_Email": "x" * 2_001}, "string_too_long")],
    ids=["no question of the form", "too long"],
)
async def test_an_answer_to_no_question_and_one_that_is_too_long_are_refused_at_once(desk, answers, code):
    draft = await desk.begin(form="standard")
    answer = await desk.send("PATCH", draft, {"form_answers": answers})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
    assert "Shoe" not in answer.text


async def test_only_an_intake_that_was_begun_with_a_form_takes_its_answers(desk):
    without = await desk.begin()
    answer = await desk.send("PATCH", without, {"form_answers": {"prs_Email": "a"}})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown-question")
    unknown = await desk.send("POST", "/v1/drafts", {"form": "nobodys"})
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "unknown-form")
    worker = Desk(desk.intake, "case_worker")
    case_id = await submitted(desk)
    begun = await worker.send("POST", f"/v1/cases/{case_id}/screening-drafts", {"checklist": "field-adult"})
    draft = f"/v1/drafts/{begun.json()['id']}"
    refused = await worker.send("PATCH", draft, {"form_answers": {"prs_Email": "a"}})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "other-kind")


async def test_a_yes_that_raises_an_urgent_flag_tells_the_supervisors_at_once_and_a_required_question_is_asked(
    cell, desk
):
    draft = await desk.begin(form="ours", channel="self-referral")
    empty = await desk.send("POST", f"{draft}/submit")
    assert [(one["loc"][-1], one["code"]) for one in empty.json()["errors"]] == [("safe", "missing")]
    await desk.send("PATCH", draft, {"form_answers": {"safe": "yes"}})
    assert len(bodies(await cell.said(), "draft.raised.v1")) == 1
    view = await desk.view(draft)
    assert (view["flags"], view["urgency"], view["flagged"]) == (["immediate_danger"], "immediate", True)


async def test_a_form_whose_file_is_gone_loses_nothing_and_says_so(cell, desk):
    draft = await desk.begin(form="standard", channel="self-referral")
    await desk.send("PATCH", draft, {"form_answers": {"prs_First_Name": "Sok"}})
    case_id = await submitted(desk)
    country = cell.service.settings.country
    object.__setattr__(country, "forms", ())
    refused = await desk.send("POST", f"{draft}/submit")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "form-gone")
    assert (await desk.view(draft))["form_answers"] == {"prs_First_Name": "Sok"}
    assert (await desk.send("GET", f"/v1/cases/{case_id}/form-answers")).json()["answers"]


async def test_a_case_that_was_asked_without_a_form_has_no_answers_of_one(desk):
    draft = await desk.begin(channel="self-referral")
    case_id = (await desk.send("POST", f"{draft}/submit")).json()["id"]
    assert (await desk.send("GET", f"/v1/cases/{case_id}/form-answers")).status_code == 404
