"""Whatever a route takes is a form: what is not known is refused, and no error echoes what was sent."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from contracts.catalogue import SERVICES
from contracts.form import Form
from tests.authorisation.table import rows
from tests.authorisation.test_coverage import built

WITH_A_BODY = {(row.service, row.method, row.path) for row in rows() if row.body is not None}


def bodies(routes: Sequence[Any]) -> Iterator[tuple[str, str, Any]]:
    """Method, path and the type of the body, of every route that takes one."""
    for route in routes:
        if hasattr(route, "effective_route_contexts"):
            yield from bodies(list(route.effective_route_contexts()))
        elif getattr(route, "body_field", None) is not None:
            for method in route.methods:
                yield method, route.path, route.body_field.field_info.annotation


def models(kind: Any) -> set[type[BaseModel]]:
    """The models that a body is made of, with those inside them."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        inside = (models(field.annotation) for field in kind.model_fields.values())
        return {kind}.union(*inside)
    return set().union(*map(models, get_args(kind)))


def of_service(name: str, directory: Path) -> dict[tuple[str, str, str], set[type[BaseModel]]]:
    found = bodies(built(name, directory).routes)
    return {(name, method, path): models(kind) for method, path, kind in found}


@pytest.mark.parametrize("name", SERVICES)
def test_every_body_of_every_route_descends_from_the_one_form(name: str, tmp_path: Path) -> None:
    taken = of_service(name, tmp_path)
    strangers = {
        (place, model.__name__)
        for place, found in taken.items()
        for model in found
        if not issubclass(model, Form)
        or (model.model_config.get("extra"), model.model_config.get("hide_input_in_errors"))
        != ("forbid", True)
    }
    assert strangers == set()


@pytest.mark.parametrize("name", SERVICES)
def test_the_walk_finds_a_form_for_every_body_of_the_table(name: str, tmp_path: Path) -> None:
    found = {place for place, inside in of_service(name, tmp_path).items() if inside}
    assert {place for place in WITH_A_BODY if place[0] == name} - found == set()


def test_a_form_inside_a_form_is_found_and_a_stranger_there_too() -> None:
    class Stranger(BaseModel):
        said: str

    class Inside(Form):
        strangers: list[Stranger | None]

    class Sent(Form):
        inside: dict[str, Inside]

    assert models(Sent | None) == {Sent, Inside, Stranger}
