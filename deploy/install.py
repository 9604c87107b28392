"""`python deploy/install.py`: installs the packages of requirements.lock on the machine where it runs, and says how
far it is.

Standard library only: it runs before anything else is there.
"""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
SAY_EVERY_S = 5.0
NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|Network is unreachable|Connection refused"
)
PIP = ("install", "--disable-pip-version-check", "--progress-bar", "off", "--no-compile", "--require-hashes")
"""The modules that are used are compiled at their first use: that is a fraction, and compiling all takes a fifth of
the time of an installation.
"""


class Installation:
    """The progress of an installation, out of pip's lines until now."""

    def __init__(self, total: int) -> None:
        self.total, self.fetched, self.last, self.offline = total, 0, "", False
        self.errors: list[str] = []
        self.unpacking = False

    def hear(self, line: str) -> None:
        if line.startswith("Collecting "):
            self.fetched += 1
            self.last = re.split(r"[=\s]", line)[1]
        elif line.startswith("Installing collected"):
            self.unpacking = True
        elif line.startswith("ERROR"):
            self.errors.append(line.strip())
        self.offline = self.offline or NO_NETWORK.search(line) is not None

    @property
    def stand(self) -> str:
        if self.unpacking:
            return f"all {self.total} packages are here; unpacking them"
        return f"fetching packages: {self.fetched} of {self.total} {self.last}".rstrip()

    @property
    def failure(self) -> str:
        """The failure in one sentence."""
        if self.offline:
            return (
                "The packages could not be fetched: the package index does not answer. The first start needs the network; "
                "connect this machine, or set HTTPS_PROXY or PIP_INDEX_URL, and try again."
            )
        return (
            f"The packages could not be installed. {self.errors[0] if self.errors else 'pip gave no reason.'}"
        )


def install(lines: Iterable[str], state: Installation, say: Callable[[str], None], every: float) -> None:
    """Hear every line; say now and then how far pip is, also while it is silent."""
    over = threading.Event()
    began = time.monotonic()

    def speak() -> None:
        while not over.wait(every):
            say(f"{time.monotonic() - began:6.0f} s  {state.stand}")

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    for line in lines:
        state.hear(line)
    over.set()
    speaker.join()


def main() -> int:
    total = sum("==" in line for line in LOCK.read_text().splitlines())
    state = Installation(total)
    _say(f"The first start makes its own environment: {total} packages, once.")
    command = [sys.executable, "-m", "pip", *PIP, "-r", str(LOCK)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        install(pip.stdout or [], state, _say, SAY_EVERY_S)
    if pip.returncode:
        _say(state.failure)
    return pip.returncode


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
