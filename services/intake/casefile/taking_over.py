"""The cases of a suspended organisation come to the board of the supervisor whom two operators named; none is left with nobody.
Calls that are no case's come to that supervisor's organisation.
"""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from chassis import directory
from chassis.database import Transaction
from chassis.events.subscription import Subscription
from chassis.work import WorkItem, WorkKind, no_act
from contracts.events.directory import DirectoryChangedV1, StaffChangedV1
from services.intake.casefile.attention import of_staff
from services.intake.casefile.domain.facts import CasesLeft
from services.intake.casefile.outgoing import TAKE_OVER, cases_left, index_due, outgoing
from services.intake.casefile.store import cases, own_numbers
from services.intake.casefile.store.handing import move_with_cases, of_organisation

AT_ONCE = 100
AGAIN = timedelta(minutes=10)
"""The time after which it is looked again: what was on its way still arrives for the organisation, and is given on too."""

Others = Callable[[Transaction, CasesLeft, int], Awaitable[bool]]
"""Gives on what is no case's, so much at once; True where there may be more."""


def on_organisation_suspended(
    organisation: str, event: StaffChangedV1 | DirectoryChangedV1, now: datetime
) -> Iterable[CasesLeft]:
    if isinstance(event, StaffChangedV1) or event.cases_to is None or event.cases_to_organisation is None:
        return []
    return [CasesLeft(organisation, event.cases_to_organisation, event.cases_to, now)]


def subscription() -> Subscription[str, str]:
    return of_staff(on_organisation_suspended, outgoing)


def taking_over_work(others: Others) -> WorkKind:
    """Give the cases on for as long as this supervisor is the one whom two people named: nothing that they decided of an
    earlier suspension counts in one by one person.
    """

    async def finish(tx: Transaction, item: WorkItem, _: Any) -> None:
        left = CasesLeft(**item.payload, at=tx.now)
        listed = await directory.find(tx, left.organisation)
        if listed is None or (listed.cases_to, listed.cases_to_organisation) != (
            left.to,
            left.to_organisation,
        ):
            return
        found = await of_organisation(tx, left.organisation, AT_ONCE)
        for case_id in found:
            case = await cases.hold(tx, case_id)
            if case is not None:
                await cases.save(tx, case, case.take_over(left.to_organisation, left.to))
                tx.say(index_due(case_id, f"taken-over:{case.version}"))
        await move_with_cases(tx, found, left.to_organisation)
        await own_numbers.forget(tx, found)
        more = await others(tx, left, AT_ONCE)
        tx.say(cases_left(left, None if more or len(found) == AT_ONCE else tx.now + AGAIN))

    return WorkKind(TAKE_OVER, no_act, finish)
