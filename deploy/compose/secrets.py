"""`python -m deploy.compose.secrets`: makes the keys, certificates, passwords and settings of both cells.

Runs before everything else, alone and without a network, as root, since each folder is given to the user of the one
container that mounts it. Files that exist stay; the trust list is signed anew, since one older than a day closes the
border.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

from contracts.catalogue import SERVICES
from deploy.compose.cell import CODES, ERASURES, ISSUER, POSTGRES, ROOT, ComposedCell
from deploy.local.trust import make_trust

USERS = {
    **{service: 10_011 + number for number, service in enumerate(SERVICES)},
    ISSUER: 10_030,
    "kafka": 1_000,
    POSTGRES: 999,
}
"""Container → its user. The last two are of the images apache/kafka and postgres."""


def make(root: Path = ROOT) -> dict[str, ComposedCell]:
    """Everything of both cells below `root`."""
    cells = {code: ComposedCell(code, root) for code in CODES}
    trust = make_trust(root / "border", CODES, now=datetime.now(UTC))
    for cell in cells.values():
        cell.make_keys()
        cell.broker.write_files()
    for cell in cells.values():
        cell.hand_out(trust, cells)
    return cells


def give_away(root: Path, cells: dict[str, ComposedCell]) -> None:
    """Give each folder to the user of the container that mounts it; the border's is exchange's."""
    owners = {root / "border": USERS["exchange"]}
    owners |= {cell.own(ERASURES): USERS["intake"] for cell in cells.values()}
    owners |= {cell.own(container): user for cell in cells.values() for container, user in USERS.items()}
    for folder, user in owners.items():
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user)
        folder.chmod(0o700)


if __name__ == "__main__":
    made = make()
    give_away(ROOT, made)
    for cell in made.values():
        cell.directory.chmod(
            0o755
        )  # every container of the cell passes through this folder, on the way to its own
