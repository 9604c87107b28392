"""The alarm rules, the runbooks and the board hang together; that the numbers exist is shown on real cells (journeys)."""

import json
import re
from pathlib import Path

import pytest
import yaml

from corridor.alarms import RULES, Alarm, Value, alarms
from tests.architecture.test_documentation import headings

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks.md"
BOARD = ROOT / "deploy" / "observe" / "dashboard.json"
OVER_TIME = {"ServiceDown", "RequestsFail", "RequestsSlow", "ManyRefusals"}
"""What only Prometheus can weigh."""


def sections() -> set[str]:
    return set(re.findall(r"^## (\S+)$", RUNBOOKS.read_text(encoding="utf-8"), re.MULTILINE))


def test_every_alarm_has_a_runbook_and_every_runbook_an_alarm() -> None:
    assert sections() == {alarm.name for alarm in alarms()}


@pytest.mark.parametrize("alarm", alarms(), ids=lambda alarm: alarm.name)
def test_an_alarm_leads_to_its_own_section(alarm: Alarm) -> None:
    page, _, heading = alarm.runbook.partition("#")
    assert (ROOT / page, heading) == (RUNBOOKS, alarm.name.lower())
    assert heading in headings(RUNBOOKS)


def test_every_rule_is_whole() -> None:
    (group,) = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert set(rule["annotations"]) == {"summary", "runbook"}
    names = [rule["alert"] for rule in group["rules"]]
    assert len(names) == len(set(names))


def test_the_status_weighs_every_alarm_but_those_over_time() -> None:
    assert {alarm.name for alarm in alarms() if alarm.compared is None} == OVER_TIME


@pytest.mark.parametrize(("value", "rings"), [(899.0, []), (901.0, ["RecallUnanswered"])])
def test_an_alarm_rings_beyond_its_limit_and_not_before(value: float, rings: list[str]) -> None:
    values = [Value("corridor_recalls_oldest_seconds", {"partner": "KH"}, value)]
    assert [alarm.name for alarm in alarms() for _ in alarm.rings_for(values)] == rings


@pytest.mark.parametrize(("value", "rings"), [(14401.0, []), (14399.0, ["TrustListAgeing"])])
def test_an_alarm_below_a_limit_rings_too(value: float, rings: list[str]) -> None:
    values = [Value("corridor_trust_list_left_seconds", {}, value)]
    assert [alarm.name for alarm in alarms() for _ in alarm.rings_for(values)] == rings


def test_the_board_has_a_question_for_each_panel_and_no_two_in_one_place() -> None:
    panels = json.loads(BOARD.read_text(encoding="utf-8"))["panels"]
    assert all(panel["targets"] and all(target["expr"] for target in panel["targets"]) for panel in panels)
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len({panel["id"] for panel in panels}) == len(panels)
