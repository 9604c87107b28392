"""What an operator sees in numbers: queues with their age, requests by route, refusals by action; and nobody in any of it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from pydantic import ValidationError
from sqlalchemy import event, text

from chassis.endings import within
from chassis.observe.metrics import Gauge, Metrics, page
from chassis.outbox import DueWork
from chassis.readings import lag, work
from chassis.settings import Settings as ChassisSettings
from chassis.web.http_server import server
from chassis.web.metrics_page import metrics_page
from chassis.work import WorkItem, WorkKind, WorkPostponed, WorkRunner
from contracts.events.intake import AgeGroupKnownV1
from corridor.status import Value, read
from deploy.local.certificates import Authority
from services.audit.app import VERSIONS, build
from services.audit.settings import Settings
from tests.chassis.pipeline import PARTITIONS, TOPIC, Probe, eventually, given, side
from tests.chassis.pipeline import running as running_loops
from tests.harness import Harness, running

CANARY = "Somchai-canary"
KNOWN = AgeGroupKnownV1(case_id=uuid4(), age_group="adult", basis="declared")


@pytest.fixture
async def audit(postgres: Any, tmp_path: Path) -> AsyncIterator[Harness]:
    more = {"vault": False, "metrics_port": 1}
    async with running("audit", build, VERSIONS, Settings, postgres, tmp_path, **more) as harness:
        yield harness


async def shown(harness: Harness) -> str:
    """The page as Prometheus reads it, with whatever waits now."""
    service = harness.service
    service.readings._next = 0.0
    transport = httpx2.ASGITransport(metrics_page([service.metrics], [service.readings.refresh]))
    async with httpx2.AsyncClient(transport=transport, base_url="http://operators") as client:
        answer = await client.get("/metrics")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    return answer.text


def of(values: list[Value], metric: str, **labels: str) -> list[float]:
    return [v.value for v in values if v.metric == metric and labels.items() <= v.labels.items()]


async def change(harness: Harness, statement: str, **parameters: Any) -> None:
    async with harness.service.database.engine.begin() as conn:
        await conn.execute(text(statement), parameters)


async def test_what_is_said_and_not_published_is_counted_with_the_age_of_the_oldest(audit: Harness) -> None:
    assert of(read(await shown(audit)), "corridor_outbox_waiting") == [0]
    database = audit.service.database
    async with database.transaction(database.system()) as tx:
        tx.publish("egress.kh", "x", b"one")
        tx.publish("egress.kh", "x", b"two")
    await change(audit, "update chassis.outbox set time = now() - interval '100 s' where pos = 1")
    values = read(await shown(audit))
    assert of(values, "corridor_outbox_waiting", service="audit") == [2]
    (age,) = of(values, "corridor_outbox_oldest_seconds")
    assert 100 <= age < 160
    await change(audit, "update chassis.relay set max_pos = 2")
    values = read(await shown(audit))
    assert of(values, "corridor_outbox_waiting") + of(values, "corridor_outbox_oldest_seconds") == [0, 0]


async def test_work_that_is_put_off_has_waited_since_it_was_due_first(audit: Harness) -> None:
    database, settings = audit.service.database, audit.service.settings

    async def act(_: WorkItem) -> None:
        raise WorkPostponed(60)

    async def finish(_tx: Any, _item: WorkItem, _result: Any) -> None: ...

    runner = WorkRunner(settings, database, [WorkKind("seal", act, finish)])
    async with database.transaction(database.system()) as tx:
        tx.say(DueWork("seal", "a", due_at=tx.now - timedelta(seconds=500)))
        tx.say(DueWork("seal", "b", due_at=tx.now + timedelta(hours=1)), DueWork("mail", "unknown here"))
    assert await runner.run_due() == 1
    async with database.transaction(database.system()) as tx:
        waiting, oldest, failed = await work(["seal"])(tx)
    assert (waiting.value, waiting.labels, failed.value) == (1, ("seal",), 0)
    assert 500 <= oldest.value < 560


async def test_work_that_was_given_up_is_counted_by_its_kind(audit: Harness) -> None:
    await change(
        audit,
        "insert into chassis.work (id, kind, key, payload, due_at, state)"
        " values (:id, 'purge', 'x', '{}', now(), 'failed')",
        id=uuid4(),
    )
    values = read(await shown(audit))
    assert of(values, "corridor_work_failed", kind="purge") == [1]
    assert of(values, "corridor_work_waiting", kind="purge") == [0]


async def test_streams_that_stand_still_are_counted_by_cause(audit: Harness) -> None:
    assert of(read(await shown(audit)), "corridor_parked_streams") == [0]
    meta, _ = audit.received(KNOWN)
    await audit.deliver_raw(meta, b"{}")
    answer = await audit.client.get("/v1/parked/causes", headers=audit.as_("operator", org="th-operations"))
    (cause,) = answer.json()
    values = read(await shown(audit))
    by_cause = of(values, "corridor_parked_streams_by_cause", cause=cause["id"], reason=cause["reason"])
    assert of(values, "corridor_parked_streams") + by_cause == [1, 1]
    assert 0 < of(values, "corridor_parked_oldest_seconds")[0] < 60


async def test_the_database_is_asked_once_in_fifteen_seconds_however_often_somebody_reads(
    audit: Harness,
) -> None:
    asked: list[Any] = []
    await shown(audit)
    event.listen(audit.service.database.engine.sync_engine, "checkout", lambda *one: asked.append(one))
    for _ in range(5):
        await audit.service.readings.refresh()
    assert asked == []
    await shown(audit)
    assert len(asked) == 1


async def test_a_database_that_is_away_is_told_by_the_age_of_what_it_said_last(
    audit: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shown(audit)

    async def away(_: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(audit.service.readings, "_asks", [away])
    await asyncio.sleep(0.3)
    values = read(await shown(audit))
    assert of(values, "corridor_readings_age_seconds")[0] > 0.3
    assert of(values, "corridor_outbox_waiting") == []


async def test_a_request_is_counted_by_its_route_and_nothing_that_was_sent_is_in_the_page(
    audit: Harness,
) -> None:
    headers = audit.as_("auditor") | {"Host": f"{CANARY}.example", "traceparent": CANARY}
    await audit.client.get(f"/v1/trails/{uuid4()}?{CANARY}={CANARY}", headers=headers)
    await audit.client.get(f"/{CANARY}", headers=headers)
    await audit.client.request(CANARY.upper(), f"/v1/trails/{CANARY}", headers=headers)
    await audit.client.get("/health/live")
    shown_ = await shown(audit)
    counts = [v for v in read(shown_) if v.metric == "corridor_http_request_duration_seconds_count"]
    assert {v.labels["http_route"] for v in counts} <= {"", "/v1/trails/{case_id}"}
    assert sum(v.value for v in counts) == 3
    assert {frozenset(v.labels) for v in counts} == {
        frozenset({"service", "http_request_method", "http_route", "http_response_status_code"})
    }
    assert CANARY.lower() not in shown_.lower()


async def test_a_refusal_of_the_policies_is_counted_by_its_action(audit: Harness) -> None:
    for _ in range(2):
        refused = await audit.client.get("/v1/work", headers=audit.as_("worker"))
        assert refused.status_code == 403
    values = read(await shown(audit))
    refusals = [v for v in values if v.metric == "corridor_policy_refusals_total"]
    assert refusals == [
        Value("corridor_policy_refusals_total", {"service": "audit", "action": "work.read"}, 2)
    ]


def test_a_label_that_is_no_word_of_ours_is_not_repeated() -> None:
    metrics = Metrics("audit")
    reasons = Gauge("parked", "…", ("reason",))
    metrics.show([reasons.at(1, "ValueError"), reasons.at(2, f"{CANARY}@example.org")])
    values = {v.labels["reason"]: v.value for v in read(page([metrics]).decode())}
    assert values == {"ValueError": 1, "other": 2}


def test_the_services_of_one_process_are_one_page_with_each_name_once() -> None:
    services = [Metrics("audit"), Metrics("consent")]
    waiting = Gauge("outbox.waiting", "Events that are not published yet.")
    for number, metrics in enumerate(services):
        metrics.show([waiting.at(number)])
    shown_ = page(services).decode()
    assert shown_.count("# TYPE corridor_outbox_waiting gauge") == 1
    assert {v.labels["service"]: v.value for v in read(shown_)} == {"audit": 0, "consent": 1}


async def test_a_service_is_behind_by_what_it_has_not_handled_and_as_old_as_the_first_of_it(
    postgres: Any, kafka: Any, topic_prefix: str
) -> None:
    await kafka.create_topics({topic_prefix + TOPIC: PARTITIONS})
    held = asyncio.Event()

    async def hold(_: Any) -> None:
        await held.wait()

    probe = Probe(before_save=hold)
    async with (
        side(postgres, "consent", kafka=kafka.bootstrap, prefix=topic_prefix) as consent,
        side(postgres, "referral", kafka=kafka.bootstrap, prefix=topic_prefix) as referral,
    ):
        consumer = referral.consumer(probe)
        ask = lag(consumer, referral.settings)

        async def behind() -> dict[tuple[str, ...], float]:
            async with referral.database.transaction(referral.database.system()) as tx:
                return {(s.gauge.name, *s.labels): s.value for s in await ask(tx)}

        await consent.say(*(given(uuid4(), 1) for _ in range(7)))
        await consent.run("update chassis.outbox set time = now() - interval '200 s'")
        async with running_loops(consent.relay(), consumer):
            await eventually(lambda: probed(probe))
            found = await behind()
            held.set()
            await eventually(lambda: caught_up(behind))
            after = await behind()
    assert (found["consumer.lag", TOPIC], found["consumer.stopped",]) == (7, 0)
    assert 200 <= found["consumer.oldest", TOPIC] < 260
    assert (after["consumer.lag", TOPIC], after["consumer.oldest", TOPIC]) == (0, 0)


async def probed(probe: Probe) -> bool:
    return probe.handled == 7


async def caught_up(behind: Any) -> bool:
    found = await behind()
    return bool(found["consumer.lag", TOPIC] == found["consumer.oldest", TOPIC] == 0)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.7", "::"])
def test_metrics_beyond_this_machine_need_tls_and_the_cells_authority(host: str, tmp_path: Path) -> None:
    given_: dict[str, Any] = {
        "cell": "TH",
        "database_url": "postgresql+asyncpg://nobody@127.0.0.1:1/none",
        "kafka_bootstrap": "127.0.0.1:1",
        "metrics_port": 9464,
    }
    assert ChassisSettings(**given_).metrics_host == "127.0.0.1"
    with pytest.raises(ValidationError, match="CORRIDOR_METRICS_HOST"):
        ChassisSettings(**given_, metrics_host=host)
    tls = {f"tls_{what}_file": tmp_path / what for what in ("certificate", "key")}
    with pytest.raises(ValidationError, match="CORRIDOR_METRICS_HOST"):
        ChassisSettings(**given_, metrics_host=host, **tls)
    assert (
        ChassisSettings(**given_, metrics_host=host, **tls, tls_ca_file=tmp_path / "ca").metrics_host == host
    )


async def test_only_who_has_a_certificate_of_the_cell_reads_the_metrics_over_tls(tmp_path: Path) -> None:
    for code in ("th", "kh"):
        (tmp_path / code).mkdir()
        authority = Authority(tmp_path / code, code)
        authority.issue(tmp_path / code / "tls.pem", tmp_path / code / "tls.key", "localhost")
    own = Authority(tmp_path / "th", "th").file
    pair = (str(tmp_path / "th" / "tls.pem"), str(tmp_path / "th" / "tls.key"))
    serving = server(metrics_page([Metrics("audit")], []), "127.0.0.1", 0, tls=pair, callers=own)
    task = asyncio.create_task(serving.serve())
    while not serving.started:
        await asyncio.sleep(0.01)
    port = serving.servers[0].sockets[0].getsockname()[1]
    try:
        assert await status_with(own, port, tmp_path / "th") == 200
        assert await status_with(own, port, tmp_path / "kh") is None  # a partner's certificate
        assert await status_with(own, port, None) is None
    finally:
        serving.should_exit = True
        await within(5, task)


async def status_with(trusted: Path, port: int, folder: Path | None) -> int | None:
    context = ssl.create_default_context(cafile=trusted)
    if folder is not None:
        context.load_cert_chain(folder / "tls.pem", folder / "tls.key")
    try:
        async with httpx2.AsyncClient(verify=context, trust_env=False) as client:
            return int((await client.get(f"https://localhost:{port}/metrics")).status_code)
    except httpx2.TransportError:
        return None
