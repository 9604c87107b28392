"""Sets of several tables that go to the server in one statement."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text

from chassis.tables import Connection, SetStatement


class SetWrite(NamedTuple):
    """Rows to be written by a statement together with others."""

    statement: SetStatement
    rows: Sequence[Any]
    same: Mapping[str, Any] = {}


async def write_together(conn: Connection, writes: Sequence[SetWrite]) -> None:
    """Write all these sets in one way to the server and back. They read nothing of one another; PostgreSQL begins with the last of them."""
    asked = [one.statement.asked(one.rows, **one.same) for one in writes if one.rows]
    if len(asked) == 1:
        await conn.execute(*asked[0])
    elif asked:
        values = {f"{name}_{n}": value for n, (_, each) in enumerate(asked) for name, value in each.items()}
        await conn.execute(_together(*(statement.text for statement, _ in asked)), values)


@cache
def _together(*statements: str) -> TextClause:
    """One statement that does all of these; the values of each have its number behind their names."""
    *beside, last = (re.sub(r":(\w+)", rf":\1_{number}", sql) for number, sql in enumerate(statements))
    named = ", ".join(f"beside_{number} as ({sql})" for number, sql in enumerate(beside))
    return text(f"with {named}, {last[5:]}" if last.startswith("with ") else f"with {named} {last}")
