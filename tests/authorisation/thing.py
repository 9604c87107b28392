"""A thing that has moves: where it is read, in which states it may be found, and which commands there are on it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from contracts.events.intake import CaseClosedV1
from tests.authorisation.table import Row
from tests.authorisation.worlds import Made

Maker = Callable[[Any], Awaitable[Made]]


@dataclass(frozen=True, slots=True)
class Thing:
    """`view` is where it is read; `of` are the states that it has, all of which some maker must reach."""

    service: str
    view: str
    states: Mapping[str, Maker]
    of: frozenset[str] = frozenset()
    bodies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Right bodies by the last part of a path, where the table's is not right in every state."""
    commands: frozenset[str] = frozenset()
    """The paths of its commands; where none is given, whatever begins with the path of its view."""
    listed: str | None = None
    """For what is read in a list alone: the member of its row by which it is found."""
    within: str | None = None
    """The member of the view that is the list, or the thing, where that is not the whole answer."""
    name: str = ""

    def is_command(self, row: Row) -> bool:
        if row.service != self.service or row.method == "GET":
            return False
        return row.path in self.commands if self.commands else row.path.startswith(self.view)

    def found(self, answer: Any, made: Made) -> Mapping[str, Any] | None:
        """The thing in what was answered; None where it does not stand there."""
        if self.listed is None:
            return answer if self.within is None else answer[self.within]
        items = answer[self.within or "items"] if isinstance(answer, dict) else answer
        return next((one for one in items if one[self.listed] == made[self.listed]), None)

    def __str__(self) -> str:
        return f"{self.service} {self.name or self.view}"


def then(start: str, tell: Callable[[Made], list[Any]]) -> Maker:
    """Made, and then told something by others."""

    async def make(world: Any) -> Made:
        made = await world.make(start)
        for event in tell(made):
            await world.harness.deliver(event)
        return made

    return make


def closing(made: Made) -> list[Any]:
    """Nobody works on its case any more."""
    return [CaseClosedV1(case_id=UUID(made["case_id"]))]


def as_made(*names: str) -> Mapping[str, Maker]:
    """States that a world makes under their own names."""

    def maker(name: str) -> Maker:
        async def make(world: Any) -> Made:
            made: Made = await world.make(name)
            return made

        return make

    return {name: maker(name) for name in names}


def asked(start: str, *calls: tuple[str, str, str, Any, *tuple[str, ...]]) -> Maker:
    """Made, and then moved by people: each call is who, method, path, body and, where any will not do, the version that was seen."""

    async def make(world: Any) -> Made:
        made = await world.make(start)
        for kind, method, path, *more in calls:
            await world.ask(kind, method, path.format(**made), *more)
        return made

    return make
