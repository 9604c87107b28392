"""Over TLS with a login and rights, as in a cell: what is allowed works, what is not is named and not waited for."""

import asyncio
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from chassis.events.kafka import KafkaLink
from deploy.local.topics import Topic, User, provision_kafka
from tests.chassis.pipeline import TOPIC, Probe, Side, eventually, given, running, side

DAY_MS = 86_400_000


def logged_in(one: Side, broker: Any, user: str, bootstrap: str) -> Side:
    settings = one.settings.model_copy(
        update={
            "kafka_bootstrap": bootstrap,
            "kafka_user": user,
            "kafka_password": SecretStr(f"{user}-password"),
            "kafka_ca_file": broker.ca_file,
        }
    )
    return Side(settings, one.database, KafkaLink(settings, user), one.owner_url)


async def test_a_cell_with_rights_and_a_service_without(postgres: Any, own_broker: Any) -> None:
    users = [
        User("consent", "consent-password", writes=(TOPIC,)),
        User("referral", "referral-password", reads=(TOPIC,), groups=("referral",)),
        User("notify", "notify-password", writes=("notify.events",), groups=("notify",)),
    ]
    topics = [Topic(name, 3, DAY_MS) for name in (TOPIC, "notify.events")]
    await asyncio.to_thread(provision_kafka, own_broker.admin_config, topics, users)
    async with side(postgres, "consent") as saying, side(postgres, "referral") as handling:
        consent = logged_in(saying, own_broker, "consent", own_broker.bootstrap)
        referral = logged_in(handling, own_broker, "referral", own_broker.bootstrap)
        case = uuid4()
        async with running(consent.relay(), referral.consumer(Probe())):
            await consent.say(given(case, 1), given(case, 2))
            await eventually(lambda: _arrived(referral, 2))
        forbidden = logged_in(handling, own_broker, "notify", own_broker.bootstrap)
        reads, writes = (
            forbidden.consumer(Probe()),
            logged_in(saying, own_broker, "notify", own_broker.bootstrap),
        )
        relay = writes.relay()
        async with running(reads, relay):
            await writes.say(given(case, 3))
            await eventually(lambda: _names(reads, TOPIC))
            await eventually(lambda: _names(relay, TOPIC))
            assert relay.healthy() == f"topic {TOPIC} does not exist or may not be written"
            assert reads.healthy() == f"topics {TOPIC} do not exist or may not be read"


async def _arrived(referral: Side, count: int) -> bool:
    return len(await referral.effects()) >= count


async def _names(loop: Any, topic: str) -> bool:
    return topic in (loop.healthy() or "")
