"""The grounds of a risk assessment: sealed under her key before a transaction begins, opened after one has ended."""

from uuid import UUID

from chassis.auth import Actor
from chassis.problems import Unavailable, WrongState
from chassis.service import Service
from chassis.vault import KeyDestroyed, Vault
from services.returns import store
from services.returns.domain.states import Half

FIELD_CLASS = "return.grounds"


async def seal_grounds(service: Service, actor: Actor, return_id: UUID, grounds: str) -> str:
    """Only for whoever may assess this return. Raises NotFound, WrongState, Unavailable, KeyDestroyed."""
    async with service.database.transaction(actor.origin()) as tx:
        half, case_id = await store.half_of(tx, actor, "return.assess", return_id)
        person_id = await store.person_of(tx, case_id)
    if half is not Half.SENDING:
        raise WrongState(f"the {half} half does not assess")
    if person_id is None:
        raise Unavailable("the case has not arrived here yet")
    return await _vault_of(service).seal(person_id, FIELD_CLASS, return_id, grounds)


async def open_grounds(
    service: Service, person_id: UUID | None, return_id: UUID, sealed: str | None
) -> str | None:
    """None where there are none, or where they were erased."""
    if sealed is None or person_id is None:
        return None
    try:
        return await _vault_of(service).open(person_id, FIELD_CLASS, return_id, sealed)
    except KeyDestroyed:
        return None


def _vault_of(service: Service) -> Vault:
    if service.vault is None:
        raise Unavailable
    return service.vault
