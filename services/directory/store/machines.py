"""The systems among the staff of this cell's organisations."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from chassis.database import Transaction
from contracts import machines
from contracts.organisations import ACTIVE

_OF = f"""
    from directory.staff as s left join directory.organisations as o on o.id = s.organisation
    where starts_with(s.worker, '{machines.PREFIX}') and s.roles <> '{{}}'
"""
_IN_FORCE = f"(coalesce(o.status, '{ACTIVE}') = '{ACTIVE}' and not coalesce(o.suspended, false))"
_LIST = text(
    f"select s.worker as machine, s.organisation, s.roles, {_IN_FORCE} as in_force {_OF}"
    " and (cast(:organisation as text) is null or s.organisation = :organisation) and s.worker > :after"
    " order by s.worker limit :limit"
)
_ORGANISATIONS = text(f"select s.organisation {_OF} and s.worker = :machine")
_ROLES = text(
    f"select s.roles {_OF} and s.organisation = :organisation and s.worker = :machine and {_IN_FORCE}"
)


async def machines_of(tx: Transaction, organisation: str | None, after: str, limit: int) -> Sequence[Any]:
    """Machines in the order of their names, and whether each is in force; None: of every organisation."""
    parameters = {"organisation": organisation, "after": after, "limit": limit}
    return (await tx.execute(_LIST, parameters)).all()


async def organisations_of(tx: Transaction, machine: str) -> set[str]:
    """The organisation of a machine; a set, since a file of before may have named two."""
    return set((await tx.execute(_ORGANISATIONS, {"machine": machine})).scalars())


async def roles_of_machine(tx: Transaction, organisation_id: str, machine: str) -> frozenset[str]:
    """The same as `chassis.directory.roles_of_machine`, in the service that keeps the directory."""
    roles = (await tx.execute(_ROLES, {"organisation": organisation_id, "machine": machine})).scalar()
    return frozenset(roles or ())
