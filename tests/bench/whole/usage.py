"""CPU seconds and resident memory of the processes of two cells, by kind."""

from collections.abc import Mapping, Sequence

import psutil

Usage = Mapping[str, float]


def cpu(kinds: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """CPU seconds until now of each kind of process: of those that run, and of their children that have ended."""
    return {kind: sum(_spent(psutil.Process(pid)) for pid in pids) for kind, pids in kinds.items()}


def _spent(root: psutil.Process) -> float:
    total = 0.0
    for one in (root, *root.children(recursive=True)):
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def resident(pids: Mapping[str, int]) -> dict[str, float]:
    """Megabytes of each process with its children, where memory that processes share is divided among them."""
    return {name: sum(one.memory_full_info().pss for one in _family(pid)) / 1e6 for name, pid in pids.items()}


def _family(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def between(before: Usage, after: Usage) -> dict[str, float]:
    return {kind: after[kind] - before[kind] for kind in before}
