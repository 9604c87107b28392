"""Work that is due for an import."""

from uuid import UUID

from chassis.outbox import Due

IMPORT_CHUNK, DESTROY_IMPORT_KEY = "import-chunk", "destroy-import-key"


def import_chunk(import_id: UUID, number: int) -> Due:
    return Due(IMPORT_CHUNK, f"{import_id}:{number}", {"import_id": str(import_id), "number": number})


def import_key(import_id: UUID) -> Due:
    """The file's key goes when its last chunk is done: what is left of the upload is unreadable."""
    return Due(DESTROY_IMPORT_KEY, str(import_id), {"import_id": str(import_id)})
