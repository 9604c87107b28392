"""The settings of interchange: it takes files, so its bodies may be larger than elsewhere."""

import chassis.settings
from services.interchange.domain.htcds import MAX_FILE_BYTES

FORM_OVERHEAD = 100_000


class Settings(chassis.settings.Settings):
    max_body_bytes: int = MAX_FILE_BYTES + FORM_OVERHEAD
