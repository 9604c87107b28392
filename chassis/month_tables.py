"""Tables of counts of a month, as they may be shown: counted once, the first time that somebody asks, and never again."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, text

from chassis.database import Database, Transaction
from chassis.rows import RowReader
from chassis.tables import insert_missing
from contracts.months import Month
from contracts.small_cells import ShownTable

Count = Callable[[], Awaitable[Mapping[str, ShownTable]]]


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table of a month, as it was counted."""

    month: date
    name: str
    cells: Mapping[str, int | None]
    total: int | None
    counted_at: datetime


class MonthTables:
    """The kept counts of a service, in a table with the columns of `StoredTable`."""

    def __init__(self, table: Table) -> None:
        self._rows = RowReader(StoredTable, table)
        self._of_month = text(
            f"select {self._rows.columns()} from {table.fullname}"
            " where month = :month and name = any(cast(:names as text[])) order by name"
        )
        self._add = insert_missing(table, key=["month", "name"])

    async def counted(
        self, database: Database, month: Month, names: Sequence[str], count: Count
    ) -> Sequence[StoredTable]:
        """The tables of these names. They are counted once, so that no two answers can be compared."""
        if kept := await self._kept(database, month, names):
            return kept
        found = await count()
        async with database.transaction(database.system()) as tx:
            await self._keep(tx, month, found)
        return await self._kept(database, month, names)

    async def _kept(self, database: Database, month: Month, names: Sequence[str]) -> Sequence[StoredTable]:
        async with database.transaction(database.system()) as tx:
            asked = {"month": month.first, "names": list(names)}
            return self._rows.all(await tx.execute(self._of_month, asked))

    async def _keep(self, tx: Transaction, month: Month, found: Mapping[str, ShownTable]) -> None:
        """Keep them, unless somebody else was faster: a month has one answer."""
        rows: list[dict[str, Any]] = [
            {"name": name, "cells": dict(table.cells), "total": table.total} for name, table in found.items()
        ]
        await self._add.write(tx, rows, month=month.first, counted_at=tx.now)
