"""Files are read in a child process with bounds of memory and time, one at a time, so that no file can take the
service.

`python -m services.interchange.reading DAY BYTES [several]` is the child: a file on its standard input, the sheet on
its output.
"""

import asyncio
import json
import os
import resource
import sys
from collections.abc import Mapping
from datetime import date
from typing import Any

from services.interchange.domain.cells import BadFile
from services.interchange.domain.htcds import Place, Row, RowError, Sheet
from services.interchange.spreadsheet import read_file

MEMORY_BYTES = 1_000_000_000
CPU_SECONDS = 60
"""The seconds of processor time of a child. The largest file that is taken needs a fifth of it, and of the memory."""
WALL_SECONDS = 240.0
SEVERAL, BUDDHIST_ERA = "several", "buddhist-era"


class FileReading:
    """The one place of a service that reads files. A second file waits."""

    def __init__(self, *, memory: int = MEMORY_BYTES, seconds: float = WALL_SECONDS) -> None:
        self._memory, self._seconds = memory, seconds
        self._free = asyncio.Lock()

    async def read(self, content: bytes, place: Place, *, several: bool = False) -> Sheet:
        """The sheet in a file. Raises BadFile for a file that has no rows, or takes more than a child may have."""
        said_apart = [*([SEVERAL] if several else []), *([BUDDHIST_ERA] if place.buddhist_era else [])]
        arguments = [place.today.isoformat(), str(self._memory), *said_apart]
        async with self._free:
            said = await self._child(arguments, content)
        if said is None:
            raise BadFile("too-much-to-read", "the file takes more memory or time than one may take")
        answer: dict[str, Any] = json.loads(said)
        if "bad" in answer:
            raise BadFile(*answer["bad"])
        return _sheet(answer)

    async def _child(self, arguments: list[str], content: bytes) -> bytes | None:
        """The output of the child; None where it was ended by its bounds."""
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, *arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip
        try:
            said, _ = await asyncio.wait_for(child.communicate(content), self._seconds)
        except TimeoutError:
            return None
        finally:
            if child.returncode is None:
                child.kill()
                await child.communicate()
        return said if child.returncode == 0 else None


def _sheet(answer: Mapping[str, Any]) -> Sheet:
    return Sheet([Row(*row) for row in answer["rows"]], [RowError(*error) for error in answer["errors"]])


def main(arguments: list[str]) -> None:
    _bound(int(arguments[1]))
    place = Place(date.fromisoformat(arguments[0]), BUDDHIST_ERA in arguments[2:])
    several = SEVERAL in arguments[2:]
    try:
        sheet = read_file(sys.stdin.buffer.read(), place, several=several)
    except BadFile as error:
        answer: dict[str, Any] = {"bad": [error.code, str(error), error.column]}
    else:
        rows = [[row.line, row.fields, row.external_id, row.occurrence, row.numbered] for row in sheet.rows]
        answer = {"rows": rows, "errors": [[one.line, one.column, one.reason] for one in sheet.errors]}
    sys.stdout.write(json.dumps(answer))


def _bound(memory: int) -> None:
    """Bound the child: no more memory or time than given, and not a byte on disk."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main(sys.argv[1:])
