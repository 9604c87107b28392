"""Only operational data travels in clear: every field of every event is classified, and the rest is ciphertext."""

import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from contracts.casefile.fields import FIELDS
from contracts.catalogue import CATALOGUE
from contracts.classification import (
    ALWAYS_OPERATIONAL,
    BY_EVENT,
    CASE_FILE,
    IDENTITY,
    METADATA,
    OPERATIONAL,
    SENSITIVE,
    classify,
)
from contracts.envelope import Event, Meta, Sealed
from contracts.types import Code

EVENTS = sorted({entry.event for entry in CATALOGUE}, key=lambda event: event.type)
SEALED_PATTERN = get_args(Sealed)[1].pattern
CLOSED = (UUID, bool, int, AwareDatetime)
"""Types that cannot hold a text."""


def leaves(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo, list[Any]]]:
    """Every field with its dotted path, its own and its nested objects', and what its annotation is made of."""
    for name, field in model.model_fields.items():
        parts = list(atoms(field.annotation, field.metadata))
        yield f"{prefix}{name}", field, parts
        for part, _ in parts:
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from leaves(part, f"{prefix}{name}.")


def atoms(annotation: Any, metadata: list[Any]) -> Iterator[tuple[Any, list[Any]]]:
    """`tuple[Annotated[str, X], ...] | None` is made of one atom: (str, [X])."""
    if hasattr(annotation, "__metadata__"):
        yield from atoms(annotation.__origin__, [*annotation.__metadata__, *metadata])
    elif get_origin(annotation) is not None and get_args(annotation):
        for argument in get_args(annotation):
            if argument not in (type(None), Ellipsis):
                yield from atoms(argument, metadata)
    else:
        yield annotation, metadata


def patterns(metadata: list[Any]) -> set[str]:
    found = {one.pattern for one in metadata if isinstance(one, StringConstraints) and one.pattern}
    found |= {
        one.pattern
        for one in metadata
        if getattr(one, "pattern", None) and not isinstance(one, StringConstraints)
    }
    return {str(pattern) for pattern in found}


def is_sealed(parts: list[tuple[Any, list[Any]]]) -> bool:
    return all(kind is str and SEALED_PATTERN in patterns(metadata) for kind, metadata in parts)


def is_closed(kind: Any, metadata: list[Any]) -> bool:
    """A number, an instant, an identifier, a code, or a text whose pattern admits no free text."""
    if kind in CLOSED or (isinstance(kind, type) and issubclass(kind, (BaseModel, bool, int))):
        return True
    if any(isinstance(one, Code) for one in metadata):
        return True
    shapes = patterns(metadata)
    return bool(shapes) and all(
        shape.startswith("^") and shape.endswith("$") and ".*" not in shape for shape in shapes
    )


def problems(event: type[Event]) -> list[str]:
    """What is wrong with the classification of one event; empty when all is well."""
    found = []
    for path, _, parts in leaves(event):
        classification = classify(event.type, path)
        if classification is None:
            found.append(f"{event.type} {path}: not classified")
        elif classification == OPERATIONAL:
            if is_sealed(parts):
                found.append(f"{event.type} {path}: operational, but sealed")
            found += [
                f"{event.type} {path}: free text in clear"
                for kind, metadata in parts
                if not is_closed(kind, metadata)
            ]
        elif not is_sealed(parts):
            found.append(f"{event.type} {path}: {classification}, but in clear")
    return found


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_only_operational_fields_travel_in_clear(event: type[Event]) -> None:
    assert problems(event) == []


class _Leaking(Event):
    type = "test.leaking.v1"
    case_id: UUID
    name: str
    status: str
    until: str


def test_the_guard_sees_an_unclassified_field_a_clear_one_and_free_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("contracts.classification.BY_EVENT", {_Leaking.type: {"status": SENSITIVE}})
    assert problems(_Leaking) == [
        "test.leaking.v1 name: not classified",
        "test.leaking.v1 status: sensitive, but in clear",
        "test.leaking.v1 until: free text in clear",
    ]


def test_the_classification_holds_nothing_that_no_event_has() -> None:
    paths = {(event.type, path) for event in EVENTS for path, _, _ in leaves(event)}
    assert {(event_type, path) for event_type, own in BY_EVENT.items() for path in own} <= paths
    assert {path.rpartition(".")[2] for _, path in paths} >= ALWAYS_OPERATIONAL


def test_every_context_attribute_is_classified_and_none_may_hold_personal_data() -> None:
    assert set(Meta.model_fields) == METADATA


def test_every_field_of_the_case_file_is_classified_and_none_is_operational() -> None:
    assert set(CASE_FILE) == set(FIELDS)
    assert set(CASE_FILE.values()) == {IDENTITY, SENSITIVE}


def test_names_that_could_mean_more_than_one_thing_are_classified_by_event() -> None:
    by_event = {path.rpartition(".")[2] for paths in BY_EVENT.values() for path in paths}
    assert by_event & ALWAYS_OPERATIONAL == set()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_no_field_of_an_event_bears_the_name_of_a_case_file_field(event: type[Event]) -> None:
    spelled = {re.sub("[^a-z]", "", name.partition("_")[2].lower()) for name in FIELDS} - {"needs", "outcome"}
    assert {path.rpartition(".")[2].replace("_", "") for path, _, _ in leaves(event)} & spelled == set()
