"""`python -m deploy.production [--check]`: writes requirements.production.lock, the part of requirements.lock that images hold.

Nothing is resolved: the packages of requirements.production.in and what they need, as installed here, with the versions and
hashes that stand in requirements.lock.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
WHOLE, WANTED, LOCK = (
    ROOT / "requirements.lock",
    ROOT / "requirements.production.in",
    ROOT / "requirements.production.lock",
)
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==")


def pins(lock: str) -> dict[str, str]:
    """Package → its lines in the lock, with hashes."""
    found: dict[str, str] = {}
    name = ""
    for line in lock.splitlines(keepends=True):
        pin = _PIN.match(line)
        name = canonicalize_name(pin[1]) if pin else name
        if name and not line.lstrip().startswith("#"):
            found[name] = found.get(name, "") + line
    return found


def wanted() -> Iterator[Requirement]:
    for line in WANTED.read_text().splitlines():
        if line and not line.startswith("#"):
            yield Requirement(line)


def needed(roots: Iterator[Requirement]) -> set[str]:
    """Every package that these need on this platform, their extras included."""
    found: set[tuple[str, str]] = set()
    todo = list(roots)
    while todo:
        one = todo.pop()
        name = canonicalize_name(one.name)
        for extra in ("", *one.extras):
            if (name, extra) not in found:
                found.add((name, extra))
                todo += _of(name, extra)
    return {name for name, _ in found}


def _of(name: str, extra: str) -> Iterator[Requirement]:
    try:
        listed = requires(name) or []
    except PackageNotFoundError:  # for another platform
        return
    for line in listed:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def made() -> str:
    locked = pins(WHOLE.read_text())
    return "".join(locked[name] for name in sorted(needed(wanted()) & locked.keys()))


def main() -> int:
    if "--check" not in sys.argv:
        LOCK.write_text(made())
        return 0
    current = LOCK.exists() and LOCK.read_text() == made()
    sys.stderr.write("" if current else f"{LOCK.name} is not of {WHOLE.name}: python -m deploy.production\n")
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main())
