"""The directory that every service under test has heard of, unless the test asks for none."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from chassis import directory
from chassis.database import Database
from contracts.events.directory import DirectoryChangedV1, StaffChangedV1, StaffMember

ORGANISATIONS: Mapping[str, tuple[str, str]] = {
    "th-care-agency": ("coordination", "NGO"),
    "th-legal-aid": ("legal", "LegalService"),
    "th-screening-unit": ("coordination", "CentralGovernmentOrganisation"),
    "th-shelter": ("shelter", "NGO"),
    "kh-care-agency": ("coordination", "NGO"),
    "kh-health-agency": ("health", "HealthServiceOrganisation"),
    "kh-reintegration-agency": ("reintegration", "NGO"),
    "kh-shelter": ("shelter", "NGO"),
}
_ROLES = {
    "screening_officer": ("officer", "screening_officer"),
    "case_worker": ("worker", "case_worker", "colleague", "worker-7"),
    "supervisor": ("supervisor",),
}


MACHINES: Mapping[str, dict[str, list[str]]] = {
    "th-care-agency": {
        "machine:th.case-system": ["submitting_machine"],
        "machine:th.records-system": ["exporting_machine"],
    }
}


def staff_of(organisation: str) -> dict[str, list[str]]:
    """The people whom tests sign in: of any organisation `th.worker`, and `th.other-worker` besides."""
    cell = organisation[:2]
    named = {
        f"{cell}.{prefix}{name}": [role]
        for role, names in _ROLES.items()
        for name in names
        for prefix in ("", "other-")
    }
    return {**named, f"{cell}.operator": ["operator"], **MACHINES.get(organisation, {})}


def directory_changed(organisation: str, version: int = 1, **changes: Any) -> DirectoryChangedV1:
    role, type_ = ORGANISATIONS.get(organisation, ("shelter", "NGO"))
    values = {"cell": organisation[:2].upper(), "role": role, "org_type": type_, "version": version}
    return DirectoryChangedV1(organisation=organisation, **{**values, **changes})


def staff_changed(organisation: str, staff: Mapping[str, Sequence[str]]) -> StaffChangedV1:
    members = tuple(StaffMember(worker=worker, roles=tuple(roles)) for worker, roles in staff.items())
    return StaffChangedV1(organisation=organisation, staff=members)


async def list_everybody(database: Database) -> None:
    """As if the directory had been heard long ago: every organisation at version 0, so that any event is newer."""
    async with database.transaction(database.system()) as tx:
        for organisation, (role, type_) in ORGANISATIONS.items():
            listed = directory.ListedOrganisation(
                organisation, organisation[:2].upper(), role, "active", type_
            )
            await directory.remember(tx, listed, 0)
            await directory.remember_staff(tx, organisation, list(staff_of(organisation).items()))


async def forget_everybody(database: Database) -> None:
    async with database.transaction(database.system()) as tx:
        await tx.execute(text("delete from chassis.organisations"))
        await tx.execute(text("delete from chassis.staff"))
