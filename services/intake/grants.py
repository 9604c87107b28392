"""Asks consent whether a received disclosure is still granted: remembered for seconds, and closed when consent is down."""

import asyncio
import time
from collections.abc import Callable, Iterable
from uuid import UUID

import httpx2

from chassis.service import Service

REMEMBERED_SECONDS = 5.0
TIMEOUT_SECONDS = 2.0
MOST_REMEMBERED = 10_000
PORT = "consent_grants"


class ConsentGrants:
    """The answers of consent. Only a yes is remembered, so that what is closed opens again as soon as it may."""

    def __init__(self, service: Service, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._service, self._monotonic = service, monotonic
        self._granted_until: dict[UUID, float] = {}

    async def granted(self, disclosures: Iterable[UUID]) -> frozenset[UUID]:
        """Those that consent says are granted now. Whatever goes wrong is a no."""
        asked = list(disclosures)
        answers = await asyncio.gather(*(self._one(disclosure) for disclosure in asked))
        return frozenset(one for one, yes in zip(asked, answers, strict=True) if yes)

    async def _one(self, disclosure_id: UUID) -> bool:
        now = self._monotonic()
        if self._granted_until.get(disclosure_id, 0.0) > now:
            return True
        granted = await self._ask(disclosure_id)
        self._granted_until.pop(disclosure_id, None)
        if granted:
            while len(self._granted_until) >= MOST_REMEMBERED:
                del self._granted_until[next(iter(self._granted_until))]
            self._granted_until[disclosure_id] = now + REMEMBERED_SECONDS
        return granted

    async def _ask(self, disclosure_id: UUID) -> bool:
        base = self._service.settings.peers.get("consent")
        if base is None:
            return False
        url = f"{base.rstrip('/')}/internal/v1/grants/{disclosure_id}"
        try:
            headers = {**self._service.tokens.headers("consent"), **self._service.telemetry.headers()}
            answer = await self._service.http.get(url, headers=headers, timeout=TIMEOUT_SECONDS)
            return answer.status_code == httpx2.codes.OK and answer.json().get("granted") is True
        except (httpx2.HTTPError, ValueError, AttributeError):
            return False


def grants_of(service: Service) -> ConsentGrants:
    grants: ConsentGrants = service.ports[PORT]
    return grants
