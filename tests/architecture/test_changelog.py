"""The changelog names this version first, and every route that will go with its last day."""

import re
import tomllib
from pathlib import Path

import pytest

from chassis.web.deprecation import SUNSET
from contracts.catalogue import SERVICES
from tests.authorisation.test_coverage import built

ROOT = Path(__file__).parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()


def test_the_version_of_the_project_is_the_first_of_the_changelog():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert re.findall(r"^## (\S+)", CHANGELOG, re.MULTILINE)[0] == version


@pytest.mark.parametrize("name", SERVICES)
def test_every_route_that_will_go_stands_there_with_its_last_day(name, tmp_path):
    operations = [one for item in built(name, tmp_path).openapi()["paths"].values() for one in item.values()]
    going = [(one["operationId"], one.get(SUNSET)) for one in operations if one.get("deprecated")]
    assert [route for route, day in going if f"`{route}`" not in CHANGELOG or str(day) not in CHANGELOG] == []
