"""The way by which an event comes about inside its service, read from the code: route, use case, verb of the domain,
fact.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROUTES = frozenset({"post", "put", "patch", "delete"})
"""The methods that change something: a route that only reads says no event."""


@dataclass(frozen=True)
class Function:
    """A function or method with the words that stand in it; `Verb.ACCEPT` is a word, and so are its two parts."""

    path: Path
    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    stores: frozenset[str] = frozenset()
    """Modules of the store that its file imports: `referrals.hold` locks a row and is no `Referral.hold`."""

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(word for statement in self.node.body for word in words(statement, self.stores))

    @property
    def short(self) -> str:
        return self.node.name

    @property
    def is_route(self) -> bool:
        calls = (d.func for d in self.node.decorator_list if isinstance(d, ast.Call))
        return any(isinstance(call, ast.Attribute) and call.attr in ROUTES for call in calls)

    def place(self, root: Path) -> str:
        return f"{self.path.relative_to(root)}:{self.node.lineno}  {self.name}"


def words(node: ast.AST, apart: frozenset[str] = frozenset()) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            if isinstance(part.value, ast.Name) and part.value.id in apart:
                continue
            yield part.attr
            if isinstance(part.value, ast.Name):
                yield f"{part.value.id}.{part.attr}"


@dataclass(frozen=True)
class EventWay:
    """The way from the routes and handlers to the verb whose fact the event says; every function that the names lead
    to.
    """

    routes: list[Function]
    handlers: list[Function]
    use_cases: list[Function]
    verbs: list[Function]


def way(service: Path, fact: str) -> EventWay:
    """Names lead: a verb says the fact itself, or a member of an enumeration that stands beside it in a table."""
    domain = _functions(service, "domain")
    verbs = _callers(domain, {fact, *_beside(modules(service, "domain"), fact)})
    names = {verb.short for verb in verbs} - {fact}
    api, cases = _functions(service, "api"), _functions(service, "use_cases")
    doing = [case for case in cases if names & case.words]
    routes = [f for f in api if f.is_route and (names | {case.short for case in doing}) & f.words]
    asked = {word for route in routes for word in (*route.words, *_beyond(api, route))}
    doing = doing or [case for case in cases if case.short in asked]
    return EventWay(routes, [f for f in _functions(service, "handlers") if names & f.words], doing, verbs)


def find(root: Path, path: str, name: str) -> Function:
    """One function by its name. Raises LookupError."""
    for function in _parsed(root / path):
        if function.name == name:
            return function
    raise LookupError(f"{path} has no {name}")


def _functions(service: Path, part: str) -> list[Function]:
    return [function for path in modules(service, part) for function in _parsed(path)]


def modules(service: Path, part: str) -> list[Path]:
    """A part of a service is a module or a folder of modules, in the service itself or in each of its rooms."""
    return [*sorted(service.rglob(f"{part}.py")), *sorted(service.rglob(f"{part}/*.py"))]


def _parsed(path: Path) -> Iterator[Function]:
    module = ast.parse(path.read_text(encoding="utf-8"))
    stores = frozenset(_stores(module))
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(path, node.name, node, stores)
        elif isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield Function(path, f"{node.name}.{member.name}", member, stores)


def _stores(module: ast.Module) -> Iterator[str]:
    """The names under which a file has modules of the store."""
    for node in module.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith(".store"):
            yield from (alias.asname or alias.name for alias in node.names)


def _beside(domain: list[Path], fact: str) -> Iterator[str]:
    """Keys of tables whose value names the fact: `Verb.ACCEPT: (facts.ReferralAccepted, None)`."""
    for path in domain:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Attribute) and fact in words(value):
                        yield ast.unparse(key)


def _callers(functions: list[Function], wanted: set[str]) -> list[Function]:
    """Public functions that name one of the words, themselves or through other functions."""
    found: list[Function] = []
    while True:
        fresh = [f for f in functions if f not in found and wanted & f.words]
        if not fresh:
            return [f for f in found if not f.short.startswith("_")]
        found += fresh
        wanted = {f.short for f in fresh}


def _beyond(api: list[Function], route: Function) -> Iterator[str]:
    """The names of the functions that the route calls, such as the one that moves any half."""
    for other in api:
        if not other.is_route and other.short in route.words:
            yield from other.words
