"""`python -m deploy.compose.secrets`: makes the keys, certificates, passwords and settings of both cells.

Runs before everything else, alone and without a network, as root, since each folder is given to the containers that read it.
What exists stays; the trust list is signed anew, since one older than a day closes the border.
"""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from contracts.catalogue import SERVICES
from deploy.compose.cell import CODES, ROOT, ComposedCell
from deploy.local.trust import make_trust

SERVICE_USER, KAFKA_USER, POSTGRES_USER = 10_001, 1_000, 999
"""Of the images: ours, apache/kafka, postgres."""


def make(root: Path = ROOT) -> dict[str, ComposedCell]:
    """Everything of both cells below `root`."""
    cells = {code: ComposedCell(code, root) for code in CODES}
    trust = make_trust(root / "border", CODES, now=datetime.now(UTC))
    for cell in cells.values():
        cell.make_keys()
        cell.broker.write_files()
        authority = cell.authority(cell.code)
        authority.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(cell.broker.ca_file, authority)
        for service in SERVICES:
            cell.write_environment(service, trust, cells)
    return cells


def give_away(root: Path, cells: dict[str, ComposedCell]) -> None:
    """Each folder to the user of the containers that mount it."""
    owners = {root / "border": SERVICE_USER}
    for cell in cells.values():
        owners |= {
            cell.directory: SERVICE_USER,
            cell.directory / "kafka": KAFKA_USER,
            cell.directory / "postgres": POSTGRES_USER,
        }
    for folder, user in owners.items():
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user, user)


if __name__ == "__main__":
    give_away(ROOT, make())
