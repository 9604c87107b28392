"""Halves of returns: got under a lock and for an actor, loaded and saved as sets for a batch of events."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.database import Transaction
from chassis.identity.access import require_case, whose
from chassis.identity.auth import Actor
from chassis.problems import Conflict, NotFound, PreconditionFailed
from services.returns.domain.assisted_return import Return
from services.returns.domain.case import CaseReturns
from services.returns.domain.check import Check
from services.returns.domain.facts import Fact
from services.returns.domain.states import Half, State, Verb
from services.returns.outgoing import outgoing

_FIXED: Mapping[str, str] = {
    "id": "uuid",
    "half": "text",
    "case_id": "uuid",
    "organisation": "text",
    "sender": "text",
    "receiver": "text",
    "receiver_cell": "text",
    "requested_at": "timestamptz",
}
_MOVING: Mapping[str, str] = {
    "state": "text",
    "result": "text",
    "grounds": "text",
    "assessor": "text",
    "clearer": "text",
    "reason": "text",
    "outcome": "text",
    "checks": "jsonb",
    "expected_at": "timestamptz",
    "handover": "text",
    "escorted": "boolean",
    "counselled_at": "timestamptz",
    "decided_at": "timestamptz",
    "confirmed_at": "timestamptz",
    "assessed_at": "timestamptz",
    "cleared_at": "timestamptz",
    "suspended_at": "timestamptz",
    "departed_at": "timestamptz",
    "overdue_at": "timestamptz",
    "missed_at": "timestamptz",
    "turned_back_at": "timestamptz",
    "arrived_at": "timestamptz",
    "closed_at": "timestamptz",
    "withdrawn_at": "timestamptz",
    "version": "integer",
}
_ALL = {**_FIXED, **_MOVING}
_UPDATED = {"id": "uuid", "half": "text", **_MOVING, "stored": "integer"}
_COLUMNS = ", ".join(_ALL)


def _unnest(columns: Mapping[str, str]) -> str:
    arrays = ", ".join(f"cast(:{name} as {kind}[])" for name, kind in columns.items())
    return f"unnest({arrays}) as u({', '.join(columns)})"


# A conflict there is only where a partner names one return for two cases: the first stands, and nothing is parked.
_INSERT = text(
    f"insert into returns.returns ({_COLUMNS}) select {_COLUMNS} from {_unnest(_ALL)}"
    " on conflict (id, half) do nothing"
)
_UPDATE = text(
    f"update returns.returns as r set {', '.join(f'{name} = u.{name}' for name in _MOVING)}"
    f" from {_unnest(_UPDATED)} where r.id = u.id and r.half = u.half and r.version = u.stored"
)
_READ = f"select {_COLUMNS} from returns.returns where id = :id and half = :half"
_LOAD = text(
    f"select {_COLUMNS} from returns.returns where case_id = any(cast(:cases as uuid[]))"
    " order by case_id, id, half for update"
)
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
    """Which half the actor means, and its case: the one asked for, else the one of their organisation.

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
    """One half that is there, for whoever was allowed to ask for it."""
    statement = text(_READ + (" for update" if lock else ""))
    return _return((await tx.execute(statement, {"id": return_id, "half": half})).one())


async def save(tx: Transaction, moved: Return, facts: Sequence[Fact]) -> None:
    """Write the half if it is still as it was read, and say what happened. Raises PreconditionFailed, ReturnOpen."""
    try:
        await _write(tx, [moved])
    except IntegrityError as error:
        raise ReturnOpen from error
    tx.say(*map(outgoing, facts))


async def load(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, CaseReturns]:
    """All halves under these cases, locked in one order."""
    cases = {case_id: CaseReturns(case_id) for case_id in case_ids}
    for row in await tx.execute(_LOAD, {"cases": list(case_ids)}):
        found = _return(row)
        cases[found.case_id].halves[found.id, found.half] = found
    return cases


async def save_cases(tx: Transaction, cases: Sequence[CaseReturns]) -> None:
    await _write(tx, [r for case in cases for r in case.halves.values()])


async def _write(tx: Transaction, returns: Sequence[Return]) -> None:
    new = [r for r in returns if r.stored == 0]
    moved = [r for r in returns if r.stored != 0 and r.changed]
    if moved:
        result = await tx.execute(_UPDATE, _arrays(moved, _UPDATED))
        if result.rowcount != len(moved):
            raise PreconditionFailed
    if new:
        await tx.execute(_INSERT, _arrays(new, _ALL))
    for one in returns:
        one.stored = one.version


def _arrays(returns: Sequence[Return], columns: Mapping[str, str]) -> dict[str, list[Any]]:
    return {name: [_value(one, name) for one in returns] for name in columns}


def _value(one: Return, name: str) -> Any:
    return _checks().dump_json(one.checks).decode() if name == "checks" else getattr(one, name)


@cache
def _checks() -> TypeAdapter[dict[str, Check]]:
    return TypeAdapter(dict[str, Check])


def _return(row: Any) -> Return:
    values = dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's public name
    del values["organisation"]
    values["half"], values["state"] = Half(row.half), State(row.state)
    values["checks"] = _checks().validate_python(row.checks)
    return Return(**values, stored=row.version)
