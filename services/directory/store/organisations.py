"""Organisations with their services, and staff: got under a lock, saved with a version check."""

from collections.abc import Sequence

from sqlalchemy import text

from chassis.database import Transaction
from chassis.directory import ListedOrganisation, remember, remember_staff
from chassis.problems import NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import insert_missing, insert_set, update_set, upsert_set
from services.directory.domain.organisation import (
    Caretaker,
    DirectoryChanged,
    Organisation,
    Profile,
    Service,
)
from services.directory.domain.staff import Staff, StaffChanged
from services.directory.outgoing import outgoing, status_of
from services.directory.store.tables import ORGANISATIONS, SERVICES, STAFF

_ORGANISATION = "select * from directory.organisations where id = :id"
_SERVICES = text("select * from directory.services where organisation = :id order by id")
_STAFF = text("select worker, roles from directory.staff where organisation = :id order by worker")
_STAFFED = text("select distinct organisation from directory.staff")
_LOCK_ALL = text("select pg_advisory_xact_lock(hashtext('directory'))")
_INSERT = insert_missing(ORGANISATIONS)
_UPDATE = update_set(
    ORGANISATIONS,
    "cell",
    "role",
    "name",
    "status",
    "details",
    "version",
    "seeded",
    "told",
    "suspended",
    "cases_to",
    "cases_to_organisation",
    stored="stored",
)
_PUT_SERVICE = upsert_set(SERVICES)
_NO_STAFF = text("delete from directory.staff where organisation = :id")
_PUT_STAFF = insert_set(STAFF)
_PROFILES = RowReader(Profile, ORGANISATIONS)
_OFFERED = RowReader(Service, SERVICES, code="service")


async def lock_directory(tx: Transaction) -> None:
    """Two processes that seed at the same time do so one after the other."""
    await tx.execute(_LOCK_ALL)


async def find_organisation(tx: Transaction, organisation: str, *, lock: bool = False) -> Organisation | None:
    """The organisation with its services; under a lock for a caller that changes it."""
    statement = text(_ORGANISATION + (" for update" if lock else ""))
    row = (await tx.execute(statement, {"id": organisation})).first()
    if row is None:
        return None
    services = _OFFERED.all(await tx.execute(_SERVICES, {"id": organisation}))
    offered = {service.id: service for service in services}
    profile = _PROFILES.row(row)
    caretaker = None if row.cases_to is None else Caretaker(row.cases_to_organisation, row.cases_to)
    return Organisation(
        row.id,
        profile,
        offered,
        row.version,
        row.version,
        row.seeded,
        told=row.told,
        suspended=row.suspended,
        caretaker=caretaker,
    )


async def get_organisation(
    tx: Transaction, organisation: str, *, lock: bool = False, expected: int | None = None
) -> Organisation:
    """The organisation. Raises NotFound, or PreconditionFailed where it is not as the caller saw it."""
    found = await find_organisation(tx, organisation, lock=lock)
    if found is None:
        raise NotFound
    if expected is not None and found.version != expected:
        raise PreconditionFailed
    return found


async def save_organisation(
    tx: Transaction, organisation: Organisation, facts: Sequence[DirectoryChanged]
) -> None:
    """Write the organisation if it is still as it was read, and say how it now stands. Raises PreconditionFailed."""
    await _write(tx, organisation)
    for fact in facts[-1:]:
        await _remember(tx, fact)
        tx.say(outgoing(fact))


async def load(tx: Transaction, organisations: Sequence[str]) -> dict[str, Organisation]:
    """The organisations, locked; an entry for every one, without a version where it is not listed here yet."""
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
    """The whole staff of an organisation; a member who is missing from it is gone."""
    await tx.execute(_NO_STAFF, {"id": changed.organisation})
    staff = [{"worker": worker, "roles": roles} for worker, roles in changed.staff]
    await _PUT_STAFF.write(tx, staff, organisation=changed.organisation)
    await remember_staff(tx, changed.organisation, changed.staff)
    tx.say(outgoing(changed))


async def organisations_with_staff(tx: Transaction) -> set[str]:
    return set((await tx.execute(_STAFFED)).scalars())


async def _remember(tx: Transaction, fact: DirectoryChanged) -> None:
    """The copy by which every service looks whose roles count: this one writes its own, in the same transaction."""
    profile, caretaker = fact.profile, fact.caretaker
    listed = ListedOrganisation(
        fact.organisation,
        profile.cell,
        profile.role,
        status_of(fact),
        profile.details.get("type"),
        fact.suspended,
        None if caretaker is None else caretaker.worker,
        None if caretaker is None else caretaker.organisation,
    )
    await remember(tx, listed, fact.version)


async def _write(tx: Transaction, organisation: Organisation) -> None:
    row = _row(organisation)
    written = await (
        _UPDATE.write(tx, [{**row, "stored": organisation.stored}])
        if organisation.stored
        else _INSERT.write(tx, [row])
    )
    if written != 1:
        raise PreconditionFailed
    touched = [organisation.services[service_id] for service_id in sorted(organisation.touched)]
    await _PUT_SERVICE.write(tx, [_service_row(organisation.id, service) for service in touched])
    organisation.stored, organisation.touched = organisation.version, set()


def _row(organisation: Organisation) -> dict[str, object]:
    profile, caretaker = organisation.profile, organisation.caretaker
    return {
        "id": organisation.id,
        "cell": profile.cell,
        "role": profile.role,
        "name": profile.name,
        "status": profile.status,
        "details": profile.details,
        "version": organisation.version,
        "seeded": organisation.seeded,
        "told": organisation.told,
        "suspended": organisation.suspended,
        "cases_to": None if caretaker is None else caretaker.worker,
        "cases_to_organisation": None if caretaker is None else caretaker.organisation,
    }


def _service_row(organisation: str, service: Service) -> dict[str, object]:
    return {
        "organisation": organisation,
        "id": service.id,
        "service": service.code,
        "name": service.name,
        "status": service.status,
        "capacity": service.capacity,
        "details": service.details,
    }
