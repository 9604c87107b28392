"""Two exchanges with all their loops, each on its own broker with TLS, logins and ACLs; one border, cut and healed."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contracts.catalogue import topics_read_by, topics_written_by
from deploy.local.kafka import Broker
from deploy.local.patience import stretched
from deploy.local.topics import Topic, User, provision_kafka
from deploy.local.trust import TrustFiles
from services.exchange.trust import Trust
from tests.exchange.test_crossing import recall
from tests.exchange.world import Case, Peers, exchange, keys_in, now, peers, rows, trust_of
from tests.harness import Harness

pytestmark = pytest.mark.slow

CELLS = ("TH", "KH")
FAST = {"presence_seconds": 0.3, "presence_lifetime_seconds": 2.0, "wait_seconds": 0.2}
PATIENCE = 60.0


@dataclass
class Side:
    harness: Harness
    broker: Broker
    peer: Peers

    async def outgoing(self, state: str) -> set[UUID]:
        """Disclosures on their way out that stand in this state."""
        found = await rows(self.harness, "select id from exchange.disclosures where state = :s", s=state)
        return {row.id for row in found}

    async def ever_sealed(self) -> set[UUID]:
        return {
            row.disclosure_id
            for row in await rows(self.harness, "select disclosure_id from exchange.envelope_items")
        } - {None}

    async def received(self) -> set[UUID]:
        return {row.id for row in await rows(self.harness, "select id from exchange.received")}

    async def ready(self) -> tuple[int, dict[str, Any]]:
        answer = await self.harness.client.get("/health/ready")
        return answer.status_code, answer.json()

    async def print(self) -> None:
        print(self.harness.cell, await self.ready())
        for cell in CELLS:
            print(await self.partner(cell))
        for table in ("disclosures", "envelope_items", "inbox", "offsets", "quarantine"):
            print(
                table,
                [
                    str(tuple(r))[:200]
                    for r in await rows(self.harness, f"select * from exchange.{table} limit 5")
                ],
            )
        print(
            "work",
            [str(tuple(r))[:300] for r in await rows(self.harness, "select * from chassis.work limit 5")],
        )

    async def partner(self, cell: str) -> dict[str, Any]:
        answer = await self.harness.client.get("/v1/partners", headers=self.harness.as_("operator"))
        return next(p for p in answer.json()["items"] if p["cell"] == cell)


def provisioned(broker: Broker) -> dict[str, str]:
    """Exchange's topics on this broker, its user, and for each partner one that may read one topic and no more."""
    passwords = {name: secrets.token_hex(8) for name in ("exchange", "partner.th", "partner.kh")}
    egress = [f"egress.{cell.lower()}" for cell in CELLS]
    events = {*topics_read_by("exchange"), *topics_written_by("exchange")}
    topics = [Topic(name, 1, 86_400_000) for name in (*sorted(events), *egress)]
    reads, writes = topics_read_by("exchange"), (*topics_written_by("exchange"), *egress)
    users = [User("exchange", passwords["exchange"], reads=reads, writes=writes, groups=("exchange",))]
    users += [
        User(f"partner.{c.lower()}", passwords[f"partner.{c.lower()}"], reads=(f"egress.{c.lower()}",))
        for c in CELLS
    ]
    provision_kafka(broker.admin_config, topics, users)
    return passwords


@pytest.fixture
def brokers(server_run) -> Any:
    made = {cell: server_run.broker(f"border-{cell}-{secrets.token_hex(3)}") for cell in CELLS}
    for broker in made.values():
        broker.launch()
    for broker in made.values():
        broker.wait()
    yield made
    for broker in made.values():
        broker.kill()


@asynccontextmanager
async def border(
    postgres: Any, brokers: dict[str, Broker], files: TrustFiles, directory: Path, **extra: Any
) -> AsyncIterator[dict[str, Side]]:
    passwords = {cell: provisioned(broker) for cell, broker in brokers.items()}
    async with AsyncExitStack() as stack:
        sides = {}
        for cell in CELLS:
            user = f"partner.{cell.lower()}"
            partners = {
                other: {
                    "bootstrap": brokers[other].bootstrap,
                    "user": user,
                    "password": passwords[other][user],
                    "ca_file": brokers[other].ca_file,
                }
                for other in CELLS
            }
            peer = await stack.enter_async_context(peers(keys_in(directory / cell), cell))
            harness = await stack.enter_async_context(
                exchange(
                    postgres,
                    files,
                    directory / cell,
                    cell,
                    peer=peer,
                    keys=peer.keys,
                    kafka=brokers[cell].bootstrap,
                    kafka_user="exchange",
                    kafka_password=passwords[cell]["exchange"],
                    kafka_ca_file=brokers[cell].ca_file,
                    partners=partners,
                    start=True,
                    **{**FAST, **extra},
                )
            )
            sides[cell] = Side(harness, brokers[cell], peer)
        yield sides


async def until(
    what: Callable[[], Awaitable[Any]], sides: Mapping[str, "Side"], seconds: float = PATIENCE
) -> Any:
    """The first answer that is true; when none comes, how things stand."""
    try:
        async with asyncio.timeout(stretched(seconds)):
            while not (found := await what()):
                await asyncio.sleep(0.1)
    except TimeoutError:
        for side in sides.values():
            await side.print()
        raise
    return found


async def authorise(side: Side, case: Case) -> None:
    for event in (case.opened(), case.authorised(), case.logged()):
        await side.harness.deliver(event)


async def open_border(sides: Mapping[str, Side], one: str, other: str) -> None:
    async def is_open() -> bool:
        return (await sides[one].partner(other))["closed"] is None

    await until(is_open, sides)


async def test_a_border_carries_is_cut_and_heals(
    postgres: Any, brokers: dict[str, Broker], files: TrustFiles, tmp_path: Path
) -> None:
    async with border(postgres, brokers, files, tmp_path) as sides:
        before = await it_carries(sides, trust_of(files, "TH"))
        await open_border(sides, "TH", "KH")
        sides["KH"].broker.kill()
        await it_is_cut_and_heals(sides, trust_of(files, "TH"), before)


async def it_carries(sides: dict[str, Side], trust: Trust) -> set[UUID]:
    """A disclosure abroad and one at home arrive, are receipted, and nothing that came is asked for again."""
    th, kh = sides["TH"], sides["KH"]
    abroad, at_home = Case(trust), Case(trust, recipient="th-legal-aid")
    await authorise(th, abroad)
    await authorise(th, at_home)

    async def both_delivered() -> bool:
        return len(await th.outgoing("delivered")) == 2

    await until(both_delivered, sides)
    assert await kh.received() == {abroad.disclosure_id}
    assert await th.received() == {at_home.disclosure_id}
    for side in (th, kh):
        assert await side.ready() == (200, {"status": "ok", "problems": {}, "degraded": {}})
    await asyncio.sleep(2)  # several signs of life
    assert await rows(kh.harness, "select * from exchange.gaps") == []
    assert await rows(th.harness, "select * from exchange.quarantine") == []
    left = "select * from exchange.inbox where received_at < now() - interval '1 second'"
    assert await rows(kh.harness, left) == []
    return {abroad.disclosure_id, at_home.disclosure_id}


async def it_is_cut_and_heals(sides: dict[str, Side], trust: Trust, before: set[UUID]) -> None:
    """Nothing is sealed for it meanwhile, protection at home goes on, and what was withdrawn meanwhile never leaves."""
    th, kh = sides["TH"], sides["KH"]

    async def is_cut() -> bool:
        return bool((await th.partner("KH"))["closed"] == "the partner is not present")

    await until(is_cut, sides)
    withdrawn, waiting, at_home = Case(trust), Case(trust), Case(trust, recipient="th-legal-aid")
    for case in (withdrawn, waiting, at_home):
        await authorise(th, case)

    async def home_is_served() -> bool:
        return at_home.disclosure_id in await th.outgoing("delivered")

    await until(home_is_served, sides)
    th.peer.withdrawn.add(str(withdrawn.disclosure_id))
    withdrawn_at = now()
    await th.harness.deliver(recall(withdrawn))
    await asyncio.sleep(2)
    assert await th.ever_sealed() == before | {at_home.disclosure_id}
    status, health = await until(lambda: _degraded(th), sides)
    assert (status, health["status"], health["problems"]) == (200, "degraded", {})
    assert "KH" in health["degraded"]["pull.KH"]
    assert (await th.partner("KH"))["broker_trouble"] is not None

    kh.broker.start()

    async def waiting_arrived() -> bool:
        return waiting.disclosure_id in await kh.received()

    await until(waiting_arrived, sides, 90)
    assert withdrawn.disclosure_id not in await kh.received() | await th.ever_sealed()
    assert [t for t in th.peer.tokens if t[0] == str(withdrawn.disclosure_id) and t[1] > withdrawn_at] == []
    answers = await rows(th.harness, "select id, answer from exchange.disclosures where answer is not null")
    assert [tuple(a) for a in answers] == [(withdrawn.disclosure_id, "never_received")]


async def _degraded(side: Side) -> tuple[int, dict[str, Any]] | None:
    status, health = await side.ready()
    return (status, health) if health["degraded"] else None
