"""The folders of the local stack, for its countries and its state, and the account that PostgreSQL runs as. Standard
library only.

PostgreSQL refuses to run as root. Root therefore runs it as an account that exists already, whose way to its data
must be open: folders that are made here are, and the mode of any other folder is never changed.
"""

import hashlib
import os
import pwd
from pathlib import Path

from deploy.local.trouble import Trouble

ROOT = Path(__file__).resolve().parents[2]
COUNTRIES = Path(os.environ.get("CORRIDOR_COUNTRIES") or ROOT / "countries")
"""The folder that has a folder for each country that can be started."""
SYSTEM_STATE = Path("/var/lib/corridor")
"""Root's state where the project's own folder is closed to others, as everything below /root is."""
ACCOUNTS = ("nobody", "daemon")
"""Accounts without rights that every system has; the first that exists runs PostgreSQL for root."""
PASSABLE = 0o711


def is_root() -> bool:
    return os.geteuid() == 0


def account() -> int | None:
    """The user id to run PostgreSQL as: None unless this is root. Raises Trouble where there is none."""
    if not is_root():
        return None
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    names = " nor ".join(ACCOUNTS)
    raise Trouble(
        f"PostgreSQL does not run as root and this machine has no account {names}: run this as another user"
    )


def closed_above(path: Path) -> Path | None:
    """The first folder on the way to `path`, or `path` itself, that others may not pass; None where all may."""
    steps = [*reversed(path.parents), path]
    return next((step for step in steps if step.exists() and not step.stat().st_mode & 0o001), None)


def make_folder(path: Path) -> Path:
    """Make `path` and the folders missing above it: open to pass for root, whose PostgreSQL is another user; else
    private.
    """
    missing = [step for step in [*reversed(path.parents), path] if not step.exists()]
    for step in missing:
        step.mkdir(mode=0o700, exist_ok=True)
        opened(step)
    return path


def opened(own: Path) -> Path:
    """The same folder, which must be one that was just made here."""
    if is_root():
        own.chmod(PASSABLE)
    return own


def require_passable(path: Path) -> None:
    """Require an open way. Raises Trouble, naming the folder, when root's PostgreSQL could not reach `path`."""
    closed = closed_above(path) if is_root() else None
    if closed is not None:
        raise Trouble(
            f"PostgreSQL does not run as root, and {closed} is closed to the account it runs as: "
            "set CORRIDOR_STATE to a folder that is not, for example /var/lib/corridor/state"
        )


def state_folder(root: Path = ROOT, system: Path = SYSTEM_STATE) -> Path:
    """The folder of a stack: CORRIDOR_STATE, else `.corridor/state` in the project, else root's own place."""
    told = os.environ.get("CORRIDOR_STATE")
    if told:
        return Path(told).absolute()
    inside = root / ".corridor" / "state"
    if not is_root() or closed_above(inside) is None:
        return inside
    return system / hashlib.sha256(str(root).encode()).hexdigest()[:12] / "state"


STATE = state_folder()

if __name__ == "__main__":
    print(STATE)
