"""The rows that come in on a list of one person. One look at it, now and then, serves all lives that wait for something there."""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from corridor.client import Person
from corridor.seed.waiting import patiently

AT_LEAST_S, SHARE = 0.25, 20
"""From one look to the next: this, or so many times as long as a look takes, so that a busy stack is asked less often."""
ROWS = 200


class IncomingList:
    """The rows of a list for which somebody waits, each known by its member `key`."""

    def __init__(self, who: Person, path: str, half: str, key: str) -> None:
        self._who, self._path, self._half, self._key = who, path, half, key
        self._since: dict[str, datetime] = {}
        self._rows: dict[str, Mapping[str, Any]] = {}
        self._looking, self._next_look = asyncio.Lock(), 0.0

    async def row(self, identifier: str, since: datetime, state: str = "") -> Mapping[str, Any]:
        """Wait until this one is there, in this state if one is named; it comes, or came to it, at `since` or later."""

        async def there() -> Mapping[str, Any] | None:
            await self._look_in_time()
            row = self._rows.get(identifier)
            return row if row and state in ("", row["state"]) else None

        self._since[identifier] = since
        try:
            found: Mapping[str, Any] = await patiently(there, f"{self._path} {state}")
        finally:
            del self._since[identifier]
            self._rows.pop(identifier, None)
        return found

    async def _look_in_time(self) -> None:
        async with self._looking:
            if (began := time.monotonic()) < self._next_look:
                return
            await self._look()
            ended = time.monotonic()
            self._next_look = ended + max(AT_LEAST_S, SHARE * (ended - began))

    async def _look(self) -> None:
        sought = {"half": self._half, "updated_since": min(self._since.values()).isoformat()}
        after: dict[str, str] = {}
        while True:
            page = await self._who.get(self._path, limit=ROWS, **sought, **after)
            self._rows |= {row[self._key]: row for row in page["items"] if row[self._key] in self._since}
            if page["next"] is None:
                return
            after = {"after": page["next"]}
