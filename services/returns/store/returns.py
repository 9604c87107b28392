"""Halves of returns: got under a lock and for an actor, loaded and saved as sets for a batch of events."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.database import Transaction
from chassis.identity.access import require_case, whose
from chassis.identity.auth import Actor
from chassis.identity.taken_over import named_after_holder
from chassis.problems import Conflict, NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import insert_missing, update_set
from services.returns.domain.assisted_return import Return
from services.returns.domain.case import CaseReturns
from services.returns.domain.facts import Fact
from services.returns.domain.states import Half, Verb
from services.returns.outgoing import outgoing
from services.returns.store.tables import RETURNS

_KEY_AND_FIXED = {
    "id", "half", "case_id", "organisation", "sender", "receiver", "receiver_cell", "requested_at", "updated_at",
}  # fmt: skip
_MOVING = [column.name for column in RETURNS.c if column.name not in _KEY_AND_FIXED]

# A conflict there is only where a partner names one return for two cases: the first stands, and nothing is parked.
_INSERT = insert_missing(RETURNS, without=["updated_at"], key=("id", "half"))
_UPDATE = update_set(RETURNS, *_MOVING, also={"updated_at": "now()"}, stored="stored")
_NAMED_AFTER_HOLDER = named_after_holder(RETURNS)
_RETURNS = RowReader(Return, RETURNS, stored="version")
_READ = f"select {_RETURNS.columns()} from returns.returns"
_ONE = f"{_READ} where id = :id and half = :half"
_LOAD = text(f"{_READ} where case_id = any(cast(:cases as uuid[])) order by case_id, id, half for update")
_HALVES = text(
    "select half, case_id, organisation from returns.returns where id = :id and half = coalesce(:half, half) order by half"
)


class ReturnOpen(Conflict):
    """A person returns once at a time."""

    code, title = "return-open", "There is an open return of this case"


def action_of(verb: Verb) -> str:
    """The right that a verb asks for."""
    return "return.prepare" if verb is Verb.CHECK else f"return.{verb.replace('_', '-')}"


async def half_of(
    tx: Transaction, actor: Actor, action: str, return_id: UUID, half: Half | None = None
) -> tuple[Half, UUID]:
    """The half that the actor means, and its case: the half asked for, else the one of their organisation.

    Raises NotFound, the same whether it is not there or not for this actor.
    """
    meant = await whose(tx, _HALVES, {"id": return_id, "half": half})
    if not meant:
        raise NotFound
    row = max(meant, key=lambda one: one.organisation == actor.organisation)
    await require_case(tx, actor, action, row.case_id)
    return Half(row.half), row.case_id


async def get(
    tx: Transaction, actor: Actor, action: str, return_id: UUID, *, expected: int | None = None
) -> Return:
    """Lock the half of this actor to move it. Raises NotFound, or PreconditionFailed where it is not as they saw it."""
    half, _ = await half_of(tx, actor, action, return_id)
    found = await read(tx, return_id, half, lock=True)
    if expected is not None and found.version != expected:
        raise PreconditionFailed
    return found


async def read(tx: Transaction, return_id: UUID, half: Half, *, lock: bool = False) -> Return:
    """One half that is there, for an actor who was allowed to ask for it."""
    statement = text(_ONE + (" for update" if lock else ""))
    return _RETURNS.one(await tx.execute(statement, {"id": return_id, "half": half}))


async def save(tx: Transaction, moved: Return, facts: Sequence[Fact]) -> None:
    """Write the half if it is still as it was read, and say its facts. Raises PreconditionFailed, ReturnOpen."""
    try:
        await _write(tx, [moved])
    except IntegrityError as error:
        raise ReturnOpen from error
    tx.say(*map(outgoing, facts))


async def load(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, CaseReturns]:
    """All halves under these cases, locked in one order."""
    cases = {case_id: CaseReturns(case_id) for case_id in case_ids}
    for found in _RETURNS.all(await tx.execute(_LOAD, {"cases": list(case_ids)})):
        cases[found.case_id].halves[found.id, found.half] = found
    return cases


async def save_cases(tx: Transaction, cases: Sequence[CaseReturns]) -> None:
    await _write(tx, [r for case in cases for r in case.halves.values()])


async def _write(tx: Transaction, returns: Sequence[Return]) -> None:
    new = [r for r in returns if r.stored == 0]
    moved = [r for r in returns if r.stored != 0 and r.changed]
    if await _UPDATE.write(tx, moved) != len(moved):
        raise PreconditionFailed
    await _INSERT.write(tx, new)
    if new:  # what was on its way to the organisation that had the case before
        await tx.execute(_NAMED_AFTER_HOLDER, {"cases": [r.case_id for r in new]})
    for one in returns:
        one.stored = one.version
