"""A run of pytest that is interrupted leaves no server and no folder behind."""

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil

from deploy.local.patience import Patience

SCRIPT = textwrap.dedent(
    """
    import sys, time
    from deploy.local.testing import Run
    run = Run.begin()
    run.postgres_dsn()
    print(run.directory, flush=True)
    time.sleep(60)
    """
)


def test_servers_end_with_the_process_that_wanted_them(monkeypatch):
    monkeypatch.delenv("CORRIDOR_TEST_POSTGRES", raising=False)
    wanting = subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True)
    directory = Path(wanting.stdout.readline().strip())
    assert _running_in(directory)
    wanting.kill()
    wanting.communicate()
    waiting = Patience(quiet_s=10)
    while (_running_in(directory) or directory.exists()) and not waiting.over:
        time.sleep(0.1)
    assert _running_in(directory) == []
    assert not directory.exists()


def _running_in(directory: Path) -> list[list[str]]:
    commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    return [command for command in commands if any(str(directory) in part for part in command)]
