"""Statistics of a corridor, a calendar month at a time: persons referred and returned, what became of it, and how long an answer took."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from chassis.identity.access import require
from chassis.service import Running, Service
from chassis.web.http import Who
from chassis.web.month_views import MonthName, MonthTableView, month_tables, settled_month
from contracts.events.access import LogReadV1
from contracts.months import Month
from contracts.small_cells import K, ShownTable
from contracts.types import Cell
from services.audit.domain.statistics import (
    SUBJECTS,
    CountedSubject,
    corridor_tables,
    each_person,
    table_name,
)
from services.audit.store import statistics

router = APIRouter(tags=["statistics"])


class CorridorSubject(BaseModel):
    """The persons of a month by one subject: `referrals` that were sent, or `returns` that were requested."""

    name: str
    counted_at: datetime
    tables: list[MonthTableView]


class CorridorMonth(BaseModel):
    """A month from this cell to another, as it was counted once: what came of it later does not change it."""

    month: str
    sender_cell: str
    recipient_cell: str
    at_least: Annotated[int, Field(description="the least count that is shown or follows from what is shown")]
    subjects: list[CorridorSubject]


@router.get(
    "/v1/statistics/{month}/{recipient_cell}",
    summary="Persons referred and returned to a cell in a month, by result and response time; small cells are hidden",
)
async def get_corridor_statistics(
    month: MonthName,
    recipient_cell: Annotated[Cell, Path(description="the cell they were referred or returned to")],
    actor: Who,
    running: Running,
) -> CorridorMonth:
    """Each person counts once, by her first of the month; cases that nobody decided are of one person count each. The other
    direction is counted by the other cell.
    """
    require(actor, "statistics.read")
    async with running.database.transaction(actor.origin()) as tx:
        wanted = settled_month(month, tx.now, running.settings.zone)
        since = wanted.begins(running.settings.zone)
        tx.say(LogReadV1(view="corridor", sought_cell=recipient_cell, since=since))
    return CorridorMonth(
        month=month,
        sender_cell=running.settings.cell,
        recipient_cell=recipient_cell,
        at_least=K,
        subjects=[await _subject(running, wanted, one, recipient_cell) for one in SUBJECTS],
    )


async def _subject(service: Service, month: Month, subject: CountedSubject, cell: str) -> CorridorSubject:
    async def count() -> Mapping[str, ShownTable]:
        zone = service.settings.zone
        async with service.database.transaction(service.database.system()) as tx:
            begun = await statistics.begun(
                tx, subject, cell, month.begins(zone), month.following.begins(zone)
            )
            first = each_person(begun, await statistics.same_person(tx))
            return corridor_tables(subject, cell, first, await statistics.later(tx, subject, first))

    names = [table_name(subject, cell, code_list) for code_list in subject.code_lists]
    found = await statistics.KEPT.counted(service.database, month, names, count)
    return CorridorSubject(name=subject.name, counted_at=found[0].counted_at, tables=month_tables(found))
