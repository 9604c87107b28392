"""What returns is told besides: the rules of its country."""

from pathlib import Path

from pydantic import Field

import chassis.settings


class Settings(chassis.settings.Settings):
    return_rules_file: Path = Field(
        default=Path(__file__).parent / "rules.json",
        description="thresholds of fitness to travel and the other rules of return, by country",
    )
