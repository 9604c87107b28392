"""The moves that every view offers: the commands that the reader may give now, by which route, and what that route
needs.

A service names its verbs, their rights and whether they pass their gate now; the route of a verb stands in the
service's own document, so that a view names no path and no member that the route does not have.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI, Request
from pydantic import BaseModel, Field

from chassis.identity.access import rights_of
from chassis.identity.auth import Actor

IF_MATCH = "If-Match"


class MoveView(BaseModel):
    """A command that the reader of this view may give now. One that is not listed would be refused."""

    verb: Annotated[str, Field(description="the operationId of the route")]
    method: str
    path: Annotated[str, Field(description="a name in braces is for the caller to choose")]
    needs: Annotated[
        list[str],
        Field(description="members that its form requires; `If-Match`: the ETag that was seen is required"),
    ]
    blocked_by: Annotated[
        list[str], Field(description="codes of what stands in its way now; tried all the same, it is refused")
    ] = []


Moves = list[MoveView]


@dataclass(frozen=True, slots=True)
class Offer:
    """A command by the name of its route, the right that it asks for, and whether the domain would let it through now."""

    route: str
    action: str
    passes: bool = True
    blocked_by: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    path: str
    needs: tuple[str, ...]


class Commands:
    """The routes of one service by their operationIds, read from its document when they are first asked for."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._routes: dict[str, _Route] = {}

    def open(
        self, offers: Iterable[Offer], permitted: Callable[[str], bool], **places: object
    ) -> list[MoveView]:
        """The moves that pass and are permitted, with the identifiers of the thing in their paths.

        A verb without a route is nobody's command: the service makes it by itself.
        """
        routes = self._known()
        return [
            self._view(routes[offer.route], offer, places)
            for offer in offers
            if offer.passes and offer.route in routes and permitted(offer.action)
        ]

    @staticmethod
    def _view(route: _Route, offer: Offer, places: dict[str, object]) -> MoveView:
        path = route.path
        for name, value in places.items():
            path = path.replace(f"{{{name}}}", str(value))
        blocked = list(offer.blocked_by)
        return MoveView(
            verb=offer.route, method=route.method, path=path, needs=list(route.needs), blocked_by=blocked
        )

    def _known(self) -> dict[str, _Route]:
        if not self._routes:
            document = self._app.openapi()
            self._routes = dict(_routes(document))
        return self._routes


def offered(request: Request, actor: Actor, *offers: Offer, **places: object) -> list[MoveView]:
    """Of what is no case, for the routes that every service has."""
    commands: Commands = request.app.state.service.commands
    return commands.open(offers, rights_of(actor), **places)


def _routes(document: dict[str, Any]) -> Iterator[tuple[str, _Route]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            needs = (*_members(document, operation), *_headers(operation))
            yield operation["operationId"], _Route(method.upper(), path, needs)


def _members(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[str]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield from _required(document, content["schema"])


def _required(document: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """The required members of a form; where several forms may be sent, those that all of them require."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _required(document, document["components"]["schemas"][name])
    forms = [_required(document, one) for one in schema.get("oneOf", [])]
    common = [name for name in forms[0] if all(name in form for form in forms)] if forms else []
    return [*schema.get("required", []), *common]


def _headers(operation: dict[str, Any]) -> Iterator[str]:
    for one in operation["parameters"]:
        if one["in"] == "header" and one["name"] == IF_MATCH and one["required"]:
            yield IF_MATCH
