"""Ends a local server when the process that wanted it is gone, so that an interrupted run leaves nothing behind.

Run as a script with one JSON argument; it needs psutil alone and imports nothing of ours.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import sys
import time

import psutil

LOOK_EVERY_S = 0.5
LOOK_SELDOM_S = 60.0
"""The seconds between two looks where the kernel says at once that one of the two has ended."""
PATIENCE_S = 15.0


def alive(pid: int, created: float) -> bool:
    """True while this very process still runs: a reused id or a zombie does not count."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - created) < 1
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end(pid: int, created: float, how: int, patience_s: float) -> None:
    """Signal the process, wait, and kill it and its children if they are still there."""
    if not alive(pid, created):
        return
    process = psutil.Process(pid)
    family = {process, *process.children(recursive=True)}
    if how != signal.SIGKILL:
        process.send_signal(how)
        deadline = time.monotonic() + patience_s
        while alive(pid, created) and time.monotonic() < deadline:
            time.sleep(0.02)
    with contextlib.suppress(psutil.NoSuchProcess):
        process.suspend()  # so that it makes no child that nobody knows of
        family.update(process.children(recursive=True))
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    while any(alive(member.pid, member.create_time()) for member in family):
        time.sleep(0.02)


def watched(pids: tuple[int, ...]) -> "select.poll | None":
    """A poll that ends when one of the processes does; None where the kernel cannot tell."""
    poll = select.poll()
    try:
        for pid in pids:
            poll.register(os.pidfd_open(pid), select.POLLIN)
    except OSError:
        return None
    return poll


def main(facts: dict[str, object]) -> None:
    server = (int(str(facts["pid"])), float(str(facts["created"])))
    owner = (int(str(facts["owner"])), float(str(facts["owner_created"])))
    ends = watched((server[0], owner[0]))
    while alive(*server):
        if not alive(*owner):
            end(*server, int(str(facts["signal"])), PATIENCE_S)
            if facts["remove"]:
                shutil.rmtree(str(facts["remove"]), ignore_errors=True)
            return
        if ends is None:
            time.sleep(LOOK_EVERY_S)
        else:
            ends.poll(LOOK_SELDOM_S * 1000)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
