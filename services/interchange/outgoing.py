"""Work that is due for an import or an export."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from chassis.outbox import DueWork

IMPORT_CHUNK, DESTROY_IMPORT_KEY = "import-chunk", "destroy-import-key"
EXPORT_PART, EXPORT_FILE, DESTROY_EXPORT_KEY = "export-part", "export-file", "destroy-export-key"


def import_chunk(import_id: UUID, number: int, roles: Collection[str]) -> DueWork:
    """`roles`: those in which the file was sent, so that intake names no case to whoever may not read it."""
    chunk = {"import_id": str(import_id), "number": number, "roles": sorted(roles)}
    return DueWork(IMPORT_CHUNK, f"{import_id}:{number}", chunk)


def import_key(import_id: UUID) -> DueWork:
    """The work that destroys the file's key when its last chunk is done: from then on the rest of the upload is
    unreadable.
    """
    return DueWork(DESTROY_IMPORT_KEY, str(import_id), {"import_id": str(import_id)})


def export_part(export_id: UUID, number: int) -> DueWork:
    return DueWork(EXPORT_PART, f"{export_id}:{number}", {"export_id": str(export_id), "number": number})


def export_file(export_id: UUID) -> DueWork:
    return DueWork(EXPORT_FILE, str(export_id), {"export_id": str(export_id)})


def destroy_export_key(export_id: UUID, at: datetime | None = None) -> DueWork:
    """The work that destroys the file's key: when its time is over, and before where it ends earlier."""
    key = f"{export_id}:{'expired' if at else 'ended'}"
    return DueWork(DESTROY_EXPORT_KEY, key, {"export_id": str(export_id)}, due_at=at)
