"""A page is planned once where no value decides its way, and for each value where one does; a count stops at its bound."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from sqlalchemy import text

from chassis.database import Database, Origin
from chassis.migrate import migrate
from chassis.web.listing import MOST_COUNTED, BoundedCount, Order, counted, page, steady

SYSTEM = Origin("system:referral", "th-exchange", "case-management")
_PLANS = text(
    "select generic_plans, custom_plans from pg_prepared_statements where statement like 'select n as listed%'"
)


@pytest.fixture
async def database(postgres: Any) -> AsyncIterator[Database]:
    _, app_url = await postgres.create_migrated("access", lambda url, _: migrate(url, "access", None))
    made = Database(app_url, publisher="referral", cell="TH")
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("asked", "order", "once"),
    [
        ({}, Order.NEWEST, True),
        ({}, Order.DUE, True),
        ({"worker": "7"}, Order.NEWEST, True),
        ({"due_by": "7"}, Order.DUE, True),
        ({"due_by": "7"}, Order.NEWEST, False),
        ({"updated_since": "7"}, Order.CHANGED, True),
        ({"updated_since": "7"}, Order.DUE, False),
        ({"language": "7"}, Order.NEWEST, False),
        ({"state": "7"}, Order.CHANGED, False),
        ({"state": "7", "half": "7"}, Order.NEWEST, False),
    ],
)
async def test_a_page_is_planned_once_where_no_value_decides_its_way(
    database: Database, asked: Mapping[str, object], order: Order, once: bool
) -> None:
    narrow = "".join(f" and n > length(:{name})" for name in asked)
    found = page(
        f"select n as listed from generate_series(1, 99) as n where true{narrow} limit :limit",
        steady=steady(asked, order),
    )
    async with database.transaction(SYSTEM) as tx:
        for limit in (5, 5, 5):
            assert len((await found.rows(tx, {**asked, "limit": limit})).all()) == limit
        assert [tuple(row) for row in await tx.execute(_PLANS)] == [(3, 0) if once else (0, 3)]


@pytest.mark.parametrize(("rows", "more"), [(0, False), (MOST_COUNTED, False), (MOST_COUNTED + 1, True)])
async def test_a_count_stops_at_its_bound(database: Database, rows: int, more: bool) -> None:
    async with database.transaction(SYSTEM) as tx:
        found = await counted(tx, "select from generate_series(1, cast(:rows as int))", {"rows": rows})
    assert found == BoundedCount(counted=min(rows, MOST_COUNTED), more=more)
