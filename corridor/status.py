"""`corridor status`: one answer with every service, queue, border and the trust list of a cell, and how old what waits is."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx2
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from contracts.catalogue import SERVICES
from corridor.alarms import Value, alarms
from corridor.client import Person
from corridor.operating import operator, shown
from corridor.sign_in import NoStackError, address
from deploy.local.patience import stretched

ANSWER_S = 10
HEALTHY, DEGRADED, FAILING = "healthy", "degraded", "failing"
EXITS: Mapping[str, int] = {HEALTHY: 0, DEGRADED: 2, FAILING: 3}
"""1 is left for a cell that cannot be asked."""
_BY_SEVERITY = {"warning": DEGRADED, "critical": FAILING}
_BY_READINESS = {"ok": HEALTHY, "degraded": DEGRADED}

Row = dict[str, Any]


async def show_status(cell: str, console: Console, *, as_json: bool) -> int:
    """Print it; the exit code says how the cell is."""
    answer = await asked(cell)
    if as_json:
        console.print_json(json.dumps(answer))
    else:
        _print(answer, console)
    return EXITS[answer["health"]]


async def asked(cell: str) -> Row:
    """The same as data. Raises NoStackError for a cell that does not answer."""
    async with operator(cell) as person:
        ready = [await _ready(person, service) for service in SERVICES]
    values = await _values(cell)
    services = [row | _of_service(row["service"], values) for row in ready]
    ringing = list(_ringing(values))
    found = {_BY_READINESS.get(row["status"], FAILING) for row in ready}
    found |= {_BY_SEVERITY[alarm["severity"]] for alarm in ringing}
    return {
        "cell": cell,
        "health": max(found, key=lambda health: EXITS[health]),
        "services": services,
        "border": list(_border(values)),
        "trust_list": _trust_list(values),
        "alarms": ringing,
    }


async def _ready(person: Person, service: str) -> Row:
    said = await person.look(f"/{service}/health/ready")
    status = said.get("status")
    if status not in {"ok", "degraded", "failing"}:  # the front answered in its place
        return {"service": service, "status": "down", "problems": {}, "degraded": {}}
    return {"service": service, "status": status, "problems": said["problems"], "degraded": said["degraded"]}


async def _values(cell: str) -> list[Value]:
    """A process that is down shows nothing; that it is down its readiness says."""
    pages = address(cell).metrics
    if not pages:
        raise NoStackError(f"cell {cell} shows no metrics: it was started by an earlier version")
    values: list[Value] = []
    async with httpx2.AsyncClient(timeout=stretched(ANSWER_S), trust_env=False) as client:
        for url in pages:
            try:
                values += read((await client.get(url)).text)
            except httpx2.TransportError:
                continue
    return values


def read(page: str) -> list[Value]:
    """The lines of a page of metrics."""
    return [
        Value(sample.name, dict(sample.labels), sample.value)
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    ]


def _counted(value: float) -> float:
    """The same number, and a whole one where it counts things: nobody has 2.0 streams."""
    return int(value) if value.is_integer() else value


def _of_service(service: str, values: Sequence[Value]) -> Row:
    own = [one for one in values if one.labels.get("service") == service]
    queues = [_queue(own, "outbox", "corridor_outbox_waiting", "corridor_outbox_oldest_seconds", {})]
    for kind, label, waiting, oldest in (
        ("events", "topic", "corridor_consumer_lag", "corridor_consumer_oldest_seconds"),
        ("work", "kind", "corridor_work_waiting", "corridor_work_oldest_seconds"),
    ):
        names = sorted({one.labels[label] for one in own if one.metric == waiting})
        queues += [_queue(own, f"{kind} {name}", waiting, oldest, {label: name}) for name in names]
    return {
        "queues": [queue for queue in queues if queue["waiting"] is not None],
        "parked_streams": _one(own, "corridor_parked_streams", {}),
        "failed_work": _counted(sum((one.value for one in own if one.metric == "corridor_work_failed"), 0.0)),
        "read_s_ago": _one(own, "corridor_readings_age_seconds", {}),
    }


def _queue(own: Sequence[Value], name: str, waiting: str, oldest: str, labels: Mapping[str, str]) -> Row:
    return {"queue": name, "waiting": _one(own, waiting, labels), "oldest_s": _one(own, oldest, labels)}


def _one(values: Sequence[Value], metric: str, labels: Mapping[str, str]) -> float | None:
    found = (one for one in values if one.metric == metric and labels.items() <= one.labels.items())
    return next((_counted(one.value) for one in found), None)


def _border(values: Sequence[Value]) -> Iterator[Row]:
    partners = sorted({one.labels["partner"] for one in values if one.metric == "corridor_border_present"})
    for partner in partners:
        of = {"partner": partner}
        closed = [
            one.labels["reason"]
            for one in values
            if one.metric == "corridor_border_closed" and one.value and one.labels["partner"] == partner
        ]
        yield {
            **of,
            "closed": closed[0] if closed else None,
            "present": bool(_one(values, "corridor_border_present", of)),
            "heard_s_ago": _one(values, "corridor_border_heard_seconds", of),
            "waiting": _one(values, "corridor_border_waiting", of),
            "gaps": _one(values, "corridor_border_gaps", of),
            "quarantined": _one(values, "corridor_border_quarantined", of),
            "unanswered_recalls": _one(values, "corridor_recalls_unanswered", of) or 0,
            "oldest_recall_s": _one(values, "corridor_recalls_oldest_seconds", of) or 0,
        }


def _trust_list(values: Sequence[Value]) -> Row:
    return {
        "age_s": _one(values, "corridor_trust_list_age_seconds", {}),
        "left_s": _one(values, "corridor_trust_list_left_seconds", {}),
    }


def _ringing(values: Sequence[Value]) -> Iterator[Row]:
    for alarm in alarms():
        for one in alarm.rings_for(values):
            about = {"value": one.value, "labels": one.labels, "runbook": alarm.runbook}
            yield {"alarm": alarm.name, "severity": alarm.severity, **about}


def _print(answer: Row, console: Console) -> None:
    rows = [_line(one) for one in answer["services"]]
    columns = ("service", "status", "events_waiting", "work_waiting", "oldest", "parked", "failed_work")
    shown(console, columns, rows, "no service")
    partners = [{**one, "heard_ago": _span(one["heard_s_ago"])} for one in answer["border"]]
    columns = ("partner", "closed", "heard_ago", "waiting", "gaps", "quarantined", "unanswered_recalls")
    shown(console, columns, partners, "no partner")
    left = answer["trust_list"]["left_s"]
    console.print(f"trust list: {'none' if left is None else f'in force for {_span(left)}'}")
    for one in answer["services"]:
        for part, what in {**one["problems"], **one["degraded"]}.items():
            console.print(f"{one['service']}, {part}: {what}", markup=False, soft_wrap=True)
    for ring in answer["alarms"]:
        labels = ", ".join(f"{k} {v}" for k, v in ring["labels"].items())
        console.print(f"{ring['alarm']} ({labels}): {ring['runbook']}", markup=False, soft_wrap=True)
    console.print(f"{answer['cell']} is {answer['health']}")


def _line(service: Row) -> Row:
    queues = service["queues"]
    events = sum(one["waiting"] for one in queues if not one["queue"].startswith("work "))
    work = sum(one["waiting"] for one in queues if one["queue"].startswith("work "))
    oldest = max((one["oldest_s"] or 0.0 for one in queues), default=None)
    return {
        "service": service["service"],
        "status": service["status"],
        "events_waiting": f"{events:.0f}",
        "work_waiting": f"{work:.0f}",
        "oldest": _span(oldest),
        "parked": service["parked_streams"],
        "failed_work": service["failed_work"],
    }


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "never"
    sign = "-" if seconds < 0 else ""
    return sign + str(timedelta(seconds=round(abs(seconds))))
