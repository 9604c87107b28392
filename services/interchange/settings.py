"""The settings of interchange: it takes files, so its bodies may be larger than elsewhere."""

import chassis.settings
from contracts.casefile.file_limits import MOST_FILE_BYTES

FORM_OVERHEAD = 100_000


class Settings(chassis.settings.Settings):
    max_body_bytes: int = MOST_FILE_BYTES + FORM_OVERHEAD
