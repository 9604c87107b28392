"""The rules of the country that she leaves, from its law."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from chassis.clock import day_of
from contracts.country.forms import ReturnLaw
from services.returns.domain.blocks import Moment, Rules
from services.returns.domain.fitness import FitnessRules


@dataclass(frozen=True, slots=True)
class Country:
    """The rules of the country, and its time zone: a day is a day of the place."""

    rules: Rules
    zone: ZoneInfo

    def day(self, at: datetime) -> date:
        return day_of(at, self.zone)

    def moment(self, now: datetime, arrives_at: datetime, clearer: str | None) -> Moment:
        return Moment(now, self.day(now), self.day(arrives_at), clearer)


def read_rules(law: ReturnLaw, zone: ZoneInfo) -> Country:
    rules = Rules(
        confirmation=timedelta(hours=law.confirmation_hours),
        longest_journey=timedelta(days=law.longest_journey_days),
        fitness=FitnessRules(**law.fitness.model_dump()),
    )
    return Country(rules, zone)
