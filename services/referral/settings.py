"""What referral is told besides: where its directory begins, and how long a receiver may take to answer."""

from pathlib import Path

from pydantic import Field

import chassis.settings
from contracts.response_clock import POLICY_FILE


class Settings(chassis.settings.Settings):
    directory_file: Path | None = Field(
        default=None, description="organisations and services of both countries, taken in at every start"
    )
    staff_file: Path | None = Field(
        default=None, description="who signs in for which organisation of this cell, taken in at every start"
    )
    response_clock_file: Path = Field(
        default=POLICY_FILE,
        description="times to answer by urgency, and the calendars of the cells",
    )
