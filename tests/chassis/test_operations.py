"""What an operator does to the pipeline: shown before, compared with what was shown, logged with a reason."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from chassis.events.consumer import Inbox, Message
from contracts.events.consent import ConsentWithdrawnV1
from contracts.events.intake import AgeGroupKnownV1
from services.audit.app import VERSIONS, build
from services.audit.settings import Settings
from tests.harness import running

WHY = {"reason": "superseded", "ticket": "OPS-12"}


@pytest.fixture
async def audit(postgres, tmp_path):
    async with running("audit", build, VERSIONS, Settings, postgres, tmp_path, vault=False) as harness:
        yield harness


def operator(audit):
    return audit.as_("operator", org="th-operations")


async def get(audit, path, **params):
    answer = await audit.client.get(path, params=params, headers=operator(audit))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(audit, path, **body):
    answer = await audit.client.post(path, json={**WHY, **body}, headers=operator(audit))
    return answer.status_code, answer.json()


async def broken(audit, event, sequence=None):
    """The event with a body that fits no class: it parks its stream."""
    meta, _ = audit.received(event, sequence=sequence)
    await audit.deliver_raw(meta, b"{}")
    return meta


async def logged(audit):
    return [body for kind, body in await audit.said() if kind == "operation.performed.v1"]


async def test_parked_streams_are_listed_by_cause_and_what_is_kept_of_one_is_shown_without_what_it_says(
    audit,
):
    case = uuid4()
    await broken(audit, AgeGroupKnownV1(case_id=case, age_group="adult", basis="declared"))
    await audit.deliver(AgeGroupKnownV1(case_id=case, age_group="adult", basis="declared"))
    (cause,) = await get(audit, "/v1/parked/causes")
    assert (cause["reason"], cause["streams"]) == ("the body does not fit AgeGroupKnownV1", 1)
    (stream,) = (await get(audit, f"/v1/parked/causes/{cause['id']}"))["items"]
    assert (stream["stream"], stream["sequence"]) == (str(case), 1)
    events = (await get(audit, "/v1/parked", stream=str(case)))["items"]
    assert [(e["sequence"], e["type"], e["protects"]) for e in events] == [
        (1, "age_group.known.v1", False),
        (2, "age_group.known.v1", False),
    ]


async def test_one_event_is_given_up_only_as_it_was_shown_and_the_log_says_who_and_why(audit):
    case = uuid4()
    meta = await broken(audit, AgeGroupKnownV1(case_id=case, age_group="adult", basis="declared"))
    (event,) = (await get(audit, "/v1/parked", stream=str(case)))["items"]
    which = {"source": meta.source, "stream": str(case), "sequence": 1}
    assert (await post(audit, "/v1/parked/discard", **which, expected="0" * 12))[0] == 412
    assert await logged(audit) == []
    answer = await post(audit, "/v1/parked/discard", **which, expected=event["cause"])
    assert answer == (200, {"sequence": 1, "still_parked": 0})
    assert (await post(audit, "/v1/parked/discard", **which, expected=event["cause"]))[0] == 404
    (said,) = await logged(audit)
    assert (
        said["operation"],
        said["operation_reason"],
        said["ticket"],
        said["stream"],
        said["position"],
    ) == (*("discard_event", "superseded", "OPS-12", str(case), 1),)
    async with audit.service.database.engine.connect() as conn:
        rows = await conn.execute(text("select actor, topic, stream from chassis.outbox"))
        assert [tuple(row) for row in rows] == [("th.operator", "audit.access", str(case))]


async def test_what_protects_is_never_given_up(audit):
    case = uuid4()
    meta = await broken(audit, ConsentWithdrawnV1(case_id=case, consent_id=uuid4(), revision=2))
    (event,) = (await get(audit, "/v1/parked", stream=str(case)))["items"]
    assert event["protects"]
    which = {"source": meta.source, "stream": str(case), "sequence": 1, "expected": event["cause"]}
    status, problem = await post(audit, "/v1/parked/discard", **which)
    assert (status, problem["code"], await logged(audit)) == (409, "wrong-state", [])


async def test_a_gap_is_passed_over_only_as_it_was_shown(audit):
    case = uuid4()
    known = AgeGroupKnownV1(case_id=case, age_group="adult", basis="declared")
    await audit.deliver(known)
    meta, payload = audit.received(known, sequence=3)
    await audit.deliver_raw(meta, payload)
    stream = {"source": meta.source, "stream": str(case)}
    assert (await post(audit, "/v1/parked/replay", **stream))[1] == {"replayed": 0, "still_parked": 1}
    assert (await post(audit, "/v1/parked/replay", **stream, over_gap=2))[0] == 412
    answer = await post(audit, "/v1/parked/replay", **stream, over_gap=3)
    assert answer == (200, {"replayed": 1, "still_parked": 0})
    assert [said["operation"] for said in await logged(audit)] == ["replay_stream", "replay_stream"]
    assert (await post(audit, "/v1/parked/replay", **stream))[0] == 404


async def test_a_cause_is_replayed_as_work_with_progress(audit):
    for _ in range(3):
        await broken(audit, AgeGroupKnownV1(case_id=uuid4(), age_group="adult", basis="declared"))
    (cause,) = await get(audit, "/v1/parked/causes")
    assert (await post(audit, "/v1/replays", cause=cause["id"], expected=2))[0] == 412
    assert (await post(audit, "/v1/replays", cause=cause["id"], over_gap=True))[0] == 412
    status, begun = await post(audit, "/v1/replays", cause=cause["id"], expected=3)
    assert status == 201
    assert await post(audit, "/v1/replays", cause=cause["id"]) == (200, begun)
    while await audit.work():
        pass
    replay = await get(audit, f"/v1/replays/{begun['id']}")
    assert (replay["state"], replay["streams"], replay["freed"], replay["still_parked"]) == ("done", 3, 0, 3)
    assert [one["id"] for one in (await get(audit, "/v1/replays"))["items"]] == [begun["id"]]
    assert [(said["operation"], said["streams"]) for said in await logged(audit)] == [("replay_cause", 3)]


async def test_a_stopped_consumer_is_shown_and_goes_on_when_an_operator_says_so(audit):
    inbox = Inbox(audit.service.database, audit.service.subscriptions)
    events = [AgeGroupKnownV1(case_id=uuid4(), age_group="adult", basis="declared") for _ in range(8)]
    messages = [
        Message("t", 0, n, audit.received(event)[0].headers(), b"{}") for n, event in enumerate(events)
    ]
    with pytest.raises(Exception, match="too much"):
        await inbox.take(inbox.read(messages))
    state = await get(audit, "/v1/consumer")
    assert (state["stop"]["reason"], state["parked"], state["limit"]) == (
        *("the body does not fit AgeGroupKnownV1", 0, 25),
    )
    path = f"/v1/stops/{state['stop']['id']}/end"
    assert (await post(audit, path, allow=100))[0] == 200
    assert (await post(audit, path, allow=100))[0] == 412
    assert (await post(audit, f"/v1/stops/{uuid4()}/end"))[0] == 404
    await inbox.take(inbox.read(messages))
    state = await get(audit, "/v1/consumer")
    assert (state["stop"], state["parked"], state["limit"]) == (None, 8, 125)
    assert [(said["operation"], said["streams"]) for said in await logged(audit)] == [("end_stop", 100)]


async def test_failed_work_is_tried_again_with_a_reason_in_the_log(audit):
    work_id = uuid4()
    async with audit.service.database.engine.begin() as conn:
        await conn.execute(
            text("insert into chassis.work (id, kind, key, payload, due_at, state) values (:id, 'purge', 'x', '{}', now(), 'failed')"),
            {"id": work_id},
        )  # fmt: skip
    assert (await post(audit, f"/v1/work/{work_id}/retry"))[0] == 200
    (said,) = await logged(audit)
    assert (said["operation"], said["target_id"]) == ("retry_work", str(work_id))


@pytest.mark.parametrize(
    "why", [{}, {"reason": "because"}, {"reason": "accepted", "ticket": "she asked for it"}]
)
async def test_nothing_is_done_without_a_reason_of_the_list_and_no_words_go_into_the_log(audit, why):
    body = {"source": "/th/consent", "stream": "x", **why}
    answer = await audit.client.post("/v1/parked/replay", json=body, headers=operator(audit))
    assert (answer.status_code, await logged(audit)) == (422, [])


async def on(audit, topic, offset):
    async with audit.service.database.engine.begin() as conn:
        await conn.execute(text("insert into chassis.offsets values (:t, 0, :o)"), {"t": topic, "o": offset})


async def test_an_offset_is_moved_back_or_to_what_the_broker_still_has_and_never_past_an_event(
    postgres, tmp_path, kafka, topic_prefix
):
    from aiokafka import AIOKafkaProducer

    from tests.chassis.test_consumer_broker import delete_at

    topic = topic_prefix + "consent.events"
    await kafka.create_topics({topic: 1})
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    for _ in range(6):
        await producer.send_and_wait(topic, b"{}", partition=0)
    await producer.stop()
    more = {"vault": False, "kafka": kafka.bootstrap, "topic_prefix": topic_prefix}
    async with running("audit", build, VERSIONS, Settings, postgres, tmp_path, **more) as audit:
        await on(audit, topic, 1)
        await delete_at(kafka.bootstrap, topic, 0, 3)
        (shown,) = await get(audit, "/v1/offsets")
        assert (shown["next_offset"], shown["first"], shown["end"]) == (1, 3, 6)
        which = {"topic": topic, "partition": 0}
        for expected, to, status in (
            (2, 3, 412),
            (1, 4, 422),
            (1, 2, 422),
            (1, 7, 422),
            (1, 3, 200),
            (3, 4, 422),
        ):
            assert (await post(audit, "/v1/offsets", **which, expected=expected, to=to))[0] == status
        assert (await post(audit, "/v1/offsets", topic="another", partition=0, expected=0, to=0))[0] == 404
        (said,) = await logged(audit)
        assert (said["operation"], said["position"], said["moved_to"]) == ("move_offset", 1, 3)


async def test_an_offset_is_not_moved_while_the_broker_does_not_say_what_it_has(audit):
    await on(audit, "consent.events", 1)
    assert [one["first"] for one in await get(audit, "/v1/offsets")] == [None]
    status, _ = await post(audit, "/v1/offsets", topic="consent.events", partition=0, expected=1, to=0)
    assert (status, await logged(audit)) == (503, [])
