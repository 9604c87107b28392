"""The rules of the country that she leaves, read from a file of data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from chassis.clock import day_of
from services.returns.domain.blocks import Moment, Rules
from services.returns.domain.fitness import FitnessRules


@dataclass(frozen=True, slots=True)
class Country:
    """Its rules, and its time zone: a day is a day of the place."""

    rules: Rules
    zone: ZoneInfo

    def day(self, at: datetime) -> date:
        return day_of(at, self.zone)

    def moment(self, now: datetime, arrives_at: datetime, clearer: str | None) -> Moment:
        return Moment(now, self.day(now), self.day(arrives_at), clearer)


def read_rules(path: Path, cell: str, zone: ZoneInfo) -> Country:
    """What the country does not say is as in the default. Raises KeyError and ValueError for a file that is no rules."""
    countries: Mapping[str, Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["countries"]
    default, own = countries["default"], countries.get(cell, {})
    said = {**default, **own}
    rules = Rules(
        confirmation=timedelta(hours=said["confirmation_hours"]),
        longest_journey=timedelta(days=said["longest_journey_days"]),
        fitness=FitnessRules(**{**default["fitness"], **own.get("fitness", {})}),
    )
    return Country(rules, zone)
