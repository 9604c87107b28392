"""`corridor checklist`: a file is whole, or each mistake is a line that begins with its place."""

import json
from pathlib import Path

from typer.testing import CliRunner

from corridor.cli import app

FILE = "contracts/checklist/lists/field.1.json"
SURVEY = "tests/interchange/data/htcds/htcds_xlsform.xlsx"


def test_a_whole_file_is_said_to_be_whole_with_what_is_unreviewed_and_unchecked():
    said = CliRunner().invoke(app, ["checklist", "check", FILE])
    assert said.exit_code == 0, said.output
    assert "field 1 is whole: 13 questions in en, th, km, fr, es, vi." in said.output
    assert "no native speaker has looked at th, km, fr, es, vi" in said.output
    assert "Not validated" in said.output


def test_every_mistake_is_a_line_with_its_place_and_the_command_fails(tmp_path):
    document = json.loads(Path(FILE).read_text(encoding="utf-8"))
    del document["sections"][0]["questions"][1]["ask"]["km"]
    document["positive"][1]["at_least"] = {"M": 9}
    broken = tmp_path / "list.json"
    broken.write_text(json.dumps(document), encoding="utf-8")
    said = CliRunner().invoke(app, ["checklist", "check", str(broken)])
    assert said.exit_code == 1
    assert "sections.0.questions.1.ask: no text in km" in said.output
    assert "positive.1: two-medium can never be the one that fires" in said.output
    assert CliRunner().invoke(app, ["checklist", "check", str(tmp_path / "none.json")]).exit_code == 1


def test_the_survey_of_htcds_is_imported_as_a_form_with_a_line_for_each_row_that_is_not_taken(tmp_path):
    to = tmp_path / "form.json"
    said = CliRunner().invoke(app, ["checklist", "import", SURVEY, "--to", str(to)])
    assert said.exit_code == 0, said.output
    assert "survey, row 35: there is no answer of the type 'calculate' here" in said.output
    assert "form.json: 31 questions, 21 of them fields of a case file." in said.output
    assert CliRunner().invoke(app, ["checklist", "check", str(to)]).exit_code == 0
    wrong = CliRunner().invoke(app, ["checklist", "import", FILE, "--to", str(tmp_path / "no.json")])
    assert (wrong.exit_code, (tmp_path / "no.json").exists()) == (1, False)
