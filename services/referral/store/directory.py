"""Organisations and their services: got under a lock, saved with a version check, listed in order of their identifiers."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from chassis.database import Transaction
from chassis.problems import NotFound, PreconditionFailed
from contracts.events.referral import DirectoryChangedV1
from services.referral.domain.directory import DirectoryChanged, Organisation, Profile, Service

_ORGANISATION = "select * from referral.organisations where id = :id"
_SERVICES = text("select * from referral.services where organisation = :id order by id")
_LOCK_ALL = text("select pg_advisory_xact_lock(hashtext('referral.directory'))")
_INSERT = text(
    "insert into referral.organisations (id, cell, role, name, status, details, version, seeded)"
    " values (:id, :cell, :role, :name, :status, cast(:details as jsonb), :version, :seeded) on conflict do nothing"
)
_UPDATE = text(
    "update referral.organisations set cell = :cell, role = :role, name = :name, status = :status,"
    " details = cast(:details as jsonb), version = :version, seeded = :seeded where id = :id and version = :stored"
)
_PUT_SERVICE = text(
    "insert into referral.services (organisation, id, service, name, status, capacity, details)"
    " values (:organisation, :id, :service, :name, :status, :capacity, cast(:details as jsonb))"
    " on conflict (organisation, id) do update set service = excluded.service, name = excluded.name,"
    " status = excluded.status, capacity = excluded.capacity, details = excluded.details"
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
    return Organisation(row.id, profile, {s.id: s for s in services}, row.version, row.version, row.seeded)


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
    """Write it if it is still as it was read. Raises PreconditionFailed."""
    statement = _INSERT if organisation.stored == 0 else _UPDATE
    written = await tx.execute(statement, _row(organisation))
    if written.rowcount != 1:
        raise PreconditionFailed
    for service_id in sorted(organisation.touched):
        await tx.execute(_PUT_SERVICE, _service_row(organisation.id, organisation.services[service_id]))
    organisation.stored, organisation.touched = organisation.version, set()
    tx.say(*(_said(fact) for fact in facts[-1:]))


def _said(fact: DirectoryChanged) -> DirectoryChangedV1:
    return DirectoryChangedV1(
        organisation=fact.organisation, cell=fact.cell, role=fact.role, version=fact.version
    )


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
