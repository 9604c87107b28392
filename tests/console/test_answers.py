"""What the console expects of the other services is what they say: their routes, and the members of their answers."""

from dataclasses import is_dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from fastapi.dependencies.utils import get_flat_params
from pydantic import BaseModel, RootModel

from chassis.web.routes import every_route
from services.console import (
    answers,
    draft_answers,
    file_answers,
    log_answers,
    matching_answers,
    operation_answers,
    report_answers,
    return_answers,
    rights_answers,
    team_answers,
)
from services.console.answers import CASES
from services.console.asking import Order, Paper, Question
from services.console.commands import COMMANDS
from services.console.commands.interview import SAVE
from services.console.consenting import views
from services.console.worklist import SORTS, VIEWS
from tests.architecture.extras import NOWHERE, extras

STATED = [
    *vars(answers).values(),
    *vars(views).values(),
    *vars(draft_answers).values(),
    *vars(matching_answers).values(),
    *vars(team_answers).values(),
    *vars(return_answers).values(),
    *vars(log_answers).values(),
    *vars(operation_answers).values(),
    *vars(file_answers).values(),
    *vars(report_answers).values(),
    *vars(rights_answers).values(),
    *log_answers.ACCOUNT_PARTS.values(),
]
QUESTIONS = [one for one in STATED if isinstance(one, Question)]
ANY = "intake"
"""Has the routes that every service has."""
ORDERS = [
    *(command.order for command in COMMANDS.values()),
    *(one for one in STATED if isinstance(one, Order)),
    SAVE,
]
PAPERS = [one for one in STATED if isinstance(one, Paper)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("answers")


@cache
def routes_of(name: str, directory: Path) -> dict[str, Any]:
    settings = import_module(f"services.{name}.settings").Settings(
        cell="TH", mode="development", database_url=NOWHERE, kafka_bootstrap="127.0.0.1:1", **extras(name, directory)
    )  # fmt: skip
    service = import_module(f"services.{name}.app").build(settings)
    return {
        route.name: route for route in every_route(service.app.routes) if hasattr(route, "response_model")
    }


def models_in(kind: Any) -> list[type]:
    if isinstance(kind, type) and (issubclass(kind, BaseModel) or is_dataclass(kind)):
        return [kind]
    return [model for each in get_args(kind) for model in models_in(each)]


def members(model: type) -> dict[str, Any]:
    """The members of a view by name, each with its kind."""
    if issubclass(model, BaseModel):
        return {name: field.annotation for name, field in model.model_fields.items()}
    return get_type_hints(model)


def missing(ours: type[BaseModel], theirs: Any, place: str = "") -> list[str]:
    """The members that ours reads and theirs has not, in whatever depth. Ours may be a class about a list, which theirs is itself."""
    if issubclass(ours, RootModel):
        (inner,), (their,) = models_in(members(ours)["root"]), models_in(theirs)
        return missing(inner, their, place)
    mine, known = members(ours), members(theirs)
    found = [f"{place}.{name}" for name in mine.keys() - known.keys()]
    for name in mine.keys() & known.keys():
        pairs = zip(models_in(mine[name]), models_in(known[name]), strict=False)
        found += [one for own, their in pairs for one in missing(own, their, f"{place}.{name}")]
    return found


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: one.operation)
def test_every_view_that_a_page_shows_has_the_members_that_it_shows(question, folder):
    route = routes_of(question.service.format(service=ANY), folder)[question.operation]
    assert (route.path_format, route.methods) == (question.path, {"GET"})
    if question.shape is not log_answers.File:  # a file, of which no member is shown
        assert missing(question.shape, route.response_model) == []


def test_the_list_of_cases_is_asked_with_parameters_that_it_knows(folder):
    route = routes_of(CASES.service, folder)[CASES.operation]
    known = {field.alias: field for field in get_flat_params(route.dependant)}
    asked = {name for view in VIEWS.values() for name in view.query}
    asked |= {"urgency", "channel", "flagged", "on_hold", "sort", "limit", "after", "count", "names"}
    assert asked - known.keys() == set()
    assert set(SORTS) == {str(one) for one in known["sort"].field_info.annotation}


@pytest.mark.parametrize("order", ORDERS, ids=lambda one: one.operation)
def test_every_form_is_sent_to_a_route_that_there_is(order, folder):
    route = routes_of(order.service.format(service=ANY), folder)[order.operation]
    assert (route.path_format, route.methods) == (order.path, {order.method})


@pytest.mark.parametrize("paper", PAPERS, ids=lambda one: one.operation)
def test_every_paper_is_printed_by_a_route_that_there_is(paper, folder):
    route = routes_of(paper.service, folder)[paper.operation]
    assert (route.path_format, route.methods) == (paper.path, {"GET"})
