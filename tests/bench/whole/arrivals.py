"""Referrals that are received abroad, seen in the recipient's database beside the product: one small query for all clients."""

import asyncio
import time

import asyncpg

RECEIVED = "select id::text from referral.referrals where half = 'incoming' and id = any($1::text[]::uuid[])"
LOOKS_S = 0.002, 0.02
"""Between two looks: where one client waits, whose crossing is measured; where several do, whose rate is."""
LONGEST_S = 120.0


class Arrivals:
    """Tells each client when its referral is there, to within one look."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self._watching = asyncio.create_task(self._watch())

    async def of(self, referral: str) -> float:
        """The moment at which the referral was seen abroad."""
        self._waiting[referral] = arrived = asyncio.get_running_loop().create_future()
        return await asyncio.wait_for(arrived, LONGEST_S)

    async def close(self) -> None:
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        await self._connection.close()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOKS_S[len(self._waiting) > 1])
            if self._waiting:
                for row in await self._connection.fetch(RECEIVED, list(self._waiting)):
                    self._waiting.pop(row[0]).set_result(time.perf_counter())
