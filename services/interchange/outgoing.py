"""Work that is due for an import."""

from uuid import UUID

from chassis.outbox import DueWork

IMPORT_CHUNK, DESTROY_IMPORT_KEY = "import-chunk", "destroy-import-key"


def import_chunk(import_id: UUID, number: int) -> DueWork:
    return DueWork(IMPORT_CHUNK, f"{import_id}:{number}", {"import_id": str(import_id), "number": number})


def import_key(import_id: UUID) -> DueWork:
    """The work that destroys the file's key when its last chunk is done: from then on the rest of the upload is
    unreadable.
    """
    return DueWork(DESTROY_IMPORT_KEY, str(import_id), {"import_id": str(import_id)})
