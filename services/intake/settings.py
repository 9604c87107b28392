"""intake takes files, so its bodies may be larger than elsewhere."""

from chassis.settings import Settings as ChassisSettings
from services.intake.domain.htcds import MAX_FILE_BYTES

FORM_OVERHEAD = 100_000


class Settings(ChassisSettings):
    max_body_bytes: int = MAX_FILE_BYTES + FORM_OVERHEAD
