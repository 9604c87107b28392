"""A call's row: read with the actor's right to it, saved with a version check and its facts."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.problems import AlreadyThere, NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import insert_missing, update_set
from services.intake.casefile.domain.case import Case
from services.intake.casefile.store import cases, owners
from services.intake.casework.domain.tasks import TaskState
from services.intake.reports.domain.calls import Call, CallState
from services.intake.reports.domain.facts import CallFact
from services.intake.reports.outgoing import outgoing
from services.intake.reports.store.tables import CALLS

READ, WRITE = "call.read", "call.write"

_CALLS = RowReader(Call, CALLS)
_WHOSE = text("select organisation, case_id from intake.calls where id = :id")
_GET = text(f"select {_CALLS.columns()} from intake.calls where id = :id")
_LOCK = text(f"select {_CALLS.columns()} from intake.calls where id = :id for update")
_OPEN_OF = text(
    f"select {_CALLS.columns()} from intake.calls where organisation = :organisation and (state = '{CallState.OPEN}'"
    f" or (state = '{CallState.CLOSED}' and id in"
    f" (select t.call_id from intake.tasks t where t.organisation = :organisation and t.state = '{TaskState.OPEN}')))"
    " order by id limit :limit for update"
)
_ERASURE = text("select exists (select from intake.erasures where case_id = :case and decided_at is null)")
_ADD = insert_missing(CALLS, without=["version"], key=["id"])
_SAVE = update_set(
    CALLS,
    "organisation",
    "urgency",
    "state",
    "flagged",
    "owner",
    "sealing",
    "content",
    "case_id",
    "agreed",
    "reason",
    "ends_at",
    "updated_at",
    "updated_by",
    also={"version": "t.version + 1"},
    stored="version",
)


async def get(tx: Transaction, actor: Actor, action: str, call_id: UUID) -> Call:
    """The call for whoever may do this in its organisation; of a case, with that case. NotFound otherwise."""
    case_id = await case_of(tx, actor, action, call_id)
    call = _there(await read(tx, call_id))
    if call.case_id != case_id:  # it has become a case's meanwhile, or none's
        raise NotFound
    return call


async def get_locked(tx: Transaction, actor: Actor, action: str, call_id: UUID) -> tuple[Call, Case | None]:
    """The same for a verb, with its case locked before it. PreconditionFailed where that changed meanwhile."""
    case_id = await case_of(tx, actor, action, call_id)
    case = None if case_id is None else await cases.get(tx, actor, action, case_id, lock=True)
    call = _there(await hold(tx, call_id))
    if call.case_id != case_id:
        raise PreconditionFailed
    return call, case


async def case_of(tx: Transaction, actor: Actor, action: str, call_id: UUID) -> UUID | None:
    """The case of a call, for whoever may do this with it; None for one that is no case's."""
    return await owners.case_of(tx, actor, action, _WHOSE, call_id)


async def read(tx: Transaction, call_id: UUID) -> Call | None:
    return _CALLS.first(await tx.execute(_GET, {"id": call_id}))


async def hold(tx: Transaction, call_id: UUID) -> Call | None:
    """Lock a call, for a verb or for the service's own work."""
    return _CALLS.first(await tx.execute(_LOCK, {"id": call_id}))


async def open_of(tx: Transaction, organisation: str, limit: int) -> list[Call]:
    """The open calls of an organisation, which are no case's, and closed ones of which a task is open, locked."""
    return _CALLS.all(await tx.execute(_OPEN_OF, {"organisation": organisation, "limit": limit}))


async def is_erasure_requested(tx: Transaction, case_id: UUID) -> bool:
    """True while she asks to be erased and nobody has decided. Whoever asks it has locked the case."""
    return bool((await tx.execute(_ERASURE, {"case": case_id})).scalar())


async def add(tx: Transaction, call: Call, facts: Sequence[CallFact]) -> None:
    """A new call. Raises AlreadyThere where its identifier is taken."""
    if await _ADD.write(tx, [call], updated_at=tx.now, updated_by=tx.origin.actor) != 1:
        raise AlreadyThere
    call.version = 1
    tx.say(*map(outgoing, facts))


async def save(tx: Transaction, call: Call, facts: Sequence[CallFact]) -> None:
    """Write the call if it is still as it was read, and say the facts. Raises PreconditionFailed."""
    if await _SAVE.write(tx, [call], updated_at=tx.now, updated_by=tx.origin.actor) != 1:
        raise PreconditionFailed
    call.version += 1
    tx.say(*map(outgoing, facts))


def _there(call: Call | None) -> Call:
    if call is None:
        raise NotFound
    return call
