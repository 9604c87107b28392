"""The running service on a real broker: a referral comes from one topic and its disclosure goes out on another."""

import asyncio
import json
from contextlib import AsyncExitStack
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from contracts.catalogue import entry_for, topics_read_by, topics_written_by
from deploy.local.patience import stretched
from services.consent.app import VERSIONS, build
from services.consent.settings import Settings
from tests.consent.making import (
    SENDER,
    age_known,
    agreement_changed,
    answer,
    case_opened,
    directory_changed,
    referral_sent,
)
from tests.harness import running

SECONDS = 20


@pytest.mark.slow
async def test_a_referral_that_is_sent_is_answered_with_its_disclosure(
    postgres, kafka, topic_prefix, tmp_path
):
    topics = {*topics_read_by("consent"), *topics_written_by("consent")}
    await kafka.create_topics({topic_prefix + topic: 1 for topic in topics})
    case_id = uuid4()
    started = {"kafka": kafka.bootstrap, "topic_prefix": topic_prefix, "start": True}
    async with AsyncExitStack() as stack:
        harness = await stack.enter_async_context(
            running("consent", build, VERSIONS, Settings, postgres, tmp_path, **started)
        )
        producer = await stack.enter_async_context(AIOKafkaProducer(bootstrap_servers=kafka.bootstrap))
        case = (case_opened(case_id, uuid4()), age_known(case_id))
        for told in (agreement_changed(), directory_changed(), *case):
            await publish(producer, harness, topic_prefix, told)
        await asyncio.wait_for(give(harness, case_id), stretched(SECONDS))
        sent = referral_sent(case_id)
        await asyncio.wait_for(allowed(harness, sent), stretched(SECONDS))
        await publish(producer, harness, topic_prefix, sent)
        reader = await stack.enter_async_context(
            AIOKafkaConsumer(
                topic_prefix + "consent.events",
                bootstrap_servers=kafka.bootstrap,
                auto_offset_reset="earliest",
            )
        )
        said = await asyncio.wait_for(first(reader, "disclosure.authorised.v1"), stretched(SECONDS))
    assert (said["referral_id"], said["case_id"]) == (str(sent.referral_id), str(case_id))


async def publish(producer, harness, prefix, event):
    meta, payload = harness.received(event)
    topic = prefix + entry_for(type(event), meta.source.rpartition("/")[2]).topic
    await producer.send_and_wait(topic, payload, key=meta.stream.encode(), headers=meta.headers())


async def give(harness, case_id):
    """As soon as the service has heard of the case."""
    headers = harness.as_("case_worker", org=SENDER)
    status = 404
    while status == 404:
        await asyncio.sleep(0.05)
        answered = await harness.client.post(f"/v1/cases/{case_id}/consents", json=answer(), headers=headers)
        status = answered.status_code
    assert status == 201


async def allowed(harness, sent):
    """Until agreement and directory, which come by other topics, are known: as a worker's preview would show."""
    names = ("case_id", "purpose", "recipient", "recipient_cell", "recipient_role", "fields")
    question, headers = sent.model_dump(mode="json", include=set(names)), harness.as_service("referral")
    refusal = "not asked"
    while refusal is not None:
        await asyncio.sleep(0.05)
        answered = await harness.client.post("/internal/v1/preview", json=question, headers=headers)
        refusal = answered.json()["refusal"]


async def first(reader, type_):
    async for record in reader:
        if dict(record.headers)["ce_type"].decode() == type_:
            return json.loads(record.value)
    return None
