"""What a service is made of has names and types: no dictionary from which anything may be fetched by any word."""

import ast
import re
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest

from contracts.catalogue import SERVICES
from tests.architecture.each import of_each, parsed
from tests.architecture.extras import NOWHERE, extras

ROOT = Path(__file__).parents[2]
CODE = [path for room in ("chassis", "services") for path in sorted((ROOT / room).rglob("*.py"))]
MODULES = {path.relative_to(ROOT).parts[1]: path for path in CODE if path.name == "parts.py"}
WITH_PARTS = [name for name in SERVICES if name in MODULES]


def parts_of(name: str) -> ModuleType:
    return import_module(".".join(MODULES[name].relative_to(ROOT).with_suffix("").parts))


@of_each("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_put_into_a_service_or_fetched_from_it_by_a_word(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"\.ports\b|\bports\[|setattr\(service|getattr\((?:service|running),", text) == []


@pytest.mark.parametrize("name", WITH_PARTS)
def test_the_parts_of_a_service_are_a_frozen_class_of_which_every_member_has_a_type(name: str) -> None:
    parts = parts_of(name).Parts
    assert is_dataclass(parts)
    assert parts.__dataclass_params__.frozen  # type: ignore[attr-defined]
    hints = get_type_hints(parts)
    assert hints
    assert {member for member, kind in hints.items() if kind in {Any, object, dict, str}} == set()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_built_with_its_parts_and_says_of_which_type_it_is(name: str, tmp_path: Path) -> None:
    app, settings = import_module(f"services.{name}.app"), import_module(f"services.{name}.settings").Settings
    given = settings(
        cell="TH", mode="development", database_url=NOWHERE, kafka_bootstrap="127.0.0.1:1", **extras(name, tmp_path)
    )  # fmt: skip
    said = get_type_hints(app.build)["return"]
    if name in WITH_PARTS:
        kind = parts_of(name).Parts
        assert get_args(said) == (settings, kind)
        assert type(app.build(given).parts) is kind
    else:
        assert get_args(said)[0] is settings
        assert app.build(given).parts is None


def test_no_module_of_a_service_looks_at_the_class_of_its_settings_again() -> None:
    """`Service[Settings]` says it."""
    found = []
    for path in CODE:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
                found += [ast.unparse(node) for one in node.args[1:] if ast.unparse(one).endswith("Settings")]
    assert found == []
