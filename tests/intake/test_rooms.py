"""Each table of intake is a room's own, and what stands below names nothing of what stands on it, in SQL either."""

import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest

INTAKE = Path(__file__).parents[2] / "services" / "intake"
STATED: Mapping[str, str] = {
    "casefile": "casefile.store.tables",
    "identification": "identification.store.tables",
    "casework": "casework.store.tables",
    "matching": "matching.store.tables",
    "file_rows": "file_rows.tables",
    "drafts": "drafts.tables",
    "reports": "reports.store.tables",
    "rights": "rights.tables",
}
MAY_READ: Mapping[str, frozenset[str]] = {
    "casefile": frozenset({"casefile"}),
    "identification": frozenset({"casefile", "identification"}),
    "casework": frozenset({"casefile", "casework"}),
    "matching": frozenset({"casefile", "matching"}),
    "file_rows": frozenset({"casefile", "identification", "file_rows"}),
    "drafts": frozenset({"casefile", "identification", "drafts"}),
    "reports": frozenset({"casefile", "casework", "reports"}),
    "rights": frozenset(
        {"casefile", "identification", "casework", "file_rows", "drafts", "reports", "rights"}
    ),
}
BESIDES = {
    ("casefile/worklist_queries.py", "holds"),
    ("casefile/worklist_queries.py", "tasks"),
    ("casefile/list_sources.py", "tasks"),
    ("casefile/store/listing.py", "holds"),
    ("casefile/store/listing.py", "tasks"),
    ("casefile/store/received.py", "holds"),
    ("casefile/store/handing.py", "calls"),
    ("casefile/store/handing.py", "tasks"),
    ("casework/store/tasks.py", "calls"),
    ("reports/store/calls.py", "erasures"),
}
"""A worklist shows which cases have a hold in force and what is due in them, and is narrowed by it. Calls and tasks go where the case goes. Tasks are narrowed to a call that is there. Whoever is erased leaves
no paper of a hold behind. No call is taken out of the case of whoever asks to be erased.
"""


def tables_of(room: str) -> frozenset[str]:
    return frozenset(
        table.name for table in import_module(f"services.intake.{STATED[room]}").META.tables.values()
    )


def named_in(room: str) -> set[tuple[str, str]]:
    """Module and table, of every table of intake that a module's SQL names."""
    return {
        (str(path.relative_to(INTAKE)), table)
        for path in (INTAKE / room).rglob("*.py")
        for table in re.findall(r"\bintake\.(\w+)", path.read_text())
        if table in frozenset().union(*map(tables_of, STATED))
    }


def test_every_folder_of_intake_is_a_room_or_its_migrations():
    folders = {path.relative_to(INTAKE).parts[0] for path in INTAKE.glob("*/**/*.py")}
    assert folders == {*STATED, "migrations"}


@pytest.mark.parametrize("room", STATED)
def test_a_room_names_its_own_tables_and_those_of_the_rooms_that_it_stands_on(room):
    allowed = frozenset().union(*map(tables_of, MAY_READ[room]))
    found = {(module, table) for module, table in named_in(room) if table not in allowed}
    assert found == {(module, table) for module, table in BESIDES if module.startswith(f"{room}/")}
