"""The settings of intake besides those of every service: how many cases a person may open in a day, where erasures are
written down, and how long one can be taken back.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

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
    erasure_ledger: Annotated[
        Path | None,
        Field(
            description="the file of destroyed keys, outside of the database and of its backups; production needs one"
        ),
    ] = None

    erasure_wait_hours: Annotated[
        float,
        Field(
            description="from the request for an erasure until it may be confirmed; meanwhile it can be taken back",
            ge=0,
            le=720,
        ),
    ] = 24.0
    erasure_at_once_law: Annotated[
        str,
        Field(description="the law of the country that has everybody erased at once, for whom nothing waits"),
    ] = ""

    @property
    def erasure_wait(self) -> timedelta:
        return timedelta(hours=self.erasure_wait_hours)

    @model_validator(mode="after")
    def _time_to_think_again(self) -> Self:
        """Nobody who is cared for loses everything in the hour in which she asked, unless a law says so."""
        if self.mode == "production" and not self.erasure_wait_hours and not self.erasure_at_once_law:
            raise ValueError(
                "CORRIDOR_ERASURE_WAIT_HOURS may be zero only where CORRIDOR_ERASURE_AT_ONCE_LAW names the law"
            )
        return self

    @model_validator(mode="after")
    def _ledger(self) -> Self:
        """Where a restore could bring an erased person back, nobody is erased."""
        if self.mode == "production" and self.erasure_ledger is None:
            raise ValueError("CORRIDOR_ERASURE_LEDGER must name the file in which erasures are written down")
        return self
