"""What an operator is told of real cells: the metrics of every service, the alarms and the board that stand on them, the status."""

import asyncio
import json
import re
from pathlib import Path

import httpx2
import pytest
import yaml

from contracts.catalogue import SERVICES
from corridor.alarms import RULES, Value
from corridor.client import Person, RefusedError
from corridor.sign_in import address
from corridor.status import read
from deploy.local.patience import Patience
from deploy.local.stack import Progress
from tests.journeys.test_command import corridor

ROOT = Path(__file__).parents[2]
BOARD = ROOT / "deploy" / "observe" / "dashboard.json"
PAGE = ROOT / "docs" / "metrics.md"
METRIC = re.compile(r"corridor_[a-z_]+")
GROUPED = re.compile(r"by \(([a-z_, ]+)\)")
WHERE = re.compile(r'[{,] ?([a-z_]+)=~?"')


async def metrics(state: Path, cell: str) -> list[Value]:
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        return [one for url in address(cell, state).metrics for one in read((await client.get(url)).text)]


@pytest.fixture
async def exposed(stack) -> list[Value]:
    """Of both cells, after somebody tried what she may not."""
    async with Person("th.worker", stack.state) as worker:
        with pytest.raises(RefusedError):
            await worker.get("/intake/v1/work")
    return [*await metrics(stack.state, "TH"), *await metrics(stack.state, "KH")]


def questions() -> list[str]:
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [*asked, *(rule["expr"] for group in groups for rule in group["rules"])]


async def test_every_metric_and_label_of_the_alarms_and_the_board_is_one_that_the_services_have(exposed):
    labels: dict[str, set[str]] = {}
    for one in exposed:
        labels.setdefault(one.metric, set()).update(one.labels)
    assert len(labels) > 20
    wrong = []
    for question in questions():
        metric_names = set(METRIC.findall(question))
        wrong += [name for name in metric_names if name not in labels]
        known = set().union(*(labels.get(name, set()) for name in metric_names)) | {"job"}
        used = {name.strip() for group in GROUPED.findall(question) for name in group.split(",")}
        wrong += [f"{question}: {label}" for label in (used | set(WHERE.findall(question))) - known]
    assert wrong == []


async def test_every_metric_of_the_services_is_asked_for_by_an_alarm_or_the_board(exposed):
    asked = {name for question in questions() for name in METRIC.findall(question)}
    histogram = {f"corridor_http_request_duration_seconds_{end}" for end in ("sum", "created")}
    made = {one.metric for one in exposed if not one.metric.endswith("_created")}
    assert made - asked - histogram == set()


async def test_every_service_of_both_cells_says_how_much_waits(exposed):
    waiting = [one for one in exposed if one.metric == "corridor_outbox_waiting"]
    assert sorted(one.labels["service"] for one in waiting) == sorted([*SERVICES, *SERVICES])
    lag = {
        (one.labels["service"], one.labels["topic"])
        for one in exposed
        if one.metric == "corridor_consumer_lag"
    }
    assert ("exchange", "consent.events") in lag
    assert ("audit", "intake.access") in lag


async def test_the_metrics_are_on_no_public_port(stack):
    for cell in ("TH", "KH"):
        at = address(cell, stack.state)
        async with httpx2.AsyncClient(trust_env=False) as client:
            for path in ("/metrics", *(f"/{service}/metrics" for service in SERVICES)):
                assert (await client.get(at.base_url + path)).status_code in {401, 404}, path
            for url in at.metrics:
                others = await client.get(url.removesuffix("/metrics") + "/v1/work")
                assert others.status_code == 404


def test_the_status_of_a_cell_is_one_answer_that_names_every_service_partner_and_age(stack):
    told = corridor(stack.state, "status", "TH", "--json")
    answer = json.loads(told.stdout)
    assert [one["service"] for one in answer["services"]] == list(SERVICES)
    assert all(one["read_s_ago"] < 120 for one in answer["services"])
    queues = {q["queue"] for one in answer["services"] if one["service"] == "exchange" for q in one["queues"]}
    assert {"outbox", "events consent.events", "work seal"} <= queues
    assert {one["partner"] for one in answer["border"]} == {"TH", "KH"}
    assert [one["closed"] for one in answer["border"]] == [None, None]
    assert 0 < answer["trust_list"]["left_s"] <= 86_400
    assert (answer["health"], told.returncode) in {
        ("healthy", 0),
        ("degraded", 2),
    }  # other journeys park and fail
    in_words = corridor(stack.state, "status", "TH")
    assert in_words.returncode == told.returncode
    assert f"TH is {answer['health']}" in in_words.stdout
    assert ".0 " not in in_words.stdout  # a count is a whole number


@pytest.fixture
def without_kh(stack):
    """The shared stack while the services of KH are down."""
    stack.servers["KH: front"].kill()
    yield stack
    stack.servers["KH: front"].start()
    asyncio.run(stack._ready(stack.cells["KH"], Progress()))


def test_a_cell_that_lost_its_partners_sign_of_life_is_failing_and_the_alarm_leads_to_its_runbook(without_kh):
    waiting = Patience()
    while (told := corridor(without_kh.state, "status", "TH", "--json")).returncode != 3:
        assert not waiting.over
    answer = json.loads(told.stdout)
    ringing = {(one["alarm"], one["labels"]["partner"], one["runbook"]) for one in answer["alarms"]}
    assert (told.returncode, answer["health"]) == (3, "failing")
    assert ("BorderClosed", "KH", "docs/runbooks.md#borderclosed") in ringing
    gone = corridor(without_kh.state, "status", "KH")
    assert (gone.returncode, "does not answer at" in gone.stdout) == (1, True)
