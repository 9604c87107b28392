"""The organisation's own number of a case on its way in: hashed for this organisation alone, and sealed. Never inside a transaction."""

from collections.abc import Sequence
from uuid import UUID

from chassis.service import Service
from contracts.casefile.own_number import compared
from services.intake.casefile.domain.field_classes import OWN_NUMBER
from services.intake.casefile.store.own_numbers import SealedNumber


async def entries_of(service: Service, organisation: str, numbers: Sequence[str]) -> list[bytes]:
    """The keyed hash of each number. In a copy of the database nobody sees that two organisations use the same."""
    return await service.own_key.digest(*(f"number|{organisation}|{compared(one)}" for one in numbers))


async def sealed_number(
    service: Service, organisation: str, person_id: UUID, case_id: UUID, number: str
) -> SealedNumber:
    (entry,) = await entries_of(service, organisation, [number])
    return SealedNumber(entry, await service.vault.seal(person_id, OWN_NUMBER, case_id, number))
