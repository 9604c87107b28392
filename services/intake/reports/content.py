"""A call on its way in: its words merged and sealed, and the steps that its urgent flags ask for. Never inside a transaction."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from chassis.identity.auth import Actor
from chassis.problems import WrongState
from chassis.service import Service
from chassis.vault.vault import Sealing
from services.intake.casefile.domain.case import Case, urgency_of
from services.intake.casefile.sealing import open_json
from services.intake.casework.domain.field_classes import TASK_CONTENT
from services.intake.casework.domain.flag_tasks import steps_of
from services.intake.casework.domain.tasks import SealedWords, Task
from services.intake.casework.sealing import task_record, team_key
from services.intake.casework.store import tasks
from services.intake.reports.domain.calls import Call, CallTimes, own_key
from services.intake.reports.sealing import open_call, seal_call
from services.intake.reports.store import calls
from services.intake.reports.use_cases import CallStep, MovedCall, MovedTask, SavedCall

ROUTINE = "routine"


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call with the tasks about it, as they are now."""

    call: Call
    tasks: Sequence[Task]


async def found_call(service: Service, actor: Actor, call_id: UUID) -> FoundCall:
    """In a short transaction of its own. NotFound where the actor may not write about the call."""
    async with service.database.transaction(actor.origin()) as tx:
        call = await calls.get(tx, actor, calls.WRITE, call_id)
        return FoundCall(call, await tasks.of_call(tx, call_id))


def merged(content: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Members that are not named stay; null removes one."""
    return {name: value for name, value in {**content, **sent}.items() if value is not None}


def urgency_in(content: Mapping[str, Any]) -> str:
    """A flag makes it immediate, whatever was said."""
    return urgency_of(content.get("urgency", ROUTINE), frozenset(content.get("flags", [])))


async def new_steps(
    service: Service, flags: Collection[str], before: Collection[str] = ()
) -> tuple[CallStep, ...]:
    """The steps that these flags ask for and the former did not, the soonest first, each with words under a key of its own."""
    known = steps_of(before)
    steps = sorted(
        (step for code, step in steps_of(flags).items() if code not in known), key=lambda step: step.within
    )
    new = {uuid4(): step for step in steps}
    await service.vault.create_many(team_key(task_id, 0) for task_id in new)
    places = [
        Sealing(
            team_key(task_id, 0),
            TASK_CONTENT,
            task_record(task_id),
            json.dumps({"text": None, "step": step.code}),
        )
        for task_id, step in new.items()
    ]
    sealed = await service.vault.seal_many(places) if places else []
    return tuple(
        CallStep(task_id, step.within, SealedWords(team_key(task_id, 0), words))
        for (task_id, step), words in zip(new.items(), sealed, strict=True)
    )


async def saved(service: Service, call: Call, sent: Mapping[str, Any]) -> SavedCall:
    """The whole call after a saving. Raises WrongState where its words are gone."""
    before = await content_of(service, call)
    content = merged(before, sent)
    flags = content.get("flags", [])
    words = await seal_call(service.vault, call.id, call.owner, call.sealing, content)
    steps = await new_steps(service, flags, before.get("flags", []))
    return SavedCall(call.version, words, urgency_in(content), bool(flags), steps)


async def hers(service: Service, found: FoundCall, person_id: UUID, content: Mapping[str, Any]) -> MovedCall:
    """Under the key of the person in whose case they will be."""
    call = found.call
    words = await seal_call(service.vault, call.id, person_id, call.sealing + 1, content)
    said = await _said(service, found.tasks)
    return MovedCall(
        call.version, words, await _sealed_anew(service, found, said, dict.fromkeys(said, person_id))
    )


async def nobodys(service: Service, found: FoundCall, case: Case) -> MovedCall:
    """Each under a new key of its own, out of the case. Of a task only the step goes: what was written in the case is hers."""
    call = found.call
    if call.owner != case.person_id:
        raise WrongState  # she was erased, and the call with her
    sealing = call.sealing + 1
    owner = own_key(call.id, sealing)
    content = await content_of(service, call)
    said = await _said(service, found.tasks)
    steps = {task_id: {**words, "text": None} for task_id, words in said.items() if words["step"] is not None}
    owners = {task.id: team_key(task.id, task.version) for task in found.tasks if task.id in steps}
    await service.vault.create_many([owner, *owners.values()])
    words = await seal_call(service.vault, call.id, owner, sealing, content)
    return MovedCall(call.version, words, await _sealed_anew(service, found, steps, owners))


async def _said(service: Service, found: Sequence[Task]) -> dict[UUID, dict[str, Any]]:
    """Task → its words, of those that say something which the key still opens."""
    places = {
        task.id: Sealing(words.person_id, TASK_CONTENT, task_record(task.id), words.content)
        for task in found
        if (words := task.words()) is not None
    }
    opened = await open_json(service.vault, list(places.values()))
    return {task_id: words for task_id, words in zip(places, opened, strict=True) if words is not None}


async def _sealed_anew(
    service: Service, found: FoundCall, said: Mapping[UUID, Mapping[str, Any]], owners: Mapping[UUID, UUID]
) -> Mapping[UUID, MovedTask]:
    places = [
        Sealing(owners[task_id], TASK_CONTENT, task_record(task_id), json.dumps(words, ensure_ascii=False))
        for task_id, words in said.items()
    ]
    sealed = dict(zip(said, await service.vault.seal_many(places) if places else [], strict=True))
    return {
        task.id: MovedTask(
            task.version, SealedWords(owners[task.id], sealed[task.id]) if task.id in sealed else None
        )
        for task in found.tasks
    }


async def content_of(service: Service, call: Call) -> dict[str, Any]:
    content = await open_call(service.vault, call)
    if content is None:
        raise WrongState
    return content


def times_of(service: Service) -> CallTimes:
    law = service.settings.country.calls
    return CallTimes.of_days(law.spam_days, law.nobodys_days)
