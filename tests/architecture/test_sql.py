"""SQL stands in the stores and queries of a service, and names its own tables only."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from chassis.own_tables import META
from tests.architecture.each import of_each, parsed

ROOT = Path(__file__).parents[2]
CODE = sorted((ROOT / "services").rglob("*.py"))
ELSEWHERE = [
    path
    for path in CODE
    if not {"store", "store.py", "tables.py", "migrations"} & set(path.parts)
    and not path.name.endswith("queries.py")
]
STATEMENT = re.compile(
    r"^\s*(?:select\b.*\bfrom\b|select\s+(?:\d|pg_|set_)|insert\s+into\b|update\s.*\bset\b|delete\s+from\b|set\s+local\b|with\s.*\bas\b.*\()",
    re.IGNORECASE | re.DOTALL,
)
OF_CHASSIS = re.compile(rf"\bchassis\.(?:{'|'.join(table.name for table in META.tables.values())})\b")
ONLY_FOR_SQL = ("sqlalchemy", "chassis.tables", "chassis.rows")
STATED = ("chassis.own_tables",)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def texts(path: Path) -> Iterator[str]:
    """Every constant text of a module, each piece of an f-string by itself."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@of_each("path", CODE, ids=name)
def test_no_service_names_a_table_of_the_chassis(path):
    """The chassis offers what is read or written there: `identity/access.py`, `directory.py`, `outbox.py`."""
    assert [found for text in texts(path) for found in OF_CHASSIS.findall(text)] == []
    assert sorted(set(imported(path)) & set(STATED)) == []


@of_each("path", ELSEWHERE, ids=name)
def test_sql_stands_in_stores_and_queries_alone(path):
    assert [text for text in texts(path) if STATEMENT.match(text)] == []
    assert [module for module in imported(path) if module.startswith(ONLY_FOR_SQL)] == []
