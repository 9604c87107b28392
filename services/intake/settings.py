"""What intake is told besides: how many cases a person may open in a day, and the response clock."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from chassis.settings import Settings as ChassisSettings
from contracts.response_clock import POLICY_FILE


class Settings(ChassisSettings):
    cases_a_day: Annotated[
        int,
        Field(
            description="distinct cases that one person opens in a day before a supervisor is told",
            ge=1,
            le=100_000,
        ),
    ] = 50
    response_clock_file: Path = Field(
        default=POLICY_FILE,
        description="how long a case may wait to be opened, by urgency, and the calendars",
    )
