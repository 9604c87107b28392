"""What the API page shows as an example of a code is a code: of every list of every service's document."""

from importlib import import_module

import pytest

from contracts.codes import codes
from contracts.services import NAMES
from corridor.described import described
from deploy.compose.secrets import make


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """The OpenAPI document of each service, built from the settings that are made for its container and never started."""
    cells = make(tmp_path_factory.mktemp("cells"))
    documents = {}
    with pytest.MonkeyPatch.context() as patched:
        for name in NAMES:
            file = cells["TH"].keys / f"{name}.env"
            for line in file.read_text().splitlines():
                key, _, value = line.partition("=")
                patched.setenv(key, value.strip("'"))
            settings = import_module(f"services.{name}.settings").Settings(mode="development")
            documents[name] = import_module(f"services.{name}.app").build(settings).app.openapi()
    return documents


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
    assert {name: set(enum) for name, enum in lists.items()} == {name: {*codes(name)} for name in lists}


def test_calls_between_services_are_not_shown(documents):
    paths = described(documents["intake"], "/intake")["paths"]
    assert paths
    assert [path for path in paths if path.startswith("/internal")] == []
