"""The problems that a route can give, found by following its function through the code that it calls.

Nobody keeps a list beside the code, which would be wrong after the next change. A name that a function uses is looked up where
Python would look it up; a method is known by the class of its parameter, or where its object is one that a service is made of
(`vault`, `peers` …). What is found may be a little more than what can happen, and is never less than what tests have seen
(`tests/documented.py`).
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any, get_args, get_origin

from fastapi.dependencies.models import Dependant

from chassis.problems import Problem

OURS = ("chassis", "services", "contracts")
Kinds = frozenset[type[Problem]]
_MADE = frozenset({"__init__", "__post_init__", "__new__", "__call__"})
"""The functions of a class that run where it is called."""


class RouteProblems:
    """Follows functions of one service. `parts` are the classes of what its routes are given, by the names it goes under."""

    def __init__(self, parts: Iterable[tuple[str, type]]) -> None:
        self._parts = dict(parts)
        self._known: dict[FunctionType, tuple[Kinds, frozenset[FunctionType]]] = {}
        self._of: dict[frozenset[FunctionType], Kinds] = {}

    def of(self, dependant: Dependant) -> Kinds:
        """Every class of problem that a route's function, or one of its dependencies, can raise."""
        first = frozenset(function for call in _calls(dependant) for function in _functions(call, _MADE))
        if first not in self._of:
            self._of[first] = self._reached(first)
        return self._of[first]

    def _reached(self, first: frozenset[FunctionType]) -> Kinds:
        waiting, seen, found = list(first), set(first), set[type[Problem]]()
        while waiting:
            kinds, called = self._looked_at(waiting.pop())
            found |= kinds
            waiting += called - seen
            seen |= called
        return frozenset(found)

    def _looked_at(self, function: FunctionType) -> tuple[Kinds, frozenset[FunctionType]]:
        if function not in self._known:
            kinds, called = set[type[Problem]](), set[FunctionType]()
            names = frozenset(_names(function.__code__))
            for value in _values(function, names):
                if isinstance(value, type) and issubclass(value, Problem):
                    kinds.add(value)
                else:
                    called.update(_functions(value, names | _MADE))
            for kind in self._objects(function, names):
                called.update(_functions(kind, names))
            self._known[function] = frozenset(kinds), frozenset(called)
        return self._known[function]

    def _objects(self, function: FunctionType, names: frozenset[str]) -> Iterator[type]:
        """The classes of objects that a function is given: its own, those of its parameters, and parts."""
        space = function.__globals__
        own = space.get(function.__qualname__.partition(".")[0])
        if isinstance(own, type):
            yield own
        yield from _classes(function.__annotations__.values())
        yield from (part for name, part in self._parts.items() if name in names and name not in space)


@cache
def followed(parts: frozenset[tuple[str, type]]) -> RouteProblems:
    """The same for every app of a process that is given the same: code does not change while it runs."""
    return RouteProblems(parts)


def _values(function: FunctionType, names: frozenset[str]) -> Iterator[object]:
    """Whatever the names in a function stand for: globals, members of our modules, and what it encloses."""
    space = function.__globals__
    for name in names & space.keys():
        value = space[name]
        yield value
        if isinstance(value, ModuleType) and _is_ours(value.__name__):
            yield from (vars(value)[one] for one in names & vars(value).keys())
    yield from (cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell))


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    if dependant.call is not None:
        yield dependant.call
    for one in dependant.dependencies:
        yield from _calls(one)


def _functions(value: object, names: frozenset[str]) -> Iterator[FunctionType]:
    """The functions of ours behind a value; of a class, those of these names."""
    if isinstance(value, type):
        if _is_ours(value.__module__):
            members = _members(value)
            for name in names & members.keys():
                yield from _functions(_plain(members[name]), names)
        return
    found = inspect.unwrap(value) if callable(value) else value
    found = getattr(found, "__func__", found)
    if isinstance(found, FunctionType):
        if _is_ours(found.__module__):
            yield found
    elif callable(found) and _is_ours(type(found).__module__):
        yield from _functions(type(found), frozenset({"__call__"}))


@cache
def _members(kind: type) -> Mapping[str, object]:
    """The members of a class by name, as they stand in it or in the nearest class that it inherits them from."""
    return {name: member for each in reversed(kind.__mro__) for name, member in vars(each).items()}


def _classes(annotations: Iterable[object]) -> Iterator[type]:
    """The classes that parameters are said to be of, within `Annotated`, unions and generics too."""
    for annotation in annotations:
        if isinstance(annotation, type):
            yield annotation
        yield from _classes(one for one in get_args(annotation) if not isinstance(one, str))
        yield from _classes([origin] if (origin := get_origin(annotation)) is not None else [])


def _plain(member: object) -> object:
    """The function of a member as it stands in its class; what is made once for an object is nothing that a request does."""
    if isinstance(member, property):
        return member.fget
    return getattr(member, "__func__", member)


def _names(code: CodeType) -> Iterator[str]:
    """The names that a function uses, with those of the functions written inside it."""
    yield from (*code.co_names, *code.co_varnames)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018  # raises where nothing is in it yet
    except ValueError:
        return False
    return True


def _is_ours(module: str | None) -> bool:
    return (module or "").partition(".")[0] in OURS
