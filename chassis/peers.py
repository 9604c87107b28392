"""The way in which a service asks another of its cell: address, token, trace, time limit, and the two ways to get no
answer.
"""

from http import HTTPStatus
from typing import TypeVar
from uuid import UUID

import httpx2
from pydantic import BaseModel

from chassis.identity.auth import ServiceTokens
from chassis.observe.telemetry import Telemetry
from chassis.problems import Unavailable
from chassis.settings import Settings
from contracts.internal import PREFIX, Call

Answer = TypeVar("Answer")

FINAL = frozenset({404, 409, 410, 422})
"""Answers of a peer that will be the same the next time it is asked."""


class PeerAway(Unavailable):
    """The peer has no address, cannot be reached, is too slow, or did not answer as agreed: the next time may be
    different.
    """


class PeerDeclined(PeerAway):
    """The peer has said no, and will say no again. A caller that makes no difference between the two takes it for an
    absence.
    """


class Peers:
    """Asks the other services of the cell, never inside a transaction."""

    def __init__(self, settings: Settings, tokens: ServiceTokens, telemetry: Telemetry) -> None:
        self._settings, self._tokens, self._telemetry = settings, tokens, telemetry
        self.http = httpx2.AsyncClient(timeout=5, trust_env=False, verify=settings.trusted())

    def knows(self, peer: str) -> bool:
        """True where an address is set, so that there is a service to ask."""
        return peer in self._settings.peers

    async def ask(
        self, call: Call[Answer], about: UUID | str | None = None, question: BaseModel | None = None
    ) -> Answer:
        """The peer's answer. Raises PeerDeclined for a no that will stay one, PeerAway for everything else that goes
        wrong.
        """
        if not self.knows(call.peer):
            raise PeerAway(f"no address of {call.peer} is set")
        url = f"{self._settings.peers[call.peer].rstrip('/')}{PREFIX}{call.path.format(id=about)}"
        headers = {**self._tokens.headers(call.peer), **self._telemetry.headers()}
        body = None if question is None else question.model_dump(mode="json")
        try:
            said = await self.http.request(call.method, url, json=body, headers=headers, timeout=call.seconds)
        except httpx2.HTTPError as error:
            raise PeerAway(f"{call.peer} cannot be reached") from error
        if said.status_code in FINAL:
            raise PeerDeclined(f"{call.peer} declines")
        if said.status_code != HTTPStatus.OK:
            raise PeerAway(f"{call.peer} did not answer")
        try:
            return call.reader.validate_json(said.content)
        except ValueError as error:
            raise PeerAway(f"{call.peer} did not answer as agreed") from error
