"""The generator: drift and breaking changes are found and named, and a released version stays as it is."""

import copy
import json
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

from contracts.catalogue import CATALOGUE, SERVICES, consumed_by
from contracts.events.returns import ReturnAssessedV1
from contracts.tools import generate
from contracts.tools.generate import RELEASED, ROOT, broken, drift, main, release, rewritten, unfinished
from contracts.tools.schema import CLAIMS, breaking, claims_schema, event_schema, properties

ASYNCAPI = json.loads((Path(__file__).parent / "data/asyncapi-3.0.0.json").read_text(encoding="utf-8"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what the generator reads and writes."""
    shutil.copytree(
        ROOT / "contracts", tmp_path / "contracts", ignore=shutil.ignore_patterns("__pycache__", "released")
    )
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("adr"))
    return tmp_path


def test_what_is_committed_is_what_the_code_says() -> None:
    assert list(drift(ROOT)) == []
    assert list(broken(ROOT)) == []
    assert list(rewritten(ROOT)) == []
    assert list(unfinished(ROOT)) == []


def test_every_version_in_the_catalogue_and_the_claims_of_an_envelope_are_released() -> None:
    assert {path.name for path in (ROOT / RELEASED).glob("*.v*.json")} == {
        f"{name}.json" for name in (CLAIMS, *(entry.type for entry in CATALOGUE))
    }


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("more, optional", []),
        ("more, required", ["a reader of today may refuse what was written before"]),
        ("one gone", ["a reader of the released schema may refuse what is written now"]),
    ],
)
def test_what_a_partner_sends_changes_no_less_carefully_than_an_event(
    change: str, problem: list[str]
) -> None:
    released, now = claims_schema(), claims_schema()
    recall = now["$defs"]["Recall"]
    match change:
        case "more, optional":
            recall["properties"]["more"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
        case "more, required":
            recall["properties"]["more"] = {"type": "string"}
            recall["required"].append("more")
        case _:
            del recall["properties"]["reason"]
            recall["required"].remove("reason")
    assert breaking(released, now) == problem


def test_a_field_of_one_class_of_a_union_is_compared_with_that_class_alone() -> None:
    released, now = claims_schema(), claims_schema()
    now["$defs"]["Presence"]["properties"]["kind"]["const"] = "sign-of-life"
    assert [problem.partition(":")[0] for problem in breaking(released, now)][:1] == [
        "items(ControlItem).control(Presence).kind"
    ]


def test_a_file_changed_by_hand_or_missing_is_drift_and_is_named(tree: Path) -> None:
    release(tree)
    assert main(["--check"], tree) == 0
    paths = ["contracts/asyncapi.yaml", "contracts/schemas/case.opened.v1.json", "docs/event-map.md"]
    for path in paths:
        (tree / path).write_text((tree / path).read_text(encoding="utf-8") + "\n", encoding="utf-8")
    run = "run python -m contracts.tools.generate"
    assert sorted(drift(tree)) == [f"{path}: differs from the code; {run}" for path in paths]
    for path in paths:
        (tree / path).unlink()
    assert sorted(drift(tree)) == [f"{path}: missing; {run}" for path in paths]
    assert main(["--check"], tree) == 1
    assert main([], tree) == 0
    assert main(["--check"], tree) == 0


def test_a_schema_of_no_event_is_drift(tree: Path) -> None:
    (tree / "contracts/schemas/case.forgotten.v1.json").write_text("{}", encoding="utf-8")
    assert list(drift(tree)) == [
        "contracts/schemas/case.forgotten.v1.json: neither an event of the catalogue nor the border has this schema"
    ]


def edited(tree: Path, event: str, change) -> None:
    """As if the class had changed since: the released schema is made to say something else."""
    path = tree / RELEASED / f"{event}.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    change(schema)
    path.write_text(json.dumps(schema), encoding="utf-8")


def test_a_breaking_change_of_a_released_version_is_found_and_named(tree: Path) -> None:
    release(tree)
    assert list(broken(tree)) == []
    edited(tree, "case.opened.v1", lambda schema: schema["properties"]["channel"].update(type="integer"))
    found = list(broken(tree))
    assert found
    assert all(line.startswith("contracts/released/case.opened.v1.json: ") for line in found)
    assert main(["--check"], tree) == 1
    assert main(["--release"], tree) == 1


def test_a_released_version_that_left_the_catalogue_and_a_released_code_that_is_gone_are_found(
    tree: Path,
) -> None:
    release(tree)
    (tree / RELEASED / "case.merged.v1.json").write_text("{}", encoding="utf-8")
    lists = json.loads((tree / RELEASED / "codes.json").read_text(encoding="utf-8"))
    lists["purpose"].append("research")
    lists["colour"] = ["red"]
    (tree / RELEASED / "codes.json").write_text(json.dumps(lists), encoding="utf-8")
    assert list(broken(tree)) == [
        "contracts/released/case.merged.v1.json: released, but no longer in the catalogue",
        "contracts/codes/purpose.json: released codes are gone: research",
        "contracts/codes/colour.json: released codes are gone: the whole list",
    ]


def test_release_freezes_what_is_new_and_touches_nothing_else(tree: Path) -> None:
    assert len(release(tree)) == len({CLAIMS, *(entry.type for entry in CATALOGUE)})
    before = {path: path.read_bytes() for path in (tree / RELEASED).iterdir()}
    (tree / RELEASED / "case.opened.v1.json").unlink()
    assert release(tree) == [RELEASED / "case.opened.v1.json"]
    assert {path: path.read_bytes() for path in (tree / RELEASED).iterdir()} == before


def test_what_has_yet_to_be_written_or_run_is_said_by_the_generator_and_fails_the_check(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    release(tree)
    (tree / RELEASED / "case.opened.v1.json").unlink()
    lists = json.loads((tree / RELEASED / "codes.json").read_text(encoding="utf-8"))
    lists["half"].remove("incoming")
    (tree / RELEASED / "codes.json").write_text(json.dumps(lists), encoding="utf-8")
    monkeypatch.setattr(
        generate, "unlabelled", lambda name: {"outgoing": ["th", "km"]} if name == "half" else {}
    )
    last = "not released; run python -m contracts.tools.generate --release, last of all"
    expected = [
        "contracts/codes/half.json: outgoing has no label in th, km; write it there, under `labels`",
        f"contracts/released/case.opened.v1.json: {last}",
        f"contracts/released/codes.json: incoming of half: {last}",
    ]
    assert list(unfinished(tree)) == expected
    assert main([], tree) == 0
    assert capsys.readouterr().out == "".join(f"to do: {line}\n" for line in expected)
    assert main(["--check"], tree) == 1


def test_history_shows_a_released_schema_that_was_changed_afterwards(tree: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", "-C", str(tree), *identity, *arguments], check=True, capture_output=True)

    git("init", "-q")
    release(tree)
    git("add", ".")
    git("commit", "-qm", "released")
    assert list(rewritten(tree)) == []
    edited(tree, "case.opened.v1", lambda schema: schema.update(description="changed"))
    git("commit", "-qam", "rewritten")
    assert list(rewritten(tree)) == ["contracts/released/case.opened.v1.json: a released schema was changed"]
    assert main(["--check"], tree) == 1


def test_without_history_the_committed_files_alone_are_compared(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert list(rewritten(tree)) == []


SCHEMA = event_schema(ReturnAssessedV1)
CHANGES = {
    "a required field is gone": lambda s: (s["properties"].pop("at"), s["required"].remove("at")),
    "a required field is new": lambda s: (
        s["properties"].update(x={"type": "integer"}),
        s["required"].append("x"),
    ),
    "a required field became optional": lambda s: s["required"].remove("at"),
    "an optional field became required": lambda s: s["required"].append("grounds"),
    "a type changed": lambda s: s["properties"]["at"].update(type="integer"),
    "a pattern changed": lambda s: s["properties"]["sender"].update(pattern="^x$"),
    "ciphertext became clear text": lambda s: s["properties"]["grounds"]["anyOf"][0].pop("pattern"),
    "a code list changed": lambda s: s["properties"]["result"].update({"x-codelist": "urgency"}),
    "a classification changed": lambda s: s["properties"]["grounds"].update(
        {"x-classification": "operational"}
    ),
    "a format changed": lambda s: s["properties"]["at"].update(format="date"),
    "compatibility is unknown": lambda s: s["properties"]["at"].update(multipleOf=0.1, type="number"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_that_readers_would_not_survive_is_breaking(change) -> None:
    changed = copy.deepcopy(SCHEMA)
    change(changed)
    assert breaking(SCHEMA, changed)


def test_the_same_schema_is_not_breaking_nor_is_a_new_optional_field_or_a_description() -> None:
    assert breaking(SCHEMA, SCHEMA) == []
    changed = copy.deepcopy(SCHEMA)
    changed["properties"]["escort"] = {"type": "boolean", "default": False, "x-classification": "operational"}
    changed["description"] = "Said better."
    assert breaking(SCHEMA, changed) == []


def test_a_schema_says_the_classification_of_every_field() -> None:
    for entry in CATALOGUE:
        for path, property_ in properties(event_schema(entry.event)):
            assert property_["x-classification"] in {"operational", "sensitive", "identity"}, (
                entry.type,
                path,
            )


def test_the_asyncapi_document_is_valid_and_its_references_lead_somewhere() -> None:
    document = yaml.safe_load((ROOT / "contracts/asyncapi.yaml").read_text(encoding="utf-8"))
    validator = jsonschema.Draft7Validator(ASYNCAPI)
    assert list(validator.iter_errors(document)) == []
    for reference in references(document):
        file, _, pointer = reference.partition("#")
        target = document if not file else json.loads((ROOT / "contracts" / file).read_text(encoding="utf-8"))
        for part in pointer.split("/")[1:]:
            target = target[part]
    broken_document = {**document, "channels": {"x": {"adress": "misspelt"}}}
    assert list(validator.iter_errors(broken_document)) != []


def references(node) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [reference for value in node.values() for reference in references(value)]
    return [reference for value in node for reference in references(value)] if isinstance(node, list) else []


def test_the_asyncapi_document_says_who_receives_what() -> None:
    document = yaml.safe_load((ROOT / "contracts/asyncapi.yaml").read_text(encoding="utf-8"))
    for service in SERVICES:
        received = {
            message["$ref"].rpartition("/")[2]
            for name, operation in document["operations"].items()
            if name.startswith(f"{service}.receives.")
            for message in operation["messages"]
        }
        assert received == {entry.type for entry in consumed_by(service)}
    assert document["channels"]["egress"]["address"] == "egress.{partner}"


def test_the_event_map_has_a_row_for_each_event_and_publisher() -> None:
    rows = [line for line in generate.event_map().splitlines() if line.startswith("| `")]
    assert len(rows) == len(CATALOGUE)
    assert "| `hold.placed.v1` | `intake.events` | `case_id` | returns, notify | yes |" in rows
