"""The examples: each event has one, its schema and its class take it, and it survives the broker's headers."""

import json
from functools import cache
from importlib.resources import files
from uuid import UUID

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.catalogue import CATALOGUE, event_class
from contracts.codes import codes
from contracts.disclosure import fields_hash
from contracts.envelope import CONTENT_TYPE, Event, Meta, UnreadableMessage
from contracts.examples import Example, examples
from contracts.tools.schema import event_schema, events, properties

ALL = [(event.type, example) for event in events() for example in examples(event.type)]
FORMATS = jsonschema.Draft202012Validator.FORMAT_CHECKER
each_example = pytest.mark.parametrize(
    ("event_type", "example"), ALL, ids=[f"{type_}-{example.name}" for type_, example in ALL]
)


def test_every_event_has_an_example_and_no_example_is_of_nothing() -> None:
    folders = {
        path.name
        for path in files("contracts.examples").iterdir()
        if path.is_dir() and not path.name.startswith("__")
    }
    assert folders == {entry.type for entry in CATALOGUE}
    assert {event_type for event_type, _ in ALL} == folders


@each_example
def test_an_example_fits_its_schema_and_its_class_and_comes_back_the_same(
    event_type: str, example: Example
) -> None:
    _validator(event_type).validate(example.data)
    event = example.event
    assert event.type == event_type == example.attributes["type"]
    assert json.loads(event.model_dump_json()) == example.data


@each_example
def test_attributes_survive_the_headers_of_the_binary_mode(event_type: str, example: Example) -> None:
    meta = example.meta
    headers = meta.headers()
    assert Meta.from_headers(headers) == meta
    assert dict(headers)["content-type"] == CONTENT_TYPE.encode()
    assert dict(headers)["ce_type"] == event_type.encode()
    assert all(value is not None for _, value in headers)


@each_example
def test_an_example_belongs_to_its_stream_and_names_a_publisher(event_type: str, example: Example) -> None:
    publisher = example.attributes["source"].rpartition(":")[2]
    entry = next(entry for entry in CATALOGUE if entry.type == event_type and entry.publisher == publisher)
    assert example.attributes["stream"] == entry.stream_of(example.event)
    assert UUID(example.attributes["id"])
    assert example.attributes["purpose"] in codes("purpose")


@each_example
def test_every_code_in_an_example_is_of_its_list(event_type: str, example: Example) -> None:
    for path, property_ in _properties(example.event.__class__):
        for name in _codelists(property_):
            for value in _values(example.data, path.split(".")):
                assert value in codes(name), (path, value)


@cache
def _validator(event_type: str) -> jsonschema.Draft202012Validator:
    schema = json.loads(files("contracts").joinpath(f"schemas/{event_type}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=FORMATS)


@cache
def _properties(event: type[Event]) -> list[tuple[str, dict]]:
    return list(properties(event_schema(event)))


def _codelists(property_: dict) -> set[str]:
    parts = [property_, property_.get("items", {}), *property_.get("anyOf", [])]
    return {part["x-codelist"] for part in parts if "x-codelist" in part}


def _values(node, path: list[str]) -> list[str]:
    if isinstance(node, list):
        return [value for item in node for value in _values(item, path)]
    if not path:
        return [] if node is None else [node]
    return _values(node[path[0]], path[1:])


def test_a_seal_is_bound_to_the_fields_that_were_authorised() -> None:
    data = examples("disclosure.authorised.v1")[0].data
    assert data["fields_hash"] == fields_hash(data["fields"])


@pytest.mark.parametrize("event", events(), ids=lambda event: event.type)
def test_unknown_fields_are_ignored_and_a_body_without_a_required_field_is_refused(
    event: type[Event],
) -> None:
    data = examples(event.type)[0].data
    assert event.model_validate({**data, "added_later": 1}) == event.model_validate(data)
    for name, field in event.model_fields.items():
        if field.is_required():
            with pytest.raises(ValidationError):
                event.model_validate({key: value for key, value in data.items() if key != name})


@pytest.mark.parametrize("event", events(), ids=lambda event: event.type)
def test_an_event_does_not_change(event: type[Event]) -> None:
    fact = examples(event.type)[0].event
    with pytest.raises(ValidationError):
        fact.case_id = UUID(int=0)


def test_clear_text_in_the_place_of_ciphertext_is_refused() -> None:
    data = examples("case.identified.v1")[0].data
    for clear in ("ActualVictimOfTrafficking", "", "v1.", "v1.two words", "v2.AAAA", "v1.AAAA\n"):
        with pytest.raises(ValidationError):
            event_class("case.identified.v1").model_validate({**data, "status": clear})


def test_an_event_class_without_a_type_cannot_be_written() -> None:
    with pytest.raises(TypeError):
        type("Nameless", (Event,), {"__module__": __name__})


HEADERS = ALL[0][1].meta.headers()


@pytest.mark.parametrize("name", [name for name, _ in HEADERS if name not in {"ce_specversion", "content-type", "ce_policy", "ce_causationid", "ce_traceparent"}])  # fmt: skip
def test_a_missing_or_malformed_header_is_unreadable_and_nothing_of_it_is_echoed(name: str) -> None:
    rest = [(key, value) for key, value in HEADERS if key != name]
    with pytest.raises(UnreadableMessage):
        Meta.from_headers(rest)
    with pytest.raises(UnreadableMessage) as refused:
        Meta.from_headers([*rest, (name, b"\xff\xfesecret")])
    assert "secret" not in str(refused.value)


@given(
    st.lists(st.tuples(st.sampled_from([name for name, _ in HEADERS]), st.binary(max_size=40) | st.none()))
)
def test_whatever_the_headers_are_they_are_read_or_unreadable(headers) -> None:
    try:
        Meta.from_headers([*HEADERS, *headers])
    except UnreadableMessage:
        return
