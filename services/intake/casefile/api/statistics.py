"""Statistics of the cases that were opened here, a calendar month at a time, and the same in CTDC's columns."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel

from chassis.identity.access import require
from chassis.service import Running, Service
from chassis.web.http import Who
from chassis.web.month_views import MonthName, MonthTableView, month_tables, settled_month
from contracts.events.access import LogReadV1
from contracts.months import Month
from contracts.small_cells import K
from services.intake.casefile import counting
from services.intake.casefile.domain import ctdc

router = APIRouter(tags=["statistics"])


class MonthStatistics(BaseModel):
    """The tables of a month, as they were counted once: a later correction does not change them. Each counts those of whom it
    was recorded; a person has one age group and one sex, and any number of needs.
    """

    month: str
    at_least: int
    counted_at: datetime
    tables: list[MonthTableView]


@router.get(
    "/v1/statistics/{month}",
    summary="Cases opened here in a month by age group, sex, need and exploitation; small cells are hidden",
)
async def get_statistics(month: MonthName, actor: Who, running: Running) -> MonthStatistics:
    require(actor, "statistics.read")
    zone = running.settings.zone
    async with running.database.transaction(actor.origin()) as tx:
        wanted = settled_month(month, tx.now, zone)
        tx.say(LogReadV1(view="statistics", since=wanted.begins(zone)))
    found = await counting.counted(running, wanted)
    return MonthStatistics(
        month=month, at_least=K, counted_at=found[0].counted_at, tables=month_tables(found)
    )


@router.get(
    "/v1/exports/ctdc/{year}",
    summary="The statistics of a year in the columns of the CTDC's dataset, as counts and never as persons",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
async def export_ctdc(
    actor: Who,
    running: Running,
    year: Annotated[int, Path(ge=2020, le=2099, description="of registration")],
) -> Response:
    """Nothing is counted for it: it is made of the tables that are shown anyway, and so tells no more than they do."""
    require(actor, "statistics.read")
    months, zone = [Month(date(year, number, 1)) for number in range(1, 13)], running.settings.zone
    async with running.database.transaction(actor.origin()) as tx:
        settled = [month for month in months if month.is_settled(tx.now, zone)]
        tx.say(LogReadV1(view="ctdc", since=months[0].begins(zone)))
    shown = await _shown(running, settled)
    headers = {"Content-Disposition": f'attachment; filename="ctdc-{year}.csv"'}
    return Response(ctdc.table(year, shown), media_type="text/csv; charset=utf-8", headers=headers)


async def _shown(running: Service, months: list[Month]) -> ctdc.Shown:
    return [(one.name, one.cells) for month in months for one in await counting.counted(running, month)]
