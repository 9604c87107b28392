"""A service's own copy of the directory, organisations and staff: asked wherever somebody names one."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from chassis.database import Database, Transaction
from chassis.events.subscription import Subscription
from chassis.own_tables import ORGANISATIONS, STAFF
from chassis.problems import Invalid, Unavailable
from chassis.rows import RowReader
from chassis.tables import insert_set, upsert_set
from contracts.events.directory import DirectoryChangedV1, StaffChangedV1
from contracts.organisations import ACTIVE, CASE_ROLES, may_receive

Field = str | tuple[str | int, ...]
"""The place of the reference in the body: a member's name, or a path of names and positions."""

NOT_LISTED, NOT_A_RECIPIENT = "not-listed", "not-a-recipient"
NOT_ARRIVED = "the directory has not arrived yet"

_COLUMNS = "select id, cell, role, status, type, suspended, cases_to, cases_to_organisation from chassis.organisations"
_READ = text(f"{_COLUMNS} where id = :id")
_READ_ALL = text(f"{_COLUMNS} where id = any(:ids)")
_ANY = text("select exists (select from chassis.organisations)")
_STAFF = text("select worker from chassis.staff where organisation = :id and roles && :roles")
_ROLES_OF_STAFF = text(
    "select worker, roles from chassis.staff where worker = any(cast(:workers as text[])) order by worker"
)
_MEMBERS_OF = text("select worker, roles from chassis.staff where organisation = :id order by worker")
_ROLES = text("select roles from chassis.staff where organisation = :id and worker = :worker")
_ARRIVED = "exists (select from chassis.organisations) or exists (select from chassis.staff)"
_HAS_ARRIVED = text(f"select {_ARRIVED}")
_COUNTED = text(
    f"select {_ARRIVED} as arrived,"
    " coalesce((select suspended from chassis.organisations where id = :organisation), false) as suspended,"
    " (select roles from chassis.staff where organisation = :organisation and worker = :worker) as roles"
)
_WITH_ROLE = text(
    "select organisation, worker from chassis.staff where :role = any(roles)"
    " and (cast(:id as text) is null or organisation = :id) order by organisation, worker"
)
_SAVE = upsert_set(ORGANISATIONS, where="t.version < excluded.version")
_NO_STAFF = text("delete from chassis.staff where organisation = :id")
_PUT_STAFF = insert_set(STAFF)


@dataclass(frozen=True, slots=True)
class ListedOrganisation:
    """An organisation of the directory, in either country."""

    id: str
    cell: str
    role: str
    status: str
    type: str | None
    suspended: bool = False
    """Two people, or one in an emergency, have ended whatever its people read and do."""
    cases_to: str | None = None
    """The supervisor of `cases_to_organisation` to whom two people have given its cases meanwhile."""
    cases_to_organisation: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of an organisation's staff, under the pseudonym of their tokens."""

    organisation: str
    worker: str


_LISTED, _MEMBERS = RowReader(ListedOrganisation, ORGANISATIONS), RowReader(Member, STAFF)


async def require_organisation(
    tx: Transaction, organisation_id: str, field: Field, *, cell: str | None = None, receives: bool = False
) -> ListedOrganisation:
    """The organisation, if it is listed and active (in `cell`, where one is named), and with `receives` may be told
    of a person.

    Raises Invalid with the code `not-listed` or `not-a-recipient`, or Unavailable while this service has heard of no
    organisation at all.
    """
    found = await find(tx, organisation_id)
    if found is None and not (await tx.execute(_ANY)).scalar_one():
        raise Unavailable(NOT_ARRIVED)
    if found is None or found.status != ACTIVE or cell not in (None, found.cell):
        raise refused(field, "not an active organisation of the directory", NOT_LISTED)
    if receives and not may_receive(found.role, found.type):
        raise refused(field, "not an organisation that may be told of a person", NOT_A_RECIPIENT)
    return found


async def require_workers(
    tx: Transaction, organisation_id: str, workers: Iterable[str], field: Field
) -> None:
    """Require that all are staff of this organisation with a role that opens cases. Raises Invalid with the code
    `not-listed`.
    """
    wanted = set(workers)
    if wanted - await openers(tx, organisation_id):
        raise refused(field, "not staff of this organisation who work on cases", NOT_LISTED)


async def openers(tx: Transaction, organisation_id: str) -> set[str]:
    """The members of an organisation who can open a case that is theirs."""
    rows = await tx.execute(_STAFF, {"id": organisation_id, "roles": sorted(CASE_ROLES)})
    return set(rows.scalars())


async def present(tx: Transaction, organisation_id: str) -> set[str]:
    """The same of an organisation that may have been closed: then nobody is there."""
    listed = await find(tx, organisation_id)
    return set() if listed is not None and listed.status != ACTIVE else await openers(tx, organisation_id)


async def staff_with(tx: Transaction, role: str, organisation_id: str | None = None) -> list[Member]:
    """Everybody with a role, in one organisation or in the cell."""
    return _MEMBERS.all(await tx.execute(_WITH_ROLE, {"role": role, "id": organisation_id}))


async def roles_of_staff(tx: Transaction, workers: Sequence[str]) -> dict[str, list[str]]:
    """Member of staff → their roles, in whichever organisation; none for whoever is not listed any more."""
    found: dict[str, list[str]] = {}
    for row in await tx.execute(_ROLES_OF_STAFF, {"workers": list(workers)}):
        found[row.worker] = sorted({*found.get(row.worker, []), *row.roles})
    return found


async def members(tx: Transaction, organisation_id: str) -> list[tuple[str, frozenset[str]]]:
    """The staff of an organisation with the roles of each."""
    rows = await tx.execute(_MEMBERS_OF, {"id": organisation_id})
    return [(row.worker, frozenset(row.roles)) for row in rows]


async def roles_of(tx: Transaction, organisation_id: str, worker: str) -> frozenset[str]:
    """The roles of somebody in an organisation; none for who is no member of its staff."""
    roles = (await tx.execute(_ROLES, {"id": organisation_id, "worker": worker})).scalar()
    return frozenset(roles or ())


async def counted_roles(
    database: Database, organisation_id: str, worker: str, named: frozenset[str]
) -> frozenset[str]:
    """The roles of a token that count at this moment: none in a suspended organisation, and of somebody whom the
    directory knows only those that it has, too. For anybody else the issuer vouches.

    Raises Unavailable while this service has heard of nobody at all: it cannot know what was taken away.
    """
    asked = {"organisation": organisation_id, "worker": worker}
    row = (await database.look(_COUNTED, asked)).one()
    if not row.arrived:
        raise Unavailable(NOT_ARRIVED)
    if row.suspended:
        return frozenset()
    return named if row.roles is None else named.intersection(row.roles)


async def has_arrived(database: Database) -> bool:
    """True as soon as this service has heard of anybody: before, nobody is let in."""
    return bool((await database.look(_HAS_ARRIVED, {})).scalar_one())


async def roles_of_machine(tx: Transaction, organisation_id: str, machine: str) -> frozenset[str]:
    """The roles of a machine of this organisation; none of one that is not listed any more, or while the organisation is
    not active.
    """
    listed = await find(tx, organisation_id)
    if listed is not None and listed.status != ACTIVE:
        return frozenset()
    return await roles_of(tx, organisation_id, machine)


async def find(tx: Transaction, organisation_id: str) -> ListedOrganisation | None:
    return _LISTED.first(await tx.execute(_READ, {"id": organisation_id}))


async def find_all(tx: Transaction, organisation_ids: Iterable[str]) -> list[ListedOrganisation]:
    """The listed ones among these organisations, active or not."""
    return _LISTED.all(await tx.execute(_READ_ALL, {"ids": sorted(organisation_ids)}))


def refused(field: Field, message: str, code: str) -> Invalid:
    """The error for a reference to something that is not there."""
    path = (field,) if isinstance(field, str) else field
    return Invalid(errors=[{"loc": ["body", *path], "msg": message, "code": code}])


async def remember(tx: Transaction, listed: ListedOrganisation, version: int) -> None:
    """Write an organisation as it now stands, in the transaction that says so or hears of it."""
    await _SAVE.write(tx, [listed], version=version)


async def remember_staff(
    tx: Transaction, organisation_id: str, staff: Sequence[tuple[str, Sequence[str]]]
) -> None:
    """Write the whole staff of an organisation; a member who is missing from it is gone."""
    await tx.execute(_NO_STAFF, {"id": organisation_id})
    rows = [{"worker": worker, "roles": roles} for worker, roles in staff]
    await _PUT_STAFF.write(tx, rows, organisation=organisation_id)


@dataclass(slots=True)
class Entry:
    """The newest state of an organisation and of its staff, out of one batch."""

    organisation: str
    listed: DirectoryChangedV1 | None = None
    staff: StaffChangedV1 | None = None


def on_directory_changed(entry: Entry, event: DirectoryChangedV1, _now: datetime) -> Iterable[object]:
    entry.listed = event
    return ()


def on_staff_changed(entry: Entry, event: StaffChangedV1, _now: datetime) -> Iterable[object]:
    entry.staff = event
    return ()


def subscription() -> Subscription[str, Entry]:
    """The subscription that keeps the projection: everything on the stream `directory`, in its order."""
    handlers: dict[Any, Callable[[Entry, Any, datetime], Iterable[Any]]] = {
        DirectoryChangedV1: on_directory_changed,
        StaffChangedV1: on_staff_changed,
    }
    return Subscription(
        handlers=handlers,
        key=lambda event: event.organisation,
        load=_load,
        save=_save,
        outgoing=lambda _: None,
    )


async def _load(_: Transaction, keys: Sequence[str]) -> dict[str, Entry]:
    return {key: Entry(key) for key in keys}


async def _save(tx: Transaction, entries: Sequence[Entry]) -> None:
    """An organisation changes seldom, so a row at a time is enough."""
    for entry in entries:
        if (said := entry.listed) is not None:
            listed = ListedOrganisation(
                said.organisation,
                said.cell,
                said.role,
                said.status,
                said.org_type,
                said.suspended,
                said.cases_to,
                said.cases_to_organisation,
            )
            await remember(tx, listed, said.version)
        if entry.staff is not None:
            await remember_staff(tx, entry.organisation, [(m.worker, m.roles) for m in entry.staff.staff])
