"""Whatever a service answers in any test stands in its document: the status, and the code of a problem.

`running` of `tests/harness.py` serves each service through this, so that what a route can give is compared with all that it ever gave.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

Codes = frozenset[str]
Operation = dict[int, Codes]
"""Status → the codes of problems under it; none where the answer is no problem."""

ELSEWHERE: Codes = frozenset({"http"})
"""The code of what the framework refuses before any route is found."""

_KNOWN: dict[str, dict[str, Operation]] = {}


@dataclass
class DocumentedAnswers:
    """An ASGI app around a service's, which notes the answers that the document does not name."""

    app: FastAPI
    name: str
    undocumented: set[str] = field(default_factory=set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer()

        async def noting(message: Message) -> None:
            answer.note(message)
            await send(message)

        await self.app(scope, receive, noting)
        route = scope.get("route")
        if route is not None and route.include_in_schema and answer.status:
            self._compare(scope["method"], route, answer)

    def require_all(self) -> None:
        """Raises AssertionError, naming what was answered and is not documented."""
        if self.undocumented:
            raise AssertionError(
                f"{self.name} answered what its document does not name: {sorted(self.undocumented)}"
            )

    def _compare(self, method: str, route: Any, answer: "_Answer") -> None:
        operation = self._operations(route.name).get(route.name)
        if operation is None or method not in route.methods:  # 405: no operation was called
            return
        known, code = operation.get(answer.status), answer.code()
        if known is None or (code is not None and code not in known | ELSEWHERE):
            self.undocumented.add(f"{route.name}: {answer.status} {code or ''}".strip())

    def _operations(self, wanted: str) -> dict[str, Operation]:
        """The operations of the service's document, which is made once in a process."""
        found = _KNOWN.get(self.name)
        if found is None or wanted not in found:
            found = _KNOWN[self.name] = dict(_read(self.app.openapi()))
        return found


@dataclass
class _Answer:
    status: int = 0
    problem: bool = False
    body: bytes = b""

    def note(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.problem = (b"content-type", b"application/problem+json") in message["headers"]
        elif self.problem:
            self.body += message.get("body", b"")

    def code(self) -> str | None:
        return json.loads(self.body)["code"] if self.problem else None


def _read(document: dict[str, Any]) -> list[tuple[str, Operation]]:
    return [
        (operation["operationId"], {int(s): _codes(document, a) for s, a in operation["responses"].items()})
        for item in document["paths"].values()
        for operation in item.values()
    ]


def _codes(document: dict[str, Any], answer: dict[str, Any]) -> Codes:
    if "$ref" not in answer:
        return frozenset()
    schema = document["components"]["schemas"][answer["$ref"].rpartition("/")[2]]
    return frozenset(schema["allOf"][1]["properties"]["code"]["enum"])
