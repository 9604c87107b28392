"""The settings of intake besides those of every service: how many cases a person may open in a day, and where erasures are
written down.
"""

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

    @model_validator(mode="after")
    def _ledger(self) -> Self:
        """Where a restore could bring an erased person back, nobody is erased."""
        if self.mode == "production" and self.erasure_ledger is None:
            raise ValueError("CORRIDOR_ERASURE_LEDGER must name the file in which erasures are written down")
        return self
