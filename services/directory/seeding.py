"""Takes in the files of the directory and of the staff at every start: an entry that was taken before, unchanged, is
passed over.
"""

import hashlib

import rfc8785

from chassis.service import Service
from services.directory import use_cases
from services.directory.forms import SeedFile, SeedOrganisation, StaffFile
from services.directory.settings import Settings
from services.directory.store.organisations import lock_directory, organisations_with_staff


class Seeding:
    """A loop of the service that has done its work when it has started."""

    name = "directory"

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service, self._settings = service, settings

    async def start(self) -> None:
        """Staff first: a service that has heard of an organisation has heard of its staff."""
        directory, staff = self._settings.directory_file, self._settings.staff_file
        if staff is not None:
            await seed_staff(self._service, StaffFile.model_validate_json(staff.read_bytes()))
        if directory is not None:
            await seed(self._service, SeedFile.model_validate_json(directory.read_bytes()))

    async def stop(self) -> None:
        """Nothing to stop: nothing runs."""

    def healthy(self) -> str | None:
        return None


async def seed(service: Service, file: SeedFile) -> int:
    """Seed the organisations of a file; how many of them were new or had changed."""
    database = service.database
    taken = 0
    async with database.transaction(database.system()) as tx:
        await lock_directory(tx)
        for entry in file.organisations:
            services = [form.offered(service_id) for service_id, form in sorted(entry.services.items())]
            taken += await use_cases.seed_organisation(
                tx, service.settings.cell, entry.id, entry.profile(entry.id), services, _sha256(entry)
            )
    return taken


async def seed_staff(service: Service, file: StaffFile) -> int:
    """Seed the staff; how many organisations have another staff than before. Those that the file no longer names have
    people without a role.
    """
    database = service.database
    async with database.transaction(database.system()) as tx:
        await lock_directory(tx)
        named = await organisations_with_staff(tx) | set(file.organisations)
        return sum(
            [await use_cases.seed_staff(tx, name, file.organisations.get(name, {})) for name in sorted(named)]
        )


def _sha256(entry: SeedOrganisation) -> str:
    return hashlib.sha256(rfc8785.dumps(entry.model_dump(mode="json"))).hexdigest()
