"""Takes the directory file in at every start: entries that were taken before, as they are, are passed over."""

import hashlib

import rfc8785

from chassis.service import Service
from services.referral import use_cases
from services.referral.directory_forms import SeedFile, SeedOrganisation
from services.referral.settings import Settings
from services.referral.store.directory import lock_directory


class Seeding:
    """A loop of the service that has done its work when it has started."""

    name = "directory"

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service, self._file = service, settings.directory_file

    async def start(self) -> None:
        if self._file is not None:
            await seed(self._service, SeedFile.model_validate_json(self._file.read_bytes()))

    async def stop(self) -> None:
        """Nothing runs."""

    def healthy(self) -> str | None:
        return None


async def seed(service: Service, file: SeedFile) -> int:
    """How many organisations were new or had changed in the file."""
    database = service.database
    taken = 0
    async with database.transaction(database.system()) as tx:
        await lock_directory(tx)
        for entry in file.organisations:
            services = [form.offered(service_id) for service_id, form in sorted(entry.services.items())]
            taken += await use_cases.seed_organisation(
                tx, entry.id, entry.profile(entry.id), services, _sha256(entry)
            )
    return taken


def _sha256(entry: SeedOrganisation) -> str:
    return hashlib.sha256(rfc8785.dumps(entry.model_dump(mode="json"))).hexdigest()
