"""The statistics of each month: counted once, as they may be shown, and never again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import insert_missing
from contracts.small_cells import ShownTable
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.received import RECEIVED_CHANNEL
from services.intake.casefile.domain.statistics import FIELDS
from services.intake.casefile.store.tables import OWN, STATISTICS


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table of a month, as it was counted."""

    month: date
    name: str
    cells: Mapping[str, int | None]
    total: int | None
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class SealedCounted:
    """A case to be counted: the fields that were recorded here, still sealed."""

    id: UUID
    person_id: UUID
    age_group: str
    values: Mapping[str, str]


_STORED, _SEALED = RowReader(StoredTable, STATISTICS), RowReader(SealedCounted)
_OF_MONTH = text(f"select {_STORED.columns()} from intake.statistics where month = :month order by name")
_ADD = insert_missing(STATISTICS, key=["month", "name"])
_CASES = text(
    f"""
    select c.id, c.person_id, c.age_group,
           coalesce(jsonb_object_agg(f.field, f.value) filter (where f.field is not null), '{{}}') as values
    from intake.cases c
    left join intake.fields f on f.case_id = c.id and f.source = '{OWN}' and f.field = any(cast(:fields as text[]))
    where c.opened_at >= :since and c.opened_at < :until and c.channel <> '{RECEIVED_CHANNEL}'
      and c.state <> '{CaseState.ERASED}' and (cast(:after as uuid) is null or c.id > :after)
    group by c.id order by c.id limit :limit
    """
)


async def of_month(tx: Transaction, month: date) -> Sequence[StoredTable]:
    return _STORED.all(await tx.execute(_OF_MONTH, {"month": month}))


async def add(tx: Transaction, month: date, tables: Mapping[str, ShownTable]) -> None:
    """Keep them, unless somebody else was faster: a month has one answer."""
    rows: list[dict[str, Any]] = [
        {"name": name, "cells": dict(table.cells), "total": table.total} for name, table in tables.items()
    ]
    await _ADD.write(tx, rows, month=month, counted_at=tx.now)


async def cases_opened(
    tx: Transaction, since: datetime, until: datetime, after: UUID | None, limit: int
) -> Sequence[SealedCounted]:
    """Whoever came from another organisation was counted where she was found."""
    asked = {"since": since, "until": until, "after": after, "limit": limit, "fields": list(FIELDS)}
    return _SEALED.all(await tx.execute(_CASES, asked))
