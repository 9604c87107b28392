"""Work: a call that is left open becomes a task, the words of one that is nobody's go in their time, and so do those of an
incident; a key that was one call's or incident's alone is destroyed.
"""

from datetime import datetime
from uuid import UUID, uuid5

from chassis.database import Transaction
from chassis.service import Service
from chassis.vault.ledger import ErasureLedger
from chassis.work import WorkItem, WorkKind, no_act, no_finish
from services.intake.casework.domain.flag_tasks import SOON
from services.intake.casework.domain.tasks import Task, TaskPlan
from services.intake.casework.erasure import own_key_work
from services.intake.casework.store import tasks
from services.intake.reports.content import times_of
from services.intake.reports.domain.calls import Call, CallTimes
from services.intake.reports.outgoing import CALL_CLOCK, CALL_KEY, CALL_RECORD, INCIDENT_WORDS
from services.intake.reports.store import calls, incidents

ATTEMPTS = 1_000
REVIEW = "review"
"""The code of `task_kind` of a call that nobody has closed."""


def report_work(service: Service, ledger: ErasureLedger) -> list[WorkKind]:
    async def strike(tx: Transaction, item: WorkItem, _: None) -> None:
        call = await calls.hold(tx, UUID(item.payload["call_id"]))
        if call is None:
            return
        ends_at = datetime.fromisoformat(item.payload["ends_at"])
        if item.payload["over"]:
            await _end(tx, call, ends_at, times_of(service))
        elif call.is_left_open(ends_at):
            await _review(tx, call, item.key)

    async def clear_words(tx: Transaction, item: WorkItem, _: None) -> None:
        incident = await incidents.hold(tx, UUID(item.payload["incident_id"]))
        if incident is not None and (facts := incident.clear(item.payload["revision"])):
            await incidents.save(tx, incident, facts)

    async def release(item: WorkItem) -> None:
        """A task has one record for ever: where it is hers again by now, with the call, its words stay in the register."""
        person_id, task_id = UUID(item.payload["person_id"]), item.payload["task_id"]
        if task_id is not None:
            async with service.database.transaction(service.database.system()) as tx:
                if await tasks.is_under(tx, UUID(task_id), person_id):
                    return
        await service.vault.release(person_id, [item.key])

    return [
        WorkKind(CALL_CLOCK, no_act, strike, max_attempts=ATTEMPTS),
        WorkKind(INCIDENT_WORDS, no_act, clear_words, max_attempts=ATTEMPTS),
        own_key_work(CALL_KEY, service, ledger),
        WorkKind(CALL_RECORD, release, no_finish, max_attempts=ATTEMPTS),
    ]


async def _end(tx: Transaction, call: Call, ends_at: datetime, times: CallTimes) -> None:
    """The words of its tasks go with those of the call."""
    facts = call.clear(ends_at, tx.now, times, steps_open=await tasks.has_open_steps(tx, call.id))
    if not facts:
        return
    await calls.save(tx, call, facts)
    if call.content is None:
        for task in await tasks.of_call(tx, call.id):
            if gone := task.forget_call():
                await tasks.save(tx, task, gone)


async def _review(tx: Transaction, call: Call, key: str) -> None:
    """A task of the team, whose time is over in a day: then the supervisors are told."""
    plan = TaskPlan(REVIEW, None, tx.now + SOON)
    task, said = Task.raised(
        uuid5(call.id, key), call.organisation, None, plan, by=tx.origin.actor, now=tx.now, call_id=call.id
    )
    await tasks.add(tx, task, said)
