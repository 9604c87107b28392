"""The document of every service tells of every route what it does: versions, idempotency, and errors as problems."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chassis.problems import Problem
from chassis.web.answers import MEDIA_TYPE
from contracts.catalogue import SERVICES
from contracts.codes import codes
from tests.architecture.each import of_each
from tests.authorisation.changes import Change, change_of
from tests.authorisation.table import Row, rows
from tests.authorisation.test_coverage import built

ROWS = rows()
SERVICE_CODE = Path(__file__).parents[2] / "services"
_VERBS = """
list get search
preview ask export
open assign record screen identify assess place lift start break review retain write strike raise change reopen
renew confirm decline withdraw revoke hand issue fence refuse save take submit abandon attach detach
link unlink draft revise propose approve send accept reject hold resume complete fail cancel correct describe
request counsel decide suspend clear depart turn miss arrive close
read replay retry discard stop move end release plan exclude include distrust
"""
VERBS = frozenset(_VERBS.split())
"""What a route may be named to do. A new verb is added here once somebody has looked that no other says it already."""
EVERY = {"401", "422", "500", "503"}
"""A token that is none, a parameter that nobody knows, a fault of ours, a database that is away."""
WRITING = {"413", "415"}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    directory = tmp_path_factory.mktemp("documents")
    return {name: built(name, directory).openapi() for name in SERVICES}


def operation(documents: dict[str, dict[str, Any]], row: Row) -> dict[str, Any]:
    found: dict[str, Any] = documents[row.service]["paths"][row.path][row.method.lower()]
    return found


def headers_of(found: dict[str, Any]) -> dict[str, bool]:
    return {one["name"]: one["required"] for one in found["parameters"] if one["in"] == "header"}


@of_each("row", ROWS, ids=str)
def test_every_error_of_a_route_is_a_problem_with_its_codes(documents, row):
    found, components = operation(documents, row), documents[row.service]["components"]
    errors = {status: answer for status, answer in found["responses"].items() if status >= "4"}
    writes = row.method != "GET"
    assert errors.keys() >= EVERY | (WRITING if writes else set()) | ({"400"} if row.body else set())
    assert writes or errors.keys() & {"409", "412", "413", "415", "428"} == set()
    for status, answer in errors.items():
        name = answer["$ref"].removeprefix("#/components/responses/")
        assert re.fullmatch(rf"Problem{status}[A-Za-z]+", name)
        assert components["responses"][name]["content"] == {
            MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{name}"}}
        }
        problem, codes = components["schemas"][name]["allOf"]
        assert problem == {"$ref": "#/components/schemas/Problem"}
        assert set(codes["properties"]["code"]["enum"]) <= set(
            components["schemas"]["Problem"]["properties"]["code"]["enum"]
        )


EXACT = {
    ("intake", "GET", "/v1/cases"): {
        "403": {"forbidden", "machine-refused"},
        "404": {"not-found"},
        "422": {"invalid"},
        "503": {"unavailable", "vault-unavailable"},
    },
    ("intake", "POST", "/v1/cases/{case_id}/break-glass"): {
        "403": {"forbidden", "glass-suspended", "machine-refused"}
    },
    ("intake", "GET", "/v1/cases/{case_id}"): {"404": {"not-found"}, "503": {"unavailable", "not-yet-heard"}},
    ("consent", "POST", "/v1/cases/{case_id}/protections"): {
        "409": {"already-requested", "her-no-stands", "not-upheld", "second-person", "wrong-state"}
        | set(codes("disclosure_refusal"))
    },
    ("referral", "POST", "/v1/referrals/{referral_id}/send"): {
        "409": {"case-closed", "linked-case-open", "offer-open", "transfer-open", "wrong-state"},
        "412": {"precondition-failed"},
    },
    ("returns", "POST", "/v1/returns/{return_id}/clear"): {
        "409": {"return-open", "wrong-state", *codes("return_block")}
    },
    ("interchange", "POST", "/v1/imports"): {"400": {"bad-request"}, "409": {"already-there"}},
    ("audit", "GET", "/v1/chain"): {"401": {"unauthenticated"}, "403": {"forbidden", "machine-refused"}},
}
"""Written by hand, of routes that are refused in ways of their own."""


@pytest.mark.parametrize("route", EXACT, ids=" ".join)
def test_a_route_names_the_problems_that_it_can_give_and_no_others(documents, route):
    service, method, path = route
    responses = documents[service]["paths"][path][method.lower()]["responses"]
    assert {status: told(documents[service], responses[status]) for status in EXACT[route]} == EXACT[route]


def test_a_reading_that_needs_no_thing_is_never_not_found(documents):
    assert "404" not in documents["intake"]["paths"]["/v1/checklists"]["get"]["responses"]


def told(document: dict[str, Any], answer: dict[str, Any]) -> set[str]:
    name = answer["$ref"].rpartition("/")[2]
    return set(document["components"]["schemas"][name]["allOf"][1]["properties"]["code"]["enum"])


ASKED_AGAIN = frozenset(
    {"withdraw_consent", "withdraw_part", "withdraw_grant", "replay_parked_stream", "search_cases"}
)
"""What does and answers the same whenever it is sent again: a key would add nothing."""


@of_each("row", [row for row in ROWS if not row.path.startswith("/internal/")], ids=str)
def test_a_command_takes_an_idempotency_key_and_a_reading_does_not(documents, row):
    found = operation(documents, row)
    takes = "Idempotency-Key" in headers_of(found)
    assert takes == (row.method != "GET" and found["operationId"] not in ASKED_AGAIN)


@of_each("row", [row for row in ROWS if row.method != "GET"], ids=str)
def test_if_match_is_needed_where_values_are_replaced_and_its_answers_are_named(documents, row):
    found = operation(documents, row)
    needed, statuses = headers_of(found).get("If-Match"), found["responses"].keys() & {"412", "428"}
    if change_of(row) is Change.REPLACES:
        assert (needed, statuses) == (True, {"412", "428"})
    else:
        assert needed in (None, False)
        assert "428" not in statuses
        assert needed is None or "412" in statuses


@of_each("row", ROWS, ids=str)
def test_every_answer_may_have_an_etag(documents, row):
    answers = operation(documents, row)["responses"].items()
    good = [answer["headers"] for status, answer in answers if status.startswith("2")]
    assert good
    assert all(headers["ETag"] == {"$ref": "#/components/headers/ETag"} for headers in good)


@pytest.mark.parametrize("name", SERVICES)
def test_the_codes_of_a_service_are_those_of_its_routes_and_each_is_of_the_chassis_or_its_own(
    documents, name
):
    def codes(kind: type[Problem]) -> set[str]:
        ours = kind.__module__.startswith(("chassis.", f"services.{name}."))
        return set(kind.all_codes() if ours else ()).union(*map(codes, kind.__subclasses__()))

    document = documents[name]
    listed = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    responses = document["components"]["responses"]
    given = {code for one in responses for code in told(document, {"$ref": one})}
    assert (set(listed), len(listed)) == (given | {"http"}, len(set(listed)))
    assert given <= codes(Problem)


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


def operation_ids(document: dict[str, Any]) -> list[str]:
    return [found["operationId"] for item in document["paths"].values() for found in item.values()]


@pytest.mark.parametrize("name", SERVICES)
def test_an_operation_is_named_verb_noun_and_no_other_is_named_so(documents, name):
    named = operation_ids(documents[name])
    assert [one for one in named if not re.fullmatch(r"[a-z]+(_[a-z]+)+", one)] == []
    assert [one for one in named if one.partition("_")[0] not in VERBS] == []
    assert [one for one, count in Counter(named).items() if count > 1] == []


def test_no_verb_is_listed_that_no_operation_has(documents):
    assert {one.partition("_")[0] for each in documents.values() for one in operation_ids(each)} == VERBS


@of_each("row", ROWS, ids=str)
def test_what_is_listed_is_list_and_what_is_read_alone_is_get(documents, row):
    found = operation(documents, row)
    verb = found["operationId"].partition("_")[0]
    answer = next(answer for status, answer in found["responses"].items() if status < "3")
    shown = answer["content"].get("application/json", {}).get("schema", {})  # a file has none
    many = (
        shown.get("type") == "array"
        or re.match(r"#/components/schemas/(?:(?:Counted)?Listing_|\w+Listing$)", shown.get("$ref", ""))
        is not None
    )
    reads = row.method == "GET"
    assert (verb == "list") == (reads and many)
    assert verb != "get" or reads


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_refuses_without_a_name(name):
    """A conflict is a wrong move, a thing that is there already, or one that the service gives a code of its own."""
    code = (path.read_text() for path in (SERVICE_CODE / name).rglob("*.py"))
    assert [found for text in code for found in re.findall(r"raise (?:Conflict|Problem)\b", text)] == []


OVERRIDES = re.compile(r"overrid|bypass|^forced?$|^force_|skip|ignore|anyway")
"""Names with which a caller would say that a rule is not to count."""


@pytest.mark.parametrize("name", SERVICES)
def test_no_member_and_no_parameter_lets_a_caller_override_a_rule(documents, name):
    def members(node: object) -> set[str]:
        if isinstance(node, dict):
            own = set(node["properties"]) if isinstance(node.get("properties"), dict) else set()
            named = {node["name"]} if isinstance(node.get("name"), str) and "in" in node else set()
            return own.union(named, *map(members, node.values()))
        return set().union(*map(members, node)) if isinstance(node, list) else set()

    assert sorted(one for one in members(documents[name]) if OVERRIDES.search(one.lower())) == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_view_that_tells_of_which_case_it_is_shows_the_reference_by_which_persons_name_it(
    documents, service
):
    """Whoever asked for a case by its path has named it already."""
    schemas = documents[service]["components"]["schemas"]
    lacking = [
        (path, name)
        for path, methods in documents[service]["paths"].items()
        if "{case_id}" not in path and "get" in methods
        for name in _shown(methods["get"], schemas)
        if "case_id" in schemas[name]["properties"]
        and not {"case_reference", "reference"} & schemas[name]["properties"].keys()
    ]
    assert lacking == []


def _shown(found: dict[str, Any], schemas: dict[str, Any]) -> list[str]:
    """The schema of an answer, and that of the items of a list."""
    answer = found["responses"]["200"].get("content", {}).get("application/json", {}).get("schema", {})
    names = [answer["$ref"].rsplit("/", 1)[1]] if "$ref" in answer else []
    items = [schemas[name].get("properties", {}).get("items", {}).get("items", {}) for name in names]
    names += [one["$ref"].rsplit("/", 1)[1] for one in items if "$ref" in one]
    return [name for name in names if "properties" in schemas[name]]


NO_CASE = re.compile(r"(?:[a-z_]+_)?ids?|about")
"""Members that are identifiers. A case among them is a `case_id`, for which its reference is taken too (`case_names`); `about`
are matters of an audit.
"""


def _identifiers(document: dict[str, Any], schema: Any) -> list[str]:
    """The members of a form that are identifiers, or lists of them, deep inside too."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    found: list[str] = []
    for name, member in schema.get("properties", {}).items():
        found += [name] if "'uuid'" in str(member) else _identifiers(document, member)
    for part in (
        *schema.get("anyOf", ()),
        *schema.get("oneOf", ()),
        *([schema["items"]] if "items" in schema else ()),
    ):
        found += _identifiers(document, part)
    return found


@of_each("name", SERVICES)
def test_an_identifier_in_a_form_is_named_as_one_so_that_a_case_is_named_by_its_reference_too(
    documents, name
):
    document = documents[name]
    forms = [
        content["schema"]
        for path, methods in document["paths"].items()
        if not path.startswith("/internal/")
        for found in methods.values()
        for content in found.get("requestBody", {}).get("content", {}).values()
    ]
    members = {one for form in forms for one in _identifiers(document, form)}
    assert [one for one in sorted(members) if NO_CASE.fullmatch(one) is None] == []
