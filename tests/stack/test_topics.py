"""The border of a broker: a partner reads its own egress topic, and that is all it can do."""

import secrets
import ssl
from collections.abc import Iterator
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from deploy.local.certificates import write_certificates
from deploy.local.kafka import Broker
from deploy.local.topics import ProvisionError, Topic, User, provision_kafka, rights

DAY_MS = 86_400_000
TOPICS = (Topic("egress.kh", 1, DAY_MS), Topic("egress.mm", 1, DAY_MS), Topic("intake.events", 6, DAY_MS))
EXCHANGE = User("exchange", "exchange-secret", writes=("egress.kh", "egress.mm"), groups=("exchange",))
PARTNER = User("partner.kh", "partner-secret", reads=("egress.kh",))
READER_WRITER = User("intake", "intake-secret", ("intake.events",), ("intake.events",), ("intake",))


@pytest.fixture(scope="module")
def cell(server_run) -> Iterator[Broker]:
    broker = server_run.broker(f"cell-{secrets.token_hex(4)}")
    broker.start()
    provision_kafka(broker.admin_config, TOPICS, (EXCHANGE, PARTNER, READER_WRITER))
    yield broker
    broker.kill()


def login(cell: Broker, user: User, password: str | None = None) -> dict[str, object]:
    credentials = {"sasl.username": user.name, "sasl.password": password or user.password}
    return cell.admin_config | credentials


def send(cell: Broker, user: User, topic: str, password: str | None = None) -> str | None:
    """The name of the broker's refusal, or None when the message is there."""
    told: list[str | None] = []
    producer = Producer(login(cell, user, password) | {"acks": "all", "message.timeout.ms": 5_000})
    callback = lambda error, _message: told.append(error and error.name())  # noqa: E731
    try:
        producer.produce(topic, b"sealed", partition=0, on_delivery=callback)
    except KafkaException as error:
        return error.args[0].name()
    producer.flush(10)
    return told[0]


def read(cell: Broker, user: User, topic: str, **changes: object) -> bytes | str:
    """The first message, or what the first refusal says."""
    refusals: list[str] = []
    settings = {
        "group.id": "unused",
        "enable.auto.commit": False,
        "error_cb": lambda e: refusals.append(str(e)),
    }
    consumer = Consumer(login(cell, user) | settings | changes)
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    try:
        while not refusals:
            message = consumer.poll(0.1)
            if message is not None and _about_the_topic(message):
                return str(message.error()) if message.error() else message.value()
    finally:
        consumer.close()
    return "; ".join(refusals)


def may_see(cell: Broker, user: User, topic: str) -> str | None:
    """The name of the broker's refusal to tell where the topic's partitions are, which each read begins with."""
    told = AdminClient(login(cell, user)).list_topics(topic, timeout=10).topics[topic].error
    return told and told.name()


def _about_the_topic(message: Message) -> bool:
    """librdkafka asks for the group's coordinator though nothing is committed; a partner has no group."""
    return not message.error() or message.error().code() != KafkaError.GROUP_AUTHORIZATION_FAILED


def test_a_partner_reads_its_own_egress_topic(cell):
    assert send(cell, EXCHANGE, "egress.kh") is None
    assert read(cell, PARTNER, "egress.kh") == b"sealed"


def test_a_partner_is_refused_on_another_partners_topic(cell):
    assert send(cell, EXCHANGE, "egress.mm") is None
    assert may_see(cell, PARTNER, "egress.kh") is None
    assert may_see(cell, PARTNER, "egress.mm") == "TOPIC_AUTHORIZATION_FAILED"


@pytest.mark.parametrize("topic", ["egress.kh", "egress.mm", "intake.events"])
def test_a_partner_is_refused_every_write(cell, topic):
    assert send(cell, PARTNER, topic) == "TOPIC_AUTHORIZATION_FAILED"


def test_a_partner_joins_no_group(cell):
    consumer = Consumer(login(cell, PARTNER) | {"group.id": "exchange"})
    consumer.subscribe(["egress.kh"])
    message = consumer.poll(10)
    consumer.close()
    assert message.error().name() == "GROUP_AUTHORIZATION_FAILED"


def test_a_wrong_password_is_refused(cell):
    wrong = {"sasl.password": "guessed"}
    assert "Authentication failed" in read(cell, PARTNER, "egress.kh", **wrong)


def test_a_broker_whose_authority_is_not_trusted_is_refused(cell, tmp_path):
    write_certificates(tmp_path, "stranger")
    other = {"ssl.ca.location": str(tmp_path / "ca.pem")}
    assert "certificate verify failed" in read(cell, PARTNER, "egress.kh", **other)


async def test_the_services_client_sends_idempotently_and_reads_over_tls(cell):
    how = {
        "bootstrap_servers": cell.bootstrap,
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "ssl_context": ssl.create_default_context(cafile=str(cell.ca_file)),
        "sasl_plain_username": READER_WRITER.name,
        "sasl_plain_password": READER_WRITER.password,
    }
    async with AIOKafkaProducer(**how, acks="all", enable_idempotence=True) as producer:
        sent = await producer.send_and_wait("intake.events", b"by aiokafka", partition=3)
    async with AIOKafkaConsumer(
        "intake.events", **how, group_id="intake", auto_offset_reset="earliest"
    ) as reader:
        found = await reader.getone()
    assert (found.partition, found.offset, found.value) == (3, sent.offset, b"by aiokafka")


def test_provisioning_again_changes_nothing(cell):
    admin = AdminClient(cell.admin_config)
    before = rights(admin, PARTNER), set(admin.list_topics(timeout=5).topics)
    provision_kafka(cell.admin_config, TOPICS, (EXCHANGE, PARTNER))
    assert (rights(admin, PARTNER), set(admin.list_topics(timeout=5).topics)) == before


def test_a_right_that_is_no_longer_asked_for_goes(cell):
    leaving = User("leaving", "leaving-secret", reads=("egress.kh",), writes=("egress.kh",))
    provision_kafka(cell.admin_config, (), (leaving,))
    assert send(cell, leaving, "egress.kh") is None
    provision_kafka(cell.admin_config, (), (replace(leaving, writes=()),))
    assert read(cell, leaving, "egress.kh") == b"sealed"
    assert send(cell, leaving, "egress.kh") == "TOPIC_AUTHORIZATION_FAILED"


def test_a_topic_that_exists_keeps_its_partitions_where_fewer_are_asked_for(cell):
    provision_kafka(cell.admin_config, (Topic("intake.events", 3, DAY_MS),), ())
    assert len(AdminClient(cell.admin_config).list_topics(timeout=5).topics["intake.events"].partitions) == 6


def test_more_partitions_than_a_topic_has_are_refused_lest_a_stream_goes_on_in_another(cell):
    with pytest.raises(ProvisionError, match=r"egress\.kh has 1 partitions, not 2"):
        provision_kafka(cell.admin_config, (Topic("egress.kh", 2, DAY_MS),), ())
