"""The sealed values of a return: sealed under her key before a transaction begins, opened after one has ended."""

import json
from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter

from chassis.identity.access import find_person, person_of
from chassis.identity.auth import Actor
from chassis.problems import Unavailable, WrongState
from chassis.service import Service
from chassis.vault.vault import Sealing
from services.returns.domain.assisted_return import Return
from services.returns.domain.blocks import UNACCOMPANIED
from services.returns.domain.case import CaseKnowledge
from services.returns.domain.check import FITNESS
from services.returns.domain.fitness import URGENT, Fitness
from services.returns.domain.states import Half, Verb
from services.returns.store import known, returns

GROUNDS, CHECK, FLAGS = "return.grounds", "return.check", "case.flags"
"""Field classes. Flags are sealed by intake, to the case."""

_FITNESS = TypeAdapter(Fitness)


@dataclass(frozen=True, slots=True)
class OpenedSeals:
    """Sealed values as they were read, with their opened content. A use case that acts on them looks whether they are
    still the same.
    """

    flags_sealed: str | None = None
    fitness_sealed: str | None = None
    flags: frozenset[str] = frozenset()
    fitness: Fitness | None = None

    def still(self, found: Return, case: CaseKnowledge) -> bool:
        return (self.flags_sealed, self.fitness_sealed) == (case.flags, fitness_of(found))


def fitness_of(found: Return) -> str | None:
    check = found.checks.get(FITNESS)
    return None if check is None else check.grounds


async def seal(
    service: Service, actor: Actor, verb: Verb, return_id: UUID, field_class: str, text: str
) -> str:
    """Seal a text, for an actor who may do this verb. Raises NotFound, WrongState, Unavailable, KeyDestroyed."""
    async with service.database.transaction(actor.origin()) as tx:
        half, case_id = await returns.half_of(tx, actor, returns.action_of(verb), return_id)
        if half is not Half.SENDING:
            raise WrongState(f"the {half} half has nothing of this")
        person_id = await person_of(tx, case_id)
    return await service.vault.seal(person_id, field_class, return_id, text)


async def seal_fitness(service: Service, actor: Actor, return_id: UUID, found: Fitness) -> str:
    text = _FITNESS.dump_json(found).decode()
    return await seal(service, actor, Verb.CHECK, return_id, f"{CHECK}.{FITNESS}", text)


async def see(service: Service, actor: Actor, verb: Verb, return_id: UUID) -> OpenedSeals:
    """The sealed values of her health and flags, opened for an actor who may do this verb. Raises NotFound, Unavailable."""
    async with service.database.transaction(actor.origin()) as tx:
        half, case_id = await returns.half_of(tx, actor, returns.action_of(verb), return_id)
        found, case = await returns.read(tx, return_id, half), await known.of_case(tx, case_id)
        person_id = await find_person(tx, case_id)
    return await opened(service, found, case, person_id)


async def opened(service: Service, found: Return, case: CaseKnowledge, person_id: UUID | None) -> OpenedSeals:
    """The opened values. Flags that were erased protect her as if all were raised, and an assessment that was erased
    is none.
    """
    sealed = {FLAGS: (case.case_id, case.flags), f"{CHECK}.{FITNESS}": (found.id, fitness_of(found))}
    values = [
        Sealing(_arrived(person_id), c, record, text)
        for c, (record, text) in sealed.items()
        if text is not None
    ]
    if not values:
        return OpenedSeals()
    texts = {
        value.field_class: text
        for value, text in zip(values, await service.vault.open_many(values), strict=True)
    }
    flags, fitness = texts.get(FLAGS), texts.get(f"{CHECK}.{FITNESS}")
    erased = case.flags is not None and flags is None
    return OpenedSeals(
        case.flags,
        fitness_of(found),
        URGENT | UNACCOMPANIED if erased else frozenset(json.loads(flags or "[]")),
        None if fitness is None else _FITNESS.validate_json(fitness),
    )


async def open_grounds(
    service: Service, person_id: UUID | None, return_id: UUID, sealed: str | None
) -> str | None:
    """The grounds of the risk assessment; None where there are none, or where they were erased."""
    if sealed is None:
        return None
    (text,) = await service.vault.open_many([Sealing(_arrived(person_id), GROUNDS, return_id, sealed)])
    return text


async def open_checks(service: Service, person_id: UUID | None, found: Return) -> dict[str, str]:
    """Check → its grounds; an erased one is left out."""
    sealed = {kind: check.grounds for kind, check in found.checks.items() if check.grounds is not None}
    if not sealed:
        return {}
    whose = _arrived(person_id)
    values = [Sealing(whose, f"{CHECK}.{kind}", found.id, text) for kind, text in sealed.items()]
    texts = await service.vault.open_many(values)
    return {kind: text for kind, text in zip(sealed, texts, strict=True) if text is not None}


def _arrived(person_id: UUID | None) -> UUID:
    if person_id is None:
        raise Unavailable("whose case it is has not arrived here yet")
    return person_id
