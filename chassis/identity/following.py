"""The projection of cases follows what intake says: who has a case, who covers for them, and whose it is."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.events.subscription import Subscription
from chassis.identity.access import CaseAccess, save_cases
from chassis.outbox import DueWork
from chassis.own_tables import CASE_ACCESS
from chassis.rows import RowReader
from chassis.tables import upsert_set
from contracts.events.intake import (
    CaseAssignedV1,
    CaseClosedV1,
    CaseCoveredV1,
    CaseErasedV1,
    CaseOpenedV1,
    CaseReopenedV1,
    CaseResumedV1,
    CaseTransferredV1,
    DependantsChangedV1,
    ErasureConfirmedV1,
)

RELEASE = "release-person"
"""The kind of the work row that releases in the vault whatever this service has of an erased person."""


_LOAD = text(
    "select case_id, organisation, workers, handed_over, person_id, erased, linked, closed from chassis.case_access"
    " where case_id = any(:keys)"
    " order by case_id for update"
)
_CASES = RowReader(CaseAccess, CASE_ACCESS)
_PERSON = {"person_id": "coalesce(t.person_id, excluded.person_id)"}
_OPENED = upsert_set(CASE_ACCESS, "case_id", "organisation", "person_id", update=_PERSON)
_ASSIGNED = upsert_set(
    CASE_ACCESS,
    *("case_id", "organisation", "workers", "person_id"),
    update={"organisation": "excluded.organisation", "workers": "excluded.workers", "handed_over": "false"}
    | _PERSON,
)
_WHOLE = frozenset({CaseOpenedV1, CaseAssignedV1})
"""The events that say a row whole: whatever it holds, it is written without being read."""


def subscription() -> Subscription[UUID, CaseAccess]:
    """The subscription that keeps the projection: the events of intake, in their order for each case."""
    return Subscription(
        handlers={
            CaseOpenedV1: on_case_opened,
            CaseReopenedV1: on_case_reopened,
            CaseAssignedV1: on_case_assigned,
            CaseCoveredV1: on_case_covered,
            CaseTransferredV1: on_case_transferred,
            CaseClosedV1: on_case_closed,
            CaseResumedV1: on_case_resumed,
            ErasureConfirmedV1: on_erasure_confirmed,
            CaseErasedV1: on_case_erased,
            DependantsChangedV1: on_dependants_changed,
        },
        key=lambda event: event.case_id,
        load=_load,
        save=_save,
        outgoing=lambda due: due,
        names=lambda event: None if type(event) in _WHOLE else "row",
    )


def on_case_opened(case: CaseAccess, event: CaseOpenedV1, _now: datetime) -> Iterable[object]:
    """An opened case belongs to the organisation that opened it, and to nobody there yet."""
    if case.organisation is None:
        case.organisation, case.changed = event.organisation, True
    if case.person_id is None:
        case.person_id, case.changed = event.person_id, True
    return ()


def on_case_reopened(case: CaseAccess, event: CaseReopenedV1, _now: datetime) -> Iterable[object]:
    """She was erased and is here again, under another identifier and so under another key."""
    case.person_id, case.erased, case.closed, case.changed = event.person_id, False, False, True
    return ()


def on_erasure_confirmed(case: CaseAccess, event: ErasureConfirmedV1, _now: datetime) -> Iterable[DueWork]:
    """Nobody reads or writes about her any more, and what this service keeps under her key is released."""
    case.erased = case.changed = True
    if case.person_id is None:
        return ()
    return [DueWork(RELEASE, str(event.erasure_id), {"person_id": str(case.person_id)})]


def on_case_erased(case: CaseAccess, _event: CaseErasedV1, _now: datetime) -> Iterable[DueWork]:
    case.erased = case.changed = True
    return ()


def on_case_assigned(case: CaseAccess, event: CaseAssignedV1, _now: datetime) -> Iterable[object]:
    """The whole assignment as it now stands: a worker who is missing from it sees the case no longer."""
    case.organisation, case.workers, case.changed = event.organisation, tuple(event.workers), True
    case.handed_over, case.assigned = False, True
    return ()


def on_case_covered(case: CaseAccess, event: CaseCoveredV1, _now: datetime) -> Iterable[object]:
    """Whoever covers for a worker sees the case as that worker does, as long as they are named. Nothing is opened by it
    that was handed over or erased meanwhile.
    """
    case.workers, case.changed = tuple(dict.fromkeys((*event.workers, *event.covers))), True
    return ()


def on_case_transferred(case: CaseAccess, event: CaseTransferredV1, _now: datetime) -> Iterable[object]:
    """Another organisation has her now, under a case of its own; here nobody reads or changes this one any more. When she comes
    back, it is open.
    """
    case.organisation, case.handed_over, case.changed = event.organisation, True, True
    case.closed = False
    return ()


def on_case_closed(case: CaseAccess, _event: CaseClosedV1, _now: datetime) -> Iterable[object]:
    """Nothing new leaves it, also by the hand of somebody whose page is older than the closing."""
    case.closed = case.changed = True
    return ()


def on_case_resumed(case: CaseAccess, _event: CaseResumedV1, _now: datetime) -> Iterable[object]:
    case.closed, case.changed = False, True
    return ()


def on_dependants_changed(case: CaseAccess, event: DependantsChangedV1, _now: datetime) -> Iterable[object]:
    """Nobody is handed over away from somebody linked with them without a word: whether one is in an open case."""
    case.linked, case.changed = event.linked_here, True
    return ()


async def _load(tx: Transaction, keys: Sequence[UUID], names: Sequence[str]) -> dict[UUID, CaseAccess]:
    """The rows, locked; unread where the batch says nothing that depends on one."""
    if not names:
        return {key: CaseAccess(key, unread=True) for key in keys}
    known = {case.case_id: case for case in _CASES.all(await tx.execute(_LOAD, {"keys": list(keys)}))}
    return {key: known.get(key) or CaseAccess(key) for key in keys}


async def _save(tx: Transaction, cases: Sequence[CaseAccess]) -> None:
    await save_cases(tx, [case for case in cases if not case.unread])
    unread = sorted((case for case in cases if case.unread), key=attrgetter("case_id"))
    await _ASSIGNED.write(tx, [case for case in unread if case.assigned])
    await _OPENED.write(tx, [case for case in unread if not case.assigned])
