"""The local servers themselves: they start, survive a kill on the same address, and leave nothing behind."""

import secrets

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.local.kafka import Broker, Place
from deploy.local.ports import free_port
from deploy.local.testing import Kafka


async def _send(bootstrap: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value)


async def _first(bootstrap: str, topic: str) -> bytes:
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        return (await consumer.getone()).value


async def test_a_message_goes_through_the_shared_broker(kafka, topic_prefix):
    topic = f"{topic_prefix}events"
    await kafka.create_topics({topic: 2})
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, b"hello", partition=0)
    assert await _first(kafka.bootstrap, topic) == b"hello"


async def test_a_killed_broker_comes_back_on_the_same_address_with_its_data(own_broker):
    before = own_broker.plain_bootstrap
    await Kafka(before).create_topics({"kept": 1})
    await _send(before, "kept", b"written before the kill")
    own_broker.kill()
    assert not own_broker.running
    own_broker.start()
    assert own_broker.plain_bootstrap == before
    assert await _first(before, "kept") == b"written before the kill"


async def test_a_killed_postgres_comes_back_on_the_same_address_with_its_data(own_postgres):
    connection = await asyncpg.connect(own_postgres.admin_dsn())
    await connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
    own_postgres.kill()
    own_postgres.start()
    connection = await asyncpg.connect(own_postgres.admin_dsn())
    assert await connection.fetchval("SELECT value FROM kept") == 7
    await connection.close()


async def test_a_database_is_made_for_one_test(postgres):
    owner, app = await postgres.create_database("stack")
    engine = create_async_engine(app)
    async with engine.connect() as connection:
        found = await connection.scalar(text("SELECT current_user"))
    await engine.dispose()
    assert found == owner.split("//")[1].split(":")[0].replace("_owner", "_app")


async def test_a_broker_configured_for_another_place_answers_there_by_its_name(server_run):
    directory = server_run.directory / f"placed-{secrets.token_hex(4)}"
    place = Place("localhost", free_port(), free_port(), directory / "elsewhere")
    broker = Broker(directory, name="placed", place=place)
    broker.start()
    assert broker.bootstrap == f"localhost:{place.cell_port}"
    assert (place.data / "meta.properties").exists()
    broker.kill()
