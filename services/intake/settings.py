"""The settings of intake besides those of every service: how many cases a person may open in a day."""

from typing import Annotated

from pydantic import Field

import chassis.settings


class Settings(chassis.settings.Settings):
    cases_a_day: Annotated[
        int,
        Field(
            description="distinct cases that one person opens in a day before a supervisor is told",
            ge=1,
            le=100_000,
        ),
    ] = 50
