"""The public routes of the other services, called in the name of whoever is signed in.

Nothing is decided here: what somebody may see and do is the answer of the service that is asked.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, TypeVar
from uuid import UUID

import httpx2
from pydantic import BaseModel, ValidationError

from chassis.problems import Unauthenticated
from chassis.web.http import Done

T = TypeVar("T", bound=BaseModel)
READ_SECONDS, WRITE_SECONDS, FILE_SECONDS = 4.0, 15.0, 75.0
PDF = "application/pdf"
NOT_THEIRS = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """One route that is read: the service, the operationId, the path, and the members that are shown.

    The service of a route that every service has is `{service}`, and a place like those of the path.
    """

    service: str
    operation: str
    path: str
    shape: type[T]


@dataclass(frozen=True, slots=True)
class Order:
    """One route that changes something."""

    service: str
    operation: str
    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Paper:
    """One route that answers with a file to print."""

    service: str
    operation: str
    path: str


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A view that a service showed, and its version."""

    value: T
    version: str


class ServiceAway(Exception):
    """The service does not answer, or says that it cannot at the moment."""


class NotTheirs(Exception):
    """Something that is not there, or not this person's: the two look the same."""


class OrderRefused(Exception):
    """The service refused. `errors` are `{loc, code}`; nothing in it was typed by anybody. `named` is what stands in the way, where a
    refusal names it.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(status)
        self.status, self.code = status, str(problem.get("code", ""))
        self.errors: Sequence[Mapping[str, Any]] = problem.get("errors") or ()
        self.named = str(problem.get("referral_id") or "")
        self.blocks: Sequence[str] = problem.get("blocks") or ()


@dataclass(frozen=True, slots=True)
class Panel(Generic[T]):
    """One part of a page. Without a value it says why: its service is `away`, or it is not this person's to see."""

    answered: Answer[T] | None = None
    away: bool = False

    @property
    def value(self) -> T | None:
        return None if self.answered is None else self.answered.value


@dataclass(frozen=True, slots=True, repr=False)
class Voice:
    """One person's voice: her access token, her language, and the addresses of the services."""

    http: httpx2.AsyncClient
    peers: Mapping[str, str]
    token: str
    language: str

    async def ask(
        self, question: Question[T], /, *, query: Mapping[str, Any] | None = None, **places: object
    ) -> Answer[T]:
        """Raises ServiceAway, NotTheirs, OrderRefused, and Unauthenticated where the token counts no more."""
        path = question.path.format(**places)
        answer = await self._send(
            question.service.format(**places), "GET", path, {}, READ_SECONDS, params=_stated(query or {})
        )
        try:
            value = question.shape.model_validate_json(answer.content)
        except ValidationError as error:
            raise ServiceAway from error
        return Answer(value, answer.headers.get("ETag", ""))

    async def panel(
        self, question: Question[T], /, *, query: Mapping[str, Any] | None = None, **places: object
    ) -> Panel[T]:
        """The same for a part of a page, which may be missing without taking the page with it."""
        try:
            return Panel(await self.ask(question, query=query, **places))
        except (ServiceAway, OrderRefused):  # a service of another version may not know what is asked
            return Panel(away=True)
        except NotTheirs:
            return Panel()

    async def order(self, order: Order, body: Any, key: str, seen: str, **places: object) -> UUID | None:
        """Do it, once however often it is sent with this key; the answer is what was made or moved, where it is named. Raises like `ask`."""
        return made_by(await self.told(order, body, key, seen, query=None, **places))

    async def told(
        self,
        order: Order,
        body: Any,
        key: str,
        seen: str,
        *,
        query: Mapping[str, Any] | None = None,
        **places: object,
    ) -> Any:
        """The same with all that was answered."""
        headers = {"Idempotency-Key": key} | ({"If-Match": seen} if seen else {})
        service, path = order.service.format(**places), order.path.format(**places)
        answer = await self._send(
            service, order.method, path, headers, WRITE_SECONDS, json=body, params=_stated(query or {})
        )
        return answer.json() if answer.content else None

    async def upload(self, order: Order, content: bytes, query: Mapping[str, Any], key: str = "") -> Any:
        """Send a file on, without its name; without a key it is only looked at. Raises like `ask`."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = await self._send(
            order.service, order.method, order.path, headers, FILE_SECONDS,
            params=_stated(query), files={"file": ("file", content)},
        )  # fmt: skip
        return answer.json()

    async def state(self, question: Question[T], /, **places: object) -> Panel[T]:
        """Of a route that tells what is wrong with 503: that too is its answer."""
        path = question.path.format(**places)
        try:
            answer = await self._answer(question.service.format(**places), "GET", path, {}, READ_SECONDS)
            return Panel(Answer(question.shape.model_validate_json(answer.content), ""))
        except (ServiceAway, ValidationError):
            return Panel(away=True)

    async def file(
        self, question: Question[T], query: Mapping[str, Any], **places: object
    ) -> httpx2.Response:
        """A file, whose bytes are still to be read. Raises like `ask`."""
        path = question.path.format(**places)
        answer = await self._answer(
            question.service, "GET", path, {}, WRITE_SECONDS, stream=True, params=_stated(query)
        )
        if not answer.is_success:
            await answer.aread()
        return _taken(answer)

    async def paper(self, paper: Paper, **places: object) -> bytes:
        """The bytes as the service printed them. Raises like `ask`."""
        answer = await self._send(paper.service, "GET", paper.path.format(**places), {}, WRITE_SECONDS)
        if answer.headers.get("Content-Type") != PDF:
            raise ServiceAway
        return answer.content

    async def _send(
        self, service: str, method: str, path: str, headers: Mapping[str, str], seconds: float, **more: Any
    ) -> httpx2.Response:
        return _taken(await self._answer(service, method, path, headers, seconds, **more))

    async def _answer(
        self,
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        seconds: float,
        *,
        stream: bool = False,
        **more: Any,
    ) -> httpx2.Response:
        base = self.peers.get(service)
        if base is None:
            raise ServiceAway
        own = {"Authorization": f"Bearer {self.token}", "Accept-Language": self.language, **headers}
        request = self.http.build_request(
            method, base.rstrip("/") + path, headers=own, timeout=seconds, **more
        )
        try:
            async with asyncio.timeout(
                seconds
            ):  # of the whole; the client's own is from one piece to the next
                return await self.http.send(request, stream=stream)
        except (httpx2.HTTPError, TimeoutError):
            raise ServiceAway from None


def made_by(told: Any) -> UUID | None:
    """The thing that was made or moved, where an answer names it."""
    try:
        return Done.model_validate(told).id
    except ValidationError:
        return None


async def at_once(*asked: Awaitable[Any]) -> list[Any]:
    """All answers of one page, asked for at the same time."""
    return await asyncio.gather(*asked)


def _stated(query: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in query.items()
    }


def _taken(answer: httpx2.Response) -> httpx2.Response:
    if answer.is_success:
        return answer
    status = answer.status_code
    if status == HTTPStatus.UNAUTHORIZED:
        raise Unauthenticated
    if status in NOT_THEIRS:
        raise NotTheirs
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise ServiceAway
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    raise OrderRefused(status, problem if isinstance(problem, dict) else {})
