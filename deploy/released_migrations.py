"""`python -m deploy.released_migrations` records each new migration by its SQL; one that was recorded never changes
again.

The record is the SHA-256 of the SQL that the migration executes, so that neither an edit of the file nor one of its
imports goes unseen.
"""

import hashlib
import json
import runpy
import sys
from io import StringIO
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations

ROOT = Path(__file__).parents[1]
RECORD = Path(__file__).with_name("released_migrations.json")


def migrations() -> list[Path]:
    """The migrations of the chassis and of every service, oldest first."""
    found = [
        *ROOT.glob("chassis/migrations/versions/*.py"),
        *ROOT.glob("services/*/migrations/versions/*.py"),
    ]
    return sorted(path.relative_to(ROOT) for path in found)


def sql(migration: Path) -> str:
    """The SQL that a migration executes, without a database."""
    written = StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written}
    )
    with Operations.context(context):
        runpy.run_path(str(ROOT / migration))["upgrade"]()
    return written.getvalue()


def digest(migration: Path) -> str:
    return hashlib.sha256(" ".join(sql(migration).split()).encode()).hexdigest()


def recorded() -> dict[str, str]:
    found: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    return {str(name): str(value) for name, value in found.items()}


def main() -> int:
    known = recorded()
    present = {str(migration): digest(migration) for migration in migrations()}
    changed = [name for name in known if present.get(name) != known[name]]
    for name in changed:
        print(f"{name} was released and is no longer what it was: put it back, and write a new one")
    if not changed:
        RECORD.write_text(json.dumps(present, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return int(bool(changed))


if __name__ == "__main__":
    sys.exit(main())
