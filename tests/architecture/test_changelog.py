"""The changelog names this version first, and every route that will go with its last day."""

import re
import tomllib
from pathlib import Path

import pytest

from chassis.web.deprecation import SUNSET
from contracts.catalogue import SERVICES
from tests.authorisation.table import rows
from tests.authorisation.test_coverage import built

ROOT = Path(__file__).parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
NAMED = re.compile(r"`([A-Z]+(?:, [A-Z]+)*) (/[^`\s]+)`")
"""A route as the changelog names it, or several methods of one path."""
BEFORE = set((Path(__file__).parent / "routes_before_the_changelog.txt").read_text().splitlines())
"""The routes that were there when the changelog was begun."""


def test_the_version_of_the_project_is_the_first_of_the_changelog():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert re.findall(r"^## (\S+)", CHANGELOG, re.MULTILINE)[0] == version


@pytest.mark.parametrize("name", SERVICES)
def test_every_route_that_will_go_stands_there_with_its_last_day(name, tmp_path):
    operations = [one for item in built(name, tmp_path).openapi()["paths"].values() for one in item.values()]
    going = [(one["operationId"], one.get(SUNSET)) for one in operations if one.get("deprecated")]
    assert [route for route, day in going if f"`{route}`" not in CHANGELOG or str(day) not in CHANGELOG] == []


def test_every_route_that_came_since_the_changelog_was_begun_stands_there():
    named = {(method, path) for methods, path in NAMED.findall(CHANGELOG) for method in methods.split(", ")}
    added = [row for row in rows() if str(row) not in BEFORE and not row.path.startswith("/internal/")]
    assert sorted({str(row) for row in added if (row.method, row.path) not in named}) == []


def test_no_route_that_was_there_is_gone_without_a_word():
    there = {str(row) for row in rows()}
    assert [route for route in BEFORE - there if f"`{route.split(' ', 1)[1]}`" not in CHANGELOG] == []
