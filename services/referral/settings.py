"""What referral is told besides: how long a receiver may take to answer."""

from pathlib import Path

from pydantic import Field

import chassis.settings
from contracts.response_clock import POLICY_FILE


class Settings(chassis.settings.Settings):
    response_clock_file: Path = Field(
        default=POLICY_FILE,
        description="times to answer by urgency, and the calendars of the cells",
    )
