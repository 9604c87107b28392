"""Asks consent whether a received disclosure is still granted: remembered for seconds, and closed when consent is down."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from chassis.peers import PeerAway, PeerDeclined
from chassis.service import Service
from contracts.internal import GRANT

REMEMBERED_SECONDS = 5.0
MOST_REMEMBERED = 10_000
AGAIN_SECONDS = 0.05
"""The seconds between two looks whether consent has heard of a disclosure by now."""
RECALLED, UNCONFIRMED = "recalled", "unconfirmed"
"""Codes of `reading_closed`, beside the reasons of recalls: nobody says why, and consent cannot be asked."""


class ConsentGrants:
    """The answers of consent. Only a yes is remembered, so that a closed disclosure opens again as soon as it may."""

    def __init__(self, service: Service, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._service, self._monotonic = service, monotonic
        self._granted_until: dict[UUID, float] = {}

    async def closed(self, disclosures: Iterable[UUID]) -> Mapping[UUID, str | None]:
        """Disclosure → the reason why it may not be read now; None where consent says that it is granted. Any error
        closes.
        """
        asked = list(disclosures)
        answers = await asyncio.gather(*(self._one(disclosure) for disclosure in asked))
        return dict(zip(asked, answers, strict=True))

    async def _one(self, disclosure_id: UUID) -> str | None:
        now = self._monotonic()
        if self._granted_until.get(disclosure_id, 0.0) > now:
            return None
        closed = await self._ask(disclosure_id)
        self._granted_until.pop(disclosure_id, None)
        if closed is None:
            while len(self._granted_until) >= MOST_REMEMBERED:
                del self._granted_until[next(iter(self._granted_until))]
            self._granted_until[disclosure_id] = now + REMEMBERED_SECONDS
        return closed

    async def _ask(self, disclosure_id: UUID) -> str | None:
        """Consent hears of a disclosure by itself, maybe a moment later than intake: that moment is waited for."""
        looks = int(self._service.settings.heard_seconds / AGAIN_SECONDS)
        while True:
            try:
                grant = await self._service.peers.ask(GRANT, disclosure_id)
            except PeerDeclined:
                if looks == 0:
                    return UNCONFIRMED
            except PeerAway:
                return UNCONFIRMED
            else:
                return None if grant.granted else grant.closed_for or RECALLED
            looks -= 1
            await asyncio.sleep(AGAIN_SECONDS)
