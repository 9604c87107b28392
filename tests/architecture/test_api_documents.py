"""The document of every service tells of every route what it does: versions, idempotency, and errors as problems."""

from typing import Any

import pytest

from chassis.problems import Problem
from chassis.web.answers import MEDIA_TYPE
from contracts.catalogue import SERVICES
from tests.authorisation.changes import Change, change_of
from tests.authorisation.table import Row, rows
from tests.authorisation.test_coverage import built

ROWS = rows()
EVERY = {"401", "403", "404", "422", "500", "503"}
WRITING = {"400", "409", "413", "415"}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    directory = tmp_path_factory.mktemp("documents")
    return {name: built(name, directory).openapi() for name in SERVICES}


def operation(documents: dict[str, dict[str, Any]], row: Row) -> dict[str, Any]:
    found: dict[str, Any] = documents[row.service]["paths"][row.path][row.method.lower()]
    return found


def headers_of(found: dict[str, Any]) -> dict[str, bool]:
    return {one["name"]: one["required"] for one in found["parameters"] if one["in"] == "header"}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_error_of_a_route_is_a_problem_with_its_codes(documents, row):
    found, components = operation(documents, row), documents[row.service]["components"]
    errors = {status: answer for status, answer in found["responses"].items() if status >= "4"}
    assert errors.keys() >= EVERY | (WRITING if row.method != "GET" else set())
    for status, answer in errors.items():
        assert answer == {"$ref": f"#/components/responses/Problem{status}"}
        (content,) = components["responses"][f"Problem{status}"]["content"].items()
        problem, codes = content[1]["schema"]["allOf"]
        assert (content[0], problem) == (MEDIA_TYPE, {"$ref": "#/components/schemas/Problem"})
        assert set(codes["properties"]["code"]["enum"]) <= set(
            components["schemas"]["Problem"]["properties"]["code"]["enum"]
        )


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_command_takes_an_idempotency_key_and_a_reading_does_not(documents, row):
    assert ("Idempotency-Key" in headers_of(operation(documents, row))) == (row.method != "GET")


@pytest.mark.parametrize("row", [row for row in ROWS if row.method != "GET"], ids=str)
def test_if_match_is_needed_where_values_are_replaced_and_its_answers_are_named(documents, row):
    found = operation(documents, row)
    needed, statuses = headers_of(found).get("If-Match"), found["responses"].keys() & {"412", "428"}
    if change_of(row) is Change.REPLACES:
        assert (needed, statuses) == (True, {"412", "428"})
    else:
        assert (needed, statuses) in [(None, set()), (False, {"412"})]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_answer_may_have_an_etag(documents, row):
    answers = operation(documents, row)["responses"].items()
    good = [answer["headers"] for status, answer in answers if status.startswith("2")]
    assert good
    assert all(headers["ETag"] == {"$ref": "#/components/headers/ETag"} for headers in good)


@pytest.mark.parametrize("name", SERVICES)
def test_the_codes_are_those_of_the_chassis_and_of_this_service_alone(documents, name):
    def codes(kind: type[Problem]) -> set[str]:
        ours = {kind.code} if kind.__module__.startswith(("chassis.", f"services.{name}.")) else set()
        return ours.union(*map(codes, kind.__subclasses__()))

    told = documents[name]["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    assert (set(told), len(told)) == (codes(Problem) | {"http"}, len(set(told)))


@pytest.mark.parametrize("name", SERVICES)
def test_every_reference_of_a_document_leads_somewhere(documents, name):
    def references(node: object) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
            return own.union(*map(references, node.values()))
        return set().union(*map(references, node)) if isinstance(node, list) else set()

    for reference in references(documents[name]):
        place: Any = documents[name]
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
