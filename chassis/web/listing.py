"""The ground of every list that is narrowed: its filters, their conditions in SQL, and a count that stops at a bound."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.connection import Answer
from chassis.database import Transaction
from chassis.web.http import Listing

T = TypeVar("T")

MOST_COUNTED = 1_000
NOBODY = "nobody"
"""In place of a worker: whatever is no worker's yet."""

ANY: Final = object()
"""Stands for every value that has no condition of its own."""

Conditions = Mapping[str, str | Mapping[object, str]]
"""Filter → its condition, which may use the filter's name as a parameter; or a condition for each value that it may have."""


class Order(StrEnum):
    NEWEST = "newest"
    CHANGED = "changed"
    """Changed last first."""
    DUE = "due"
    """Soonest first; only those in which something is due."""


SortQuery = Annotated[Order, Query(description="newest first, changed last first, or due soonest")]
CountQuery = Annotated[bool, Query(description="count them too, up to a thousand")]


class BoundedCount(BaseModel):
    """Rows counted up to a bound: with `more`, there are more than `counted`."""

    counted: int
    more: bool


class CountedListing(Listing[T], Generic[T]):
    """`count` where it was asked for: rows are counted up to a bound and no further."""

    count: Annotated[BoundedCount | None, Field(description="null where it was not asked for")] = None


@dataclass(frozen=True, slots=True)
class ListFilters:
    """The filters of a list, each a query parameter; each that is given must hold."""

    def asked(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if value is not None}


def true_or_not(condition: str, otherwise: str = "") -> Mapping[object, str]:
    """`otherwise` where it can be said so that an index answers it."""
    return {True: condition, False: otherwise or f"({condition}) is not true"}


def narrowed(conditions: Conditions, asked: Mapping[str, object]) -> list[str]:
    """The conditions of what is asked for. A filter without one is an error of the program, and no wider list."""
    return [_condition(conditions[name], value) for name, value in asked.items()]


def _condition(found: str | Mapping[object, str], value: object) -> str:
    if isinstance(found, str):
        return found
    return found[value] if value in found else found[ANY]


_WAY_OF: Final[Mapping[str, Order | None]] = {
    "due_by": Order.DUE,
    "updated_since": Order.CHANGED,
    "language": None,
}
"""Filters that leave few rows or nearly all, as their value is: the order in which a list goes along them none the less."""


@dataclass(frozen=True, slots=True)
class Page:
    """The statement of a page. A plan takes PostgreSQL longer than the page; so it is made once for a connection, as that of other statements is, where the
    way is the same whatever the values are (`steady`), which PostgreSQL sees only where the number of rows stands in the text.
    """

    rows_of: str
    steady: bool

    async def rows(self, tx: Transaction, values: Mapping[str, Any]) -> Answer:
        if not self.steady:
            return await tx.execute(text(self.rows_of), values)
        rows = text(self.rows_of.replace(":limit", str(int(values["limit"]))))
        return await tx.execute(rows, values, steady=True)


def steady(asked: Mapping[str, object], order: Order) -> bool:
    """True where a list goes the same way whatever is asked for: unnarrowed, or by one filter along whose index it goes."""
    return len(asked) <= 1 and all(_WAY_OF.get(name, Order.NEWEST) is order for name in asked)


def page(rows: str, *, steady: bool) -> Page:
    """A page of `rows`, a query that ends with `limit :limit`."""
    return Page(rows, steady)


async def counted(tx: Transaction, rows: str, values: Mapping[str, Any]) -> BoundedCount:
    """Count the rows of `rows`, a query, as far as the bound."""
    statement = text(f"select count(*) from ({rows} limit {MOST_COUNTED + 1}) as found")
    number: int = (await tx.execute(statement, values)).scalar_one()
    return BoundedCount(counted=min(number, MOST_COUNTED), more=number > MOST_COUNTED)
