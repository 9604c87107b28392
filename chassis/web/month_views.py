"""The shown tables of a month, as every route of statistics answers them."""

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field

from chassis.month_tables import StoredTable
from chassis.problems import NotFound
from contracts.months import Month

MonthName = Annotated[
    str, Path(pattern=r"^20[2-9][0-9]-(0[1-9]|1[0-2])$", description="a calendar month, `2026-10`")
]


class CellView(BaseModel):
    code: str
    count: Annotated[
        int | None, Field(description="null: hidden, because fewer than ten could be told from it")
    ]


class MonthTableView(BaseModel):
    """One dimension; `name` is the code list of its cells."""

    name: str
    total: int | None
    cells: list[CellView]


def settled_month(name: str, now: datetime, zone: tzinfo) -> Month:
    """The month of this name. Raises NotFound until it has been over for a week."""
    month = Month(date.fromisoformat(f"{name}-01"))
    if not month.is_settled(now, zone):
        raise NotFound("a month is counted when it has been over for seven days")
    return month


def month_tables(found: Sequence[StoredTable]) -> list[MonthTableView]:
    return [
        MonthTableView(
            name=one.name.rpartition("/")[2],
            total=one.total,
            cells=[CellView(code=code, count=count) for code, count in sorted(one.cells.items())],
        )
        for one in found
    ]
