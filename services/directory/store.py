"""Organisations with their services, and staff: got under a lock, saved with a version check."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from chassis.database import Transaction
from chassis.problems import NotFound, PreconditionFailed
from services.directory.domain.organisation import DirectoryChanged, Organisation, Profile, Service
from services.directory.domain.staff import Staff, StaffChanged
from services.directory.outgoing import outgoing

_ORGANISATION = "select * from directory.organisations where id = :id"
_SERVICES = text("select * from directory.services where organisation = :id order by id")
_STAFF = text("select worker, roles from directory.staff where organisation = :id order by worker")
_STAFFED = text("select distinct organisation from directory.staff")
_LOCK_ALL = text("select pg_advisory_xact_lock(hashtext('directory'))")
_INSERT = text(
    "insert into directory.organisations (id, cell, role, name, status, details, version, seeded, told)"
    " values (:id, :cell, :role, :name, :status, cast(:details as jsonb), :version, :seeded, :told) on conflict do nothing"
)
_UPDATE = text(
    "update directory.organisations set cell = :cell, role = :role, name = :name, status = :status,"
    " details = cast(:details as jsonb), version = :version, seeded = :seeded, told = :told where id = :id and version = :stored"
)
_PUT_SERVICE = text(
    "insert into directory.services (organisation, id, service, name, status, capacity, details)"
    " values (:organisation, :id, :service, :name, :status, :capacity, cast(:details as jsonb))"
    " on conflict (organisation, id) do update set service = excluded.service, name = excluded.name,"
    " status = excluded.status, capacity = excluded.capacity, details = excluded.details"
)
_NO_STAFF = text("delete from directory.staff where organisation = :id")
_PUT_STAFF = text(
    "insert into directory.staff (organisation, worker, roles)"
    " select :id, w, string_to_array(r, ' ') from unnest(cast(:workers as text[]), cast(:roles as text[])) as u(w, r)"
)


async def lock_directory(tx: Transaction) -> None:
    """Two processes that seed at the same time do it one after the other."""
    await tx.execute(_LOCK_ALL)


async def find_organisation(tx: Transaction, organisation: str, *, lock: bool = False) -> Organisation | None:
    """With its services; under a lock for whoever changes it."""
    statement = text(_ORGANISATION + (" for update" if lock else ""))
    row = (await tx.execute(statement, {"id": organisation})).first()
    if row is None:
        return None
    profile = Profile(row.cell, row.role, row.name, row.status, row.details)
    services = [
        Service(s.id, s.service, s.name, s.status, s.capacity, s.details)
        for s in await tx.execute(_SERVICES, {"id": organisation})
    ]
    offered = {s.id: s for s in services}
    return Organisation(row.id, profile, offered, row.version, row.version, row.seeded, told=row.told)


async def get_organisation(
    tx: Transaction, organisation: str, *, lock: bool = False, expected: int | None = None
) -> Organisation:
    """Raises NotFound, or PreconditionFailed where it is not as the caller saw it."""
    found = await find_organisation(tx, organisation, lock=lock)
    if found is None:
        raise NotFound
    if expected is not None and found.version != expected:
        raise PreconditionFailed
    return found


async def save_organisation(
    tx: Transaction, organisation: Organisation, facts: Sequence[DirectoryChanged]
) -> None:
    """Write it if it is still as it was read, and say how it now stands. Raises PreconditionFailed."""
    await _write(tx, organisation)
    tx.say(*map(outgoing, facts[-1:]))


async def load(tx: Transaction, organisations: Sequence[str]) -> dict[str, Organisation]:
    """Locked; an entry for every one, without a version where it is not listed here yet."""
    found = {name: await find_organisation(tx, name, lock=True) for name in sorted(organisations)}
    nobody = Profile("", "", "", "", {})
    return {name: known or Organisation(name, nobody) for name, known in found.items()}


async def save(tx: Transaction, organisations: Sequence[Organisation]) -> None:
    """An organisation changes seldom, so one at a time is enough."""
    for organisation in organisations:
        if organisation.version:
            await _write(tx, organisation)


async def staff_of(tx: Transaction, organisation: str) -> Staff:
    rows = await tx.execute(_STAFF, {"id": organisation})
    return tuple((row.worker, tuple(row.roles)) for row in rows)


async def save_staff(tx: Transaction, changed: StaffChanged) -> None:
    """The whole staff of an organisation; whoever is not in it is gone."""
    await tx.execute(_NO_STAFF, {"id": changed.organisation})
    if changed.staff:
        workers, roles = zip(*((worker, " ".join(roles)) for worker, roles in changed.staff), strict=True)
        columns = {"id": changed.organisation, "workers": list(workers), "roles": list(roles)}
        await tx.execute(_PUT_STAFF, columns)
    tx.say(outgoing(changed))


async def organisations_with_staff(tx: Transaction) -> set[str]:
    return set((await tx.execute(_STAFFED)).scalars())


async def _write(tx: Transaction, organisation: Organisation) -> None:
    statement = _INSERT if organisation.stored == 0 else _UPDATE
    written = await tx.execute(statement, _row(organisation))
    if written.rowcount != 1:
        raise PreconditionFailed
    for service_id in sorted(organisation.touched):
        await tx.execute(_PUT_SERVICE, _service_row(organisation.id, organisation.services[service_id]))
    organisation.stored, organisation.touched = organisation.version, set()


def _row(organisation: Organisation) -> dict[str, Any]:
    profile = organisation.profile
    return {
        "id": organisation.id,
        "cell": profile.cell,
        "role": profile.role,
        "name": profile.name,
        "status": profile.status,
        "details": json.dumps(dict(profile.details)),
        "version": organisation.version,
        "seeded": organisation.seeded,
        "told": organisation.told,
        "stored": organisation.stored,
    }


def _service_row(organisation: str, service: Service) -> dict[str, Any]:
    return {
        "organisation": organisation,
        "id": service.id,
        "service": service.code,
        "name": service.name,
        "status": service.status,
        "capacity": service.capacity,
        "details": json.dumps(dict(service.details)),
    }
