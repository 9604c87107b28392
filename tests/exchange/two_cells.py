"""Two exchanges on real databases, with the test in the place of the brokers: it carries envelopes as it likes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from contracts.border.envelope import KeyOf, OpenedEnvelope, open_envelope, seal
from contracts.border.items import Claims, Item
from contracts.organisations import authority
from deploy.local.trust import TrustFiles
from services.exchange.receiver import Receiver
from services.exchange.store import inbox
from services.exchange.store.inbox import RawRecord
from services.exchange.trust import Trust
from tests.exchange.world import Peers, exchange, keys_in, now, peers, present, rows, trust_of
from tests.harness import Harness


@dataclass
class Cell:
    """One exchange, and how far its egress topics were carried to each partner."""

    harness: Harness
    trust: Trust
    peer: Peers
    carried: dict[str, int] = field(default_factory=dict)
    offsets: dict[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.harness.cell

    async def look(self) -> None:
        await next(loop for loop in self.harness.service.loops if loop.name == "trust").look()

    async def deliver(self, *events: Any) -> None:
        for event in events:
            await self.harness.deliver(event)

    async def said(self, type_: str) -> list[dict[str, Any]]:
        return [body for kind, body in await self.harness.said() if kind == type_]

    async def work(self) -> None:
        for partner in ("TH", "KH"):
            await present(self.harness, partner)
        await self.harness.work(hasten=True)

    async def leaving(self, partner: "Cell") -> list[bytes]:
        """What was written for the partner since the last time."""
        topic = f"egress.{partner.name.lower()}"
        found = await rows(
            self.harness, "select payload from chassis.outbox where topic = :t order by pos", t=topic
        )
        fresh = [bytes(row.payload) for row in found][self.carried.get(topic, 0) :]
        self.carried[topic] = self.carried.get(topic, 0) + len(fresh)
        return fresh

    async def store(self, sender: str, raws: Sequence[bytes]) -> None:
        """As the pull keeps it: raw, before anything else."""
        first = self.offsets.get(sender, 0)
        records = [RawRecord(sender, 0, first + n, raw) for n, raw in enumerate(raws)]
        self.offsets[sender] = first + len(records)
        database = self.harness.service.database
        async with database.transaction(database.system()) as tx:
            await inbox.store_raw(tx, sender, records, {0: first + len(records)})

    async def apply(self, sender: str) -> int:
        return await Receiver(self.harness.service, self.trust, sender).run()

    async def take(self, sender: str, raws: Sequence[bytes]) -> None:
        await self.store(sender, raws)
        await self.apply(sender)

    def open(self, raw: bytes, sender: Trust) -> OpenedEnvelope:
        found = sender.list
        assert found is not None
        return open_envelope(raw, self.trust.own.reader, lambda kid: found.signing_key(kid, now()))

    def seal(self, items: Sequence[Item], aud: str, iss: str | None = None, **changes: Any) -> bytes:
        """An envelope of the test's own making, with this cell's real keys."""
        sender = iss or authority(self.name)
        issued = int(now().timestamp())
        values = {
            "jti": uuid4(),
            "iat": issued,
            "exp": issued + 60,
            "seq": 1,
            "prev": "0" * 64,
            "iss": sender,
        }
        claims = Claims(aud=aud, items=tuple(items), **{**values, **changes})
        recipient: KeyOf | None = self.trust.list.recipient(aud, now()) if self.trust.list else None
        assert recipient is not None
        return seal(claims, self.trust.own.signing[sender][-1], recipient)


async def carry(one: Cell, other: Cell) -> int:
    """Both ways until nothing is left to say. How many envelopes crossed."""
    total = 0
    while True:
        await one.work()
        if other is not one:
            await other.work()
        crossed = 0
        for sender, recipient in {
            (one.name, other.name): (one, other),
            (other.name, one.name): (other, one),
        }.values():
            raws = await sender.leaving(recipient)
            if raws:
                await recipient.take(sender.name, raws)
            crossed += len(raws)
        total += crossed
        if not crossed:
            return total


@asynccontextmanager
async def two_cells(
    postgres: Any, files: TrustFiles, directory: Path, names: Sequence[str] = ("TH", "KH"), **extra: Any
) -> AsyncIterator[list[Cell]]:
    async with AsyncExitStack() as stack:
        cells = []
        for name in names:
            peer = await stack.enter_async_context(peers(keys_in(directory / name), name))
            harness = await stack.enter_async_context(
                exchange(postgres, files, directory / name, name, peer=peer, keys=peer.keys, **extra)
            )
            loop = next(loop for loop in harness.service.loops if loop.name == "trust")
            cells.append(Cell(harness, loop._trust, peer))
            await cells[-1].look()
        yield cells


__all__ = ["Cell", "carry", "trust_of", "two_cells"]
