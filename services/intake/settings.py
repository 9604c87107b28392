"""intake takes files, so its bodies may be larger than elsewhere."""

from typing import Annotated

from pydantic import Field

from chassis.settings import Settings as ChassisSettings
from services.intake.domain.htcds import MAX_FILE_BYTES

FORM_OVERHEAD = 100_000


class Settings(ChassisSettings):
    cases_a_day: Annotated[
        int,
        Field(
            description="distinct cases that one person opens in a day before a supervisor is told",
            ge=1,
            le=100_000,
        ),
    ] = 50
    max_body_bytes: int = MAX_FILE_BYTES + FORM_OVERHEAD
