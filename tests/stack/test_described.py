"""What the API page shows as an example of a code is a code: of every list of every service's document."""

from importlib import import_module

import pytest

from contracts.codes import chosen, codes
from contracts.services import NAMES
from corridor.described import described
from deploy.local.cell import Cell
from deploy.local.trust import make_trust


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """The OpenAPI document of each service, built as the local stack does and never started."""
    root = tmp_path_factory.mktemp("cells")
    cells = {code: Cell(code, root, partners=("TH", "KH")) for code in ("TH", "KH")}
    trust = make_trust(root / "border", list(cells))
    for cell in cells.values():
        cell.make_keys()
    return {
        name: _document(name, cells["TH"].settings(name, trust, cells, processes=False)) for name in NAMES
    }


def _document(name, values):
    settings = import_module(f"services.{name}.settings").Settings(**values)
    return import_module(f"services.{name}.app").build(settings).app.openapi()


def coded(node):
    """Every text of the document that has a code list."""
    if isinstance(node, dict):
        if "x-codelist" in node and node.get("type") == "string":
            yield node
        for one in node.values():
            yield from coded(one)
    elif isinstance(node, list):
        for one in node:
            yield from coded(one)


@pytest.mark.parametrize("service", NAMES)
def test_every_example_of_a_code_is_one(documents, service):
    shown = described(documents[service], f"/{service}")
    for text in coded(shown):
        example = text.get("example") or text["enum"][0]
        assert example in codes(text["x-codelist"]), text


@pytest.mark.parametrize("service", ["intake", "consent", "referral", "returns"])
def test_a_form_names_every_code_that_it_takes(documents, service):
    forms = [
        schema
        for name, schema in documents[service]["components"]["schemas"].items()
        if name.endswith("Form")
    ]
    texts = [text for form in forms for text in coded(form)]
    lists = {text["x-codelist"]: text["enum"] for text in texts if "enum" in text}
    assert lists
    for name, enum in lists.items():  # without what nobody chooses, where the form does not take it either
        assert {*chosen(name)} <= set(enum) <= {*codes(name)}, name


def test_calls_between_services_are_not_shown(documents):
    paths = described(documents["intake"], "/intake")["paths"]
    assert paths
    assert [path for path in paths if path.startswith("/internal")] == []
