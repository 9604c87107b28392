"""Notes and their revisions: every text is ciphertext, and none is ever replaced."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.problems import AlreadyThere, NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import insert_missing, insert_set, update_set
from services.intake.casework.domain.notes import Note
from services.intake.casework.store.tables import NOTE_REVISIONS, NOTES

_NOTES = RowReader(Note, NOTES)
_GET = text(f"select {_NOTES.columns()} from intake.notes where id = :id and case_id = :case for update")
_ADD = insert_missing(NOTES, key=["id"])
_SAVE = update_set(NOTES, "state", "revision", where="t.revision = u.revision - 1")
_REVISION = insert_set(NOTE_REVISIONS)


@dataclass(frozen=True, slots=True)
class SealedNote:
    """The words of one revision. `text` is None where the note was struck, `reason` where it was first written."""

    note_id: UUID
    revision: int
    text: str | None
    reason: str | None = None


async def get(tx: Transaction, case_id: UUID, note_id: UUID) -> Note:
    """A note of this case; the actor's right to the case was asked for before."""
    note = _NOTES.first(await tx.execute(_GET, {"id": note_id, "case": case_id}))
    if note is None:
        raise NotFound
    return note


async def add(tx: Transaction, actor: Actor, note: Note, sealed: SealedNote) -> None:
    if await _ADD.write(tx, [note], organisation=actor.organisation) != 1:
        raise AlreadyThere
    await _revise(tx, actor, note, sealed)


async def save(tx: Transaction, actor: Actor, note: Note, sealed: SealedNote) -> None:
    """The next revision. Raises PreconditionFailed where its words were sealed for another one."""
    if sealed.revision != note.revision or await _SAVE.write(tx, [note]) != 1:
        raise PreconditionFailed
    await _revise(tx, actor, note, sealed)


async def _revise(tx: Transaction, actor: Actor, note: Note, sealed: SealedNote) -> None:
    made = {"organisation": actor.organisation, "by": actor.subject, "at": tx.now}
    await _REVISION.write(tx, [sealed], case_id=note.case_id, **made)
