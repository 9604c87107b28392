"""Signs of life: every few seconds each partner is told how far we have read, and how many envelopes we gave out."""

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

from chassis.database import Transaction
from chassis.outbox import held_up
from chassis.service import Service
from chassis.supervised import SupervisedLoop
from contracts.border.items import ControlItem, Presence
from contracts.organisations import authority
from services.exchange.sealing import Address, NoKey, Sealer
from services.exchange.settings import Settings
from services.exchange.store import inbox, outgoing_envelopes

TOO_LONG = timedelta(seconds=5)
"""A message that has waited longer than this for our broker says that the broker takes nothing."""
OFTEN_ENOUGH = 3
"""A partner who was told so many times of the same envelopes, because no other went to it since, is told half as often from then on."""


class PresenceLoop(SupervisedLoop):
    """Writes presence for every partner, less often where nothing crosses. While our own broker does not take it, nothing piles up."""

    name = "presence"

    def __init__(self, service: Service, settings: Settings, sealer: Sealer) -> None:
        super().__init__()
        self._database, self._settings, self._sealer = service.database, settings, sealer
        self._told: dict[str, tuple[float, Mapping[str, int], int]] = {}
        """By partner, when it was told last, of how many envelopes for each recipient, and how often of these."""

    async def session(self) -> None:
        await self.every(self._settings.presence_seconds, self.say_all)

    async def say_all(self) -> None:
        """Tell all partners in one transaction: none of them is told of another."""
        async with self._database.transaction(self._database.system()) as tx:
            heads = await outgoing_envelopes.heads(tx, [*self._settings.partners])
            due = [cell for cell in heads if not self._knows(cell, heads[cell])]
            stuck = await self._stuck(tx, due) if due else set()
            told = {
                cell: heads[cell]
                for cell in due
                if cell not in stuck and await self._say(tx, cell, heads[cell])
            }
        for cell, now in told.items():
            _, before, times = self._told.get(cell, (0.0, {}, 0))
            self._told[cell] = time.monotonic(), now, times + 1 if before == now else 1

    async def _say(self, tx: Transaction, cell: str, heads: Mapping[str, int]) -> bool:
        """False where there is no key to say it with."""
        item = ControlItem(tx.new_id(), Presence(await inbox.offsets(tx, cell), heads))
        address = Address(authority(self._settings.cell), authority(cell), cell)
        try:
            await self._sealer.send_uncounted(tx, address, item)
        except NoKey:
            return False
        return True

    def _knows(self, cell: str, heads: Mapping[str, int]) -> bool:
        """True where this turn is left out. Whoever sent us something hears by our receipt, which is an envelope too, that it came."""
        at, told, times = self._told.get(cell, (0.0, {}, 0))
        turn = self._settings.presence_seconds
        # told in every second turn, of which one may be lost
        lasts = self._settings.presence_lifetime_seconds > 4 * turn
        return lasts and told == heads and times >= OFTEN_ENOUGH and time.monotonic() < at + 1.5 * turn

    async def _stuck(self, tx: Transaction, cells: Sequence[str]) -> set[str]:
        topics = {self._settings.topic(self._settings.egress(cell)): cell for cell in cells}
        return {topics[topic] for topic in await held_up(tx.conn, [*topics], tx.now - TOO_LONG)}
