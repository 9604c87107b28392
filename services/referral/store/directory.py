"""Organisations and their services: got under a lock, saved with a version check, listed in order of their identifiers."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from chassis import directory
from chassis.database import Transaction
from chassis.problems import NotFound, PreconditionFailed
from contracts.events.referral import DirectoryChangedV1, OfferedService, StaffChangedV1, StaffMember
from services.referral.domain.directory import DirectoryChanged, Organisation, Profile, Service

_ORGANISATION = "select * from referral.organisations where id = :id"
_SERVICES = text("select * from referral.services where organisation = :id order by id")
_STAFF = text("select worker, roles from chassis.staff where organisation = :id order by worker")
_STAFFED = text("select distinct organisation from chassis.staff")
_LOCK_ALL = text("select pg_advisory_xact_lock(hashtext('referral.directory'))")
_INSERT = text(
    "insert into referral.organisations (id, cell, role, name, status, details, version, seeded, told)"
    " values (:id, :cell, :role, :name, :status, cast(:details as jsonb), :version, :seeded, :told) on conflict do nothing"
)
_UPDATE = text(
    "update referral.organisations set cell = :cell, role = :role, name = :name, status = :status,"
    " details = cast(:details as jsonb), version = :version, seeded = :seeded, told = :told where id = :id and version = :stored"
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
    """Write it if it is still as it was read. Raises PreconditionFailed."""
    statement = _INSERT if organisation.stored == 0 else _UPDATE
    written = await tx.execute(statement, _row(organisation))
    if written.rowcount != 1:
        raise PreconditionFailed
    for service_id in sorted(organisation.touched):
        await tx.execute(_PUT_SERVICE, _service_row(organisation.id, organisation.services[service_id]))
    organisation.stored, organisation.touched = organisation.version, set()
    if facts:
        said = _said(organisation, facts[-1])
        listed = directory.Listed(said.organisation, said.cell, said.role, said.status, said.org_type)
        await directory.remember(tx, listed, said.version)
        tx.say(said)


async def save_staff(tx: Transaction, organisation: str, staff: Mapping[str, Sequence[str]]) -> bool:
    """The whole staff of an organisation; said where it is not what it was."""
    told = sorted((worker, tuple(sorted(set(roles)))) for worker, roles in staff.items())
    known = [(row.worker, tuple(row.roles)) for row in await tx.execute(_STAFF, {"id": organisation})]
    if told == known:
        return False
    await directory.remember_staff(tx, organisation, told)
    members = tuple(StaffMember(worker=worker, roles=roles) for worker, roles in told)
    tx.say(StaffChangedV1(organisation=organisation, staff=members))
    return True


async def organisations_with_staff(tx: Transaction) -> set[str]:
    return set((await tx.execute(_STAFFED)).scalars())


async def load(tx: Transaction, organisations: Sequence[str]) -> dict[str, Organisation]:
    """Locked; an entry for every one, without a version where it is not listed here yet."""
    found = {name: await find_organisation(tx, name, lock=True) for name in sorted(organisations)}
    nobody = Profile("", "", "", "", {})
    return {name: known or Organisation(name, nobody) for name, known in found.items()}


async def save(tx: Transaction, organisations: Sequence[Organisation]) -> None:
    """What a partner said: its newest version is kept even where nothing else changed."""
    for organisation in organisations:
        if organisation.version:
            changed = organisation.version != organisation.stored
            profile = organisation.profile
            fact = DirectoryChanged(organisation.id, profile.cell, profile.role, organisation.version)
            await save_organisation(tx, organisation, [fact] if changed else [])


def hsds(status: str) -> str:
    """A code as HSDS writes it."""
    return status.replace("-", " ")


def _said(organisation: Organisation, fact: DirectoryChanged) -> DirectoryChangedV1:
    profile, services = organisation.profile, organisation.services.values()
    return DirectoryChangedV1(
        organisation=fact.organisation,
        cell=fact.cell,
        role=fact.role,
        version=fact.version,
        status=_code(profile.status),
        org_type=profile.details.get("type"),
        services=tuple(
            OfferedService(service_id=s.id, service=s.code, status=_code(s.status), capacity=s.capacity)
            for s in services
        ),
    )


def _code(status: str) -> str:
    """HSDS writes `temporarily closed`; a code has no space."""
    return status.replace(" ", "-")


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
