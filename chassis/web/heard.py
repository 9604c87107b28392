"""Waiting for a case that was decided a moment ago: a request that came before the service had heard of it is run again when it has."""

import asyncio
import time
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.database import Database
from chassis.identity.access import CaseRefused, CaseUnheard, standing

_EARLY = "corridor.early"
_FIRST_LOOK_SECONDS, _LONGEST_PAUSE_SECONDS = 0.05, 0.2


class EarlyRequest:
    """A request in its first run: what was read of it, and whether it is to be run again."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: list[Message] = []
        self.again = False

    @property
    def repeatable(self) -> bool:
        """False for a body that came in parts: it is not kept."""
        return not any(message.get("more_body") for message in self._read)

    async def receive(self) -> Message:
        message = await self._receive()
        if not self._read or self.repeatable:
            self._read.append(message)
        return message

    async def receive_again(self) -> Message:
        return self._read.pop(0) if self._read else await self._receive()


class RunsAgain:
    """ASGI middleware: runs a request a second time where `heard_meanwhile` said so. By then nothing of the first run is left but what was read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        early = EarlyRequest(receive)
        await self.app({**_of_its_own(scope), _EARLY: early}, early.receive, send)
        if early.again:
            await self.app(_of_its_own(scope), early.receive_again, send)


class NoAnswer(Response):
    """The answer of the first run, of which nothing is sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send nothing."""


async def heard_meanwhile(request: Request, refused: CaseRefused, case_id: UUID, seconds: float) -> bool:
    """Wait until this service has heard what lets the actor in. True where it has, and the request is run again; it is waited for once, with no transaction
    open.
    """
    early: EarlyRequest | None = request.scope.get(_EARLY)
    if early is None or not early.repeatable:
        return False
    until, pause = time.monotonic() + seconds, _FIRST_LOOK_SECONDS
    while not early.again and time.monotonic() < until:
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        early.again = await _lets_in(request.app.state.database, refused, case_id)
    return early.again


async def _lets_in(database: Database, refused: CaseRefused, case_id: UUID) -> bool:
    actor = refused.actor
    async with database.transaction(database.system()) as tx:
        found = await standing(tx, actor.policies, actor.principal(), refused.action, case_id)
    return found.known if isinstance(refused, CaseUnheard) else found.allowed


def _of_its_own(scope: Scope) -> Scope:
    """The scope for one run: what a run keeps in it is not seen by the other."""
    return {**scope, "state": dict(scope.get("state", {}))}
