"""A page of a list of what hangs on cases: what the actor's organisation has, of cases that the actor may read. Orders,
filters and count are the same for each such list; a service says its columns and the filters of its own.

Each filter is about something that a row of the list shows, and narrows the rows that the actor may read: so neither a page nor
a count tells of any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from chassis.database import Transaction
from chassis.identity.access import (
    CASE_HOLDERS,
    cases_of_worker,
    each_visible_case,
    listed_cases,
)
from chassis.identity.auth import Actor
from chassis.tables import minute_of
from chassis.web.listing import (
    NOBODY,
    BoundedCount,
    Conditions,
    ListFilters,
    Order,
    Page,
    counted,
    narrowed,
    page,
    steady,
)
from chassis.web.positions import Position
from contracts.types import GivenInstant, Pseudonym

CASE_READ = "case.read"
"""The right by which a row shows the workers of its case, and a list may be narrowed to one: who reads a referral of a case that was
handed over reads the case no longer.
"""


class AwaitedParty(StrEnum):
    """Codes of the list `awaited_party`: whose move is next, of a process with two halves."""

    OWN = "own"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class CaseRowFilters(ListFilters):
    """The filters that each of these lists has."""

    case_id: Annotated[UUID | None, Query(description="only those of this case")] = None
    worker: Annotated[
        Pseudonym | None,
        Query(description="only those on cases of this worker; `nobody`: on cases of no worker yet"),
    ] = None
    due_by: Annotated[
        GivenInstant | None, Query(description="only those in which something is due by then")
    ] = None
    updated_since: Annotated[
        GivenInstant | None, Query(description="only those that changed at this instant or later")
    ] = None


class ListedOnCase(BaseModel):
    """The row of such a list: of its case it shows whoever works on it, besides the reference."""

    workers: Annotated[list[str], Field(description="whoever works on the case, or covers for one of them")]
    updated_at: datetime
    sorted_at: Annotated[datetime, Field(exclude=True)]


V = TypeVar("V", bound=ListedOnCase)


@dataclass(frozen=True, slots=True)
class Worklist(Generic[V]):
    """A list in SQL, and what a row of it is shown as. `source` selects from one table called `r`, with `id`, `case_id`, `organisation` and `updated_at`;
    the others are over it and may use `:now`, the transaction's instant.

    `made_at` and `due_at` are columns that an index orders; what is due by the latter is so where `due` holds.
    """

    view: type[V]
    action: str
    columns: str
    source: str
    made_at: str
    due_at: str
    due: str
    filters: Conditions
    varying: frozenset[object] = frozenset()
    """Values of filters of which there are few rows or many as time goes by."""
    by_minute: bool = False
    """True where an index has `updated_minute` and not `updated_at`: a row that changes twice in a minute is written into no index."""

    def key(self, order: Order) -> str:
        return {Order.NEWEST: self.made_at, Order.CHANGED: "r.updated_at", Order.DUE: self.due_at}[order]

    def keys(self, order: Order) -> dict[str, str]:
        """The columns of the order before the identifier, and what each is of the row after which a page begins, `:at`."""
        minute = {"r.updated_minute": minute_of(":at")} if self.by_minute and order is Order.CHANGED else {}
        return {**minute, self.key(order): ":at"}

    @property
    def conditions(self) -> Conditions:
        since, minute = "r.updated_at >= :updated_since", f"r.updated_minute >= {minute_of(':updated_since')}"
        return {
            "case_id": "r.case_id = :case_id",
            "due_by": f"{self.due_at} <= :due_by",
            "updated_since": f"{since} and {minute}" if self.by_minute else since,
            **self.filters,
        }


@dataclass(frozen=True, slots=True)
class RowQuery:
    """The filters, by name, and the order of a list."""

    filters: Mapping[str, object]
    order: Order = Order.NEWEST


async def page_of(
    tx: Transaction, actor: Actor, of: Worklist[V], asked: RowQuery, *, after: Position | None, limit: int
) -> list[V]:
    """A page of what the actor's organisation has on cases that the actor may read."""
    found, values = await statement_of(tx, actor, of, asked, after=after, limit=limit)
    return [of.view.model_validate(row, from_attributes=True) for row in await found.rows(tx, values)]


async def statement_of(
    tx: Transaction, actor: Actor, of: Worklist[Any], asked: RowQuery, *, after: Position | None, limit: int
) -> tuple[Page, dict[str, Any]]:
    conditions, values = await _conditions(tx, actor, of, asked)
    keys, (beyond, way) = of.keys(asked.order), (">", "asc") if asked.order is Order.DUE else ("<", "desc")
    if after is not None:
        conditions.append(
            f"({', '.join(keys)}, r.id) {beyond} ({', '.join(keys.values())}, cast(:after as uuid))"
        )
        values |= {"at": after[0], "after": after[1]}
    readable, whose = await each_visible_case(tx, actor, CASE_READ, column="r.case_id")
    workers = f"(select h.workers from {CASE_HOLDERS} h where h.case_id = r.case_id)"
    statement = (
        f"select {of.columns}, {of.key(asked.order)} as sorted_at, case when {readable} then {workers} else '{{}}' end as workers"
        f" from {of.source} where {' and '.join(conditions)} order by {f' {way}, '.join((*keys, 'r.id'))} {way} limit :limit"
    )
    once = steady(asked.filters, asked.order) and of.varying.isdisjoint(asked.filters.values())
    return page(statement, steady=once), values | whose | {"now": tx.now, "limit": limit}


async def count_of(tx: Transaction, actor: Actor, of: Worklist[Any], asked: RowQuery) -> BoundedCount:
    conditions, values = await _conditions(tx, actor, of, asked)
    rows = f"select from {of.source} where {' and '.join(conditions)}"
    return await counted(tx, rows, values | {"now": tx.now})


async def _conditions(
    tx: Transaction, actor: Actor, of: Worklist[Any], asked: RowQuery
) -> tuple[list[str], dict[str, Any]]:
    visible, values = await _readable(tx, actor, of, asked.filters.get("worker"))
    narrow = {name: value for name, value in asked.filters.items() if name != "worker"}
    conditions = [visible, "r.organisation = :organisation", *narrowed(of.conditions, narrow)]
    if asked.order is Order.DUE or "due_by" in asked.filters:
        conditions.append(of.due)  # once: said twice, PostgreSQL takes it for rarer than it is
    return conditions, {**values, **asked.filters, "organisation": actor.organisation}


async def _readable(
    tx: Transaction, actor: Actor, of: Worklist[Any], worker: object
) -> tuple[str, dict[str, Any]]:
    """The cases of which the list may show rows: of one worker, those whose workers it may show too."""
    if worker is None:
        return await listed_cases(tx, actor, of.action, column="r.case_id")
    named = None if worker == NOBODY else ":worker"
    return cases_of_worker(tx, actor, (of.action, CASE_READ), column="r.case_id", worker=named)
