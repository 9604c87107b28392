"""The alarms of deploy/observe/alarms.yml, weighed now: those that compare a metric with a number, as Prometheus would."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from deploy.local.place import ROOT

RULES = ROOT / "deploy" / "observe" / "alarms.yml"
_COMPARED = re.compile(r"(?P<metric>corridor_\w+) (?P<sign>[<>]) (?P<limit>[0-9.]+)")


@dataclass(frozen=True, slots=True)
class Value:
    """One line of a page of metrics."""

    metric: str
    labels: dict[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Alarm:
    """A rule. What it compares over time only Prometheus can weigh."""

    name: str
    expr: str
    severity: str
    runbook: str
    compared: "re.Match[str] | None" = field(repr=False, default=None)

    def rings_for(self, values: Sequence[Value]) -> Iterator[Value]:
        if self.compared is None:
            return
        metric, limit = self.compared["metric"], float(self.compared["limit"])
        for one in values:
            over = one.value > limit if self.compared["sign"] == ">" else one.value < limit
            if one.metric == metric and over:
                yield one


def alarms(rules: Path = RULES) -> list[Alarm]:
    groups: list[dict[str, Any]] = yaml.safe_load(rules.read_text(encoding="utf-8"))["groups"]
    return [_alarm(rule) for group in groups for rule in group["rules"]]


def _alarm(rule: dict[str, Any]) -> Alarm:
    expr = str(rule["expr"]).strip()
    severity, runbook = rule["labels"]["severity"], rule["annotations"]["runbook"]
    return Alarm(rule["alert"], expr, severity, runbook, _COMPARED.fullmatch(expr))
