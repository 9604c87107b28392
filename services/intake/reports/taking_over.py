"""The open calls of a suspended organisation that are no case's go with their tasks to the organisation that takes over its cases."""

from chassis.database import Transaction
from services.intake.casefile.domain.facts import CasesLeft
from services.intake.casework.store import tasks
from services.intake.reports.domain.calls import Call
from services.intake.reports.store import calls


async def take_over_calls(tx: Transaction, left: CasesLeft, limit: int) -> bool:
    """True where there may be more."""
    found = await calls.open_of(tx, left.organisation, limit)
    for call in found:
        await _take_over(tx, call, left.to_organisation)
    return len(found) == limit


async def _take_over(tx: Transaction, call: Call, organisation: str) -> None:
    """The supervisors are told of a step that is still to be done, as they would have been of a call of their own."""
    call.organisation = organisation
    about = await tasks.of_call(tx, call.id)
    steps = [task for task in about if task.is_open_step()]
    await calls.save(tx, call, call.raised(steps[0].id) if steps else [])
    for task in about:
        await tasks.save_moved(tx, task, task.take_over(organisation, tx.now))
