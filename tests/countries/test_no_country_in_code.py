"""No line of code knows a country: codes, time zones and organisations of countries stand in `countries/` alone."""

import ast
import re
from pathlib import Path
from zoneinfo import available_timezones

from deploy.local.countries import known_countries
from tests.architecture.each import of_each

ROOT = Path(__file__).parents[2]
CODE = [
    path
    for folder in ("contracts", "chassis", "services", "corridor", "deploy")
    for kind in ("py", "json", "cedar", "cedarschema", "html", "js", "cfg")
    for path in sorted((ROOT / folder).rglob(f"*.{kind}"))
    if "node_modules" not in path.parts
]
GENERATED_OR_STANDARD = (
    "contracts/codes/",
    "contracts/examples/",
    "contracts/schemas/",
    "chassis/printing/words/",
    "contracts/released/",
    "deploy/compose-spec.json",
)
"""Code lists are standards' own, or made from the folders (`protection_law`); examples are invented events; the words of a language name
countries in it."""
KNOWN = known_countries()
ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
TOLD = re.compile(
    "|".join(
        [
            rf"\b(?:{'|'.join(KNOWN)})\b",
            rf"\b(?:{'|'.join(code.lower() for code in KNOWN)})[-./][a-z]",
            *map(re.escape, ZONES),
        ]
    )
)


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def texts(path: Path) -> list[str]:
    """What the program holds: of Python its literals without docstrings and weekdays (RFC 5545 has a TH), and its names, of data all of it."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return [source]
    tree = ast.parse(source)
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    weekdays = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and {"MO", "TH", "SU"} <= {getattr(n, "value", None) for n in ast.walk(node)}
        for part in ast.walk(node.slice)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose | weekdays
    ] + [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]


@of_each("path", [path for path in CODE if not shown(path).startswith(GENERATED_OR_STANDARD)], ids=shown)
def test_code_names_no_country_and_no_time_zone(path):
    assert [found for text in texts(path) for found in TOLD.findall(text)] == []


def test_what_is_looked_for_is_found(tmp_path):
    """The rule sees a code, an organisation, a person and a time zone, and takes a docstring for prose."""
    code = tmp_path / "one.py"
    code.write_text(
        '"""Of TH."""\nA = "TH"\nB = "kh-agency"\nC = "vn.worker"\nD = "Asia/Bangkok"\nE = {"th": "a language"}\n'
    )
    assert [found for text in texts(code) for found in TOLD.findall(text)] == [
        "TH",
        "kh-a",
        "vn.w",
        "Asia/Bangkok",
    ]
