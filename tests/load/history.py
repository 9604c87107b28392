"""What the clients of a load run saw themselves, a line for each command, as the checker reads it."""

import json
import time
from pathlib import Path
from typing import Any


class History:
    """Appends to a file; nothing that the product says of itself is in it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def say(self, case: int, step: str, **facts: Any) -> None:
        self._file.write(json.dumps({"case": case, "step": step, "at": time.time(), **facts}) + "\n")
        self._file.flush()
