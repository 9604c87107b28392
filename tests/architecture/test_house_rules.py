"""Rules of the house that a program can see."""

import ast
import re
import subprocess
from pathlib import Path

from tests.architecture.each import of_each, parsed

ROOT = Path(__file__).parents[2]
CODE = [
    path
    for folder in ("contracts", "chassis", "services", "corridor", "deploy")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
SERVICE_CODE = [path for path in CODE if path.is_relative_to(ROOT / "services")]
CHASSIS_CODE = [path for path in CODE if path.is_relative_to(ROOT / "chassis")]
MUTABLE_CALLS = frozenset(
    {"dict", "list", "set", "FastAPI", "Event", "Lock", "create_async_engine", "AsyncClient", "getenv"}
)
MAX_FILE, MAX_FUNCTION = 400, 40


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def test_no_file_was_committed_half_merged():
    halves = [
        name(path) for path in tracked() if re.search(rb"^(?:<{7}|>{7}) ", path.read_bytes(), re.MULTILINE)
    ]
    assert halves == []


@of_each("path", SERVICE_CODE, ids=name)
def test_a_transaction_is_opened_and_committed_by_the_chassis_alone(path):
    assert re.findall(r"\.(?:commit|rollback|begin)\(", path.read_text()) == []


INSERTED_BY_HAND = r"insert into(?:(?!\bfrom (?!unnest)).)*?(?:values\s*\(|unnest\()"
ALONE = {"chassis/web/idempotency.py", "chassis/vault/owner.py"}
"""One row with each command, for which a set would be slower; and a schema that has no `Table`."""


@of_each("path", [p for p in SERVICE_CODE if "migrations" not in p.parts], ids=name)
def test_rows_are_written_by_the_statements_of_their_table_and_read_by_name(path):
    """`chassis/tables.py`, `chassis/rows.py`; what is inserted out of other rows may stay SQL."""
    by_hand = rf"{INSERTED_BY_HAND}|jsonb_to_recordset|row: Any\b|\b_mapping\b"
    assert re.findall(by_hand, path.read_text(), re.DOTALL) == []


@of_each("path", [p for p in CHASSIS_CODE if name(p) not in ALONE], ids=name)
def test_the_chassis_writes_rows_by_the_statements_of_their_table_too(path):
    assert "migrations" in path.parts or re.findall(INSERTED_BY_HAND, path.read_text(), re.DOTALL) == []


@of_each("path", [p for p in CODE if p.name != "clock.py"], ids=name)
def test_a_day_is_a_day_of_the_place_made_of_an_instant_in_one_place(path):
    assert (
        re.findall(r"(?:clock\(\)|now\(\w*\)|\bnow|today\(\))\.date\(\)|date\.today\(", path.read_text())
        == []
    )


@of_each("path", CODE, ids=name)
def test_a_file_is_short_enough_to_read(path):
    assert len(path.read_text().splitlines()) <= MAX_FILE


@of_each("path", CODE, ids=name)
def test_a_function_is_short_enough_to_read(path):
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION
    ]
    assert long == []


@of_each("path", CODE, ids=name)
def test_a_module_says_what_it_is_for(path):
    tree = parsed(path)
    if path.name != "__main__.py" and tree.body:
        assert ast.get_docstring(tree)


@of_each("path", [p for p in CODE if "migrations" not in p.parts], ids=name)
def test_a_module_holds_no_state(path):
    """Constants in capitals, routers and aliases of types are no state; a mutable container or a client is."""
    held = []
    for node in parsed(path).body:
        if isinstance(node, ast.Global):
            held.append("global")
        value = getattr(node, "value", None)
        if not isinstance(node, ast.Assign | ast.AnnAssign) or value is None:
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        called = value.func if isinstance(value, ast.Call) else None
        called_name = getattr(called, "id", getattr(called, "attr", ""))
        capitals = isinstance(target, ast.Name) and target.id.strip("_").isupper()
        container = (
            isinstance(value, ast.Dict | ast.List | ast.Set)
            and not capitals
            and ast.unparse(target) != "__all__"
        )
        if container or called_name in MUTABLE_CALLS:
            held.append(ast.unparse(target))
    assert held == []


def test_nothing_is_left_to_be_done_later():
    words = re.compile(
        "|".join(("TO" + "DO", "FIX" + "ME", "raise NotImplemented" + "Error", r"mark\.(?:skip|x" + "fail)"))
    )
    found = [name(p) for p in tracked() if p.suffix == ".py" and words.search(p.read_text())]
    assert found == []


def test_no_file_names_a_registry_or_a_folder_of_one_machine():
    hosts = re.compile(
        r"(pypi\.org|pythonhosted|registry\.npmjs|repo1?\.maven|deb\.debian)|(?<![\w./-])/(?:work|root|home)/\w"
    )
    text = {".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".lock", ".in", ".json", ".cedar", ""}
    found = [
        name(p)
        for p in tracked()
        if p.suffix in text and p != Path(__file__) and hosts.search(p.read_text(errors="replace"))
    ]
    assert found == []


def test_no_two_decisions_have_the_same_number_and_each_says_its_own():
    pages = sorted((ROOT / "docs" / "adr").glob("0*.md"))
    numbers = [page.name[:4] for page in pages]
    assert sorted(set(numbers)) == numbers
    assert [page.read_text()[:6] for page in pages] == [f"# {number}" for number in numbers]


def test_no_module_is_called_after_nothing():
    assert [name(p) for p in CODE if p.stem in {"utils", "helpers", "common", "misc", "base", "shared"}] == []
