"""Erasures: loaded for an actor or for the service's own work, and the rows of intake that go with a person."""

from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import require_case, whose
from chassis.identity.auth import Actor
from chassis.problems import AlreadyThere, NotFound
from chassis.rows import RowReader
from chassis.tables import insert_missing, update_set
from services.intake.casefile.store import pairs, received
from services.intake.rights.domain.erasure import Erasure, ErasureState
from services.intake.rights.tables import ERASURES

_READER = RowReader(Erasure, ERASURES)
_COLUMNS = _READER.columns()
_CASE = text("select case_id from intake.erasures where id = :id")
_LOCK = text(f"select {_COLUMNS} from intake.erasures where id = :id for update")
_OF_CASE = text(
    f"select {_COLUMNS} from intake.erasures where case_id = :case_id order by requested_at desc, id desc limit 200"
)
_REQUESTED = text(
    f"select {_COLUMNS} from intake.erasures where person_id = :person and state = '{ErasureState.REQUESTED}' for update"
)
_SAID_SINCE = text(
    "select distinct case_id from intake.erasures where case_id = any(cast(:cases as uuid[]))"
    f" and (state = '{ErasureState.REQUESTED}' or decided_at >= :since)"
)
_CASE_OF = text("select id from intake.cases where person_id = :person for update")
_ADD = insert_missing(ERASURES)
_SAVE = update_set(ERASURES, "state", "reason", "decided_by", "decided_at", "law", "destroyed_at", "epoch")
GOES = (
    "fields",
    "field_revisions",
    "screenings",
    "statuses",
    "age_assessments",
    "needs",
    "note_revisions",
    "notes",
    "tasks",
    "answered_flags",
    "closings",
    "blind_index",
    "file_rows",
    "drafts",
    "calls",
    "left_out",
)
"""The tables whose rows of a case are deleted: what is sealed in them is unreadable without the key, and what stands beside it,
such as the name of a field or a hash of a row, would go on telling of her.
"""
_DELETIONS = tuple(text(f"delete from intake.{table} where case_id = :case_id") for table in GOES)


async def add(tx: Transaction, erasure: Erasure) -> None:
    """A new one. Raises AlreadyThere where one of the case is open."""
    if await _ADD.write(tx, [erasure]) != 1:
        raise AlreadyThere


async def get(tx: Transaction, actor: Actor, action: str, erasure_id: UUID) -> Erasure:
    """Lock an erasure for this actor to move it. Raises NotFound."""
    rows = await whose(tx, _CASE, {"id": erasure_id})
    if not rows:
        raise NotFound
    await require_case(tx, actor, action, rows[0].case_id)
    return await hold(tx, erasure_id)


async def hold(tx: Transaction, erasure_id: UUID) -> Erasure:
    found = _READER.first(await tx.execute(_LOCK, {"id": erasure_id}))
    if found is None:
        raise NotFound
    return found


async def of_case(tx: Transaction, case_id: UUID) -> list[Erasure]:
    """Newest first; they are few."""
    return _READER.all(await tx.execute(_OF_CASE, {"case_id": case_id}))


async def undecided_cases(tx: Transaction, erasure: Erasure) -> list[UUID]:
    """The cases that are merged with this one, of which nobody has said since she asked whether they go too: an erasure of
    them is neither requested nor decided.
    """
    kept = await pairs.kept(tx, erasure.case_id)
    said = await tx.execute(_SAID_SINCE, {"cases": kept, "since": erasure.requested_at})
    settled = {row.case_id for row in said}
    return [case_id for case_id in kept if case_id not in settled]


async def requested_of(tx: Transaction, person_id: UUID) -> list[Erasure]:
    """The erasures of this person that nobody has decided about: one at most, locked."""
    return _READER.all(await tx.execute(_REQUESTED, {"person": person_id}))


async def save(tx: Transaction, erasure: Erasure) -> None:
    await _SAVE.write(tx, [erasure])


async def case_of(tx: Transaction, person_id: UUID) -> UUID | None:
    """The case of a person whose key was destroyed; None where there is none any more, or it has another person by now."""
    found: UUID | None = (await tx.execute(_CASE_OF, {"person": person_id})).scalar()
    return found


async def erase(tx: Transaction, case_id: UUID, person_id: UUID) -> bool:
    """Delete whatever tells of the person and close the case. False where it has another person by now: then nothing goes."""
    if not await received.erase(tx, case_id, person_id):
        return False
    for deletion in _DELETIONS:
        await tx.execute(deletion, {"case_id": case_id})
    return True
