"""Statements that write a set of rows, made once from a `Table` of a service's `store/tables.py`.

A set of any size is one statement with one array a column, which PostgreSQL parses and plans once. A column in which all rows have the same value is given that value
alone, and so is every column of a set of one row: an array costs more than four plain values, here and there. In the expressions that a
caller adds, `t` is the row in the table and `u` the row of the set; in an upsert `excluded` is the row of the set.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from functools import partial
from operator import attrgetter, itemgetter
from types import NoneType
from typing import Any, Protocol, get_args, get_type_hints
from uuid import UUID

from pydantic import AwareDatetime
from pydantic_core import to_json
from sqlalchemy import Column, Index, Table, TextClause, UniqueConstraint, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, BOOLEAN, INTEGER, JSONB, TEXT, TIMESTAMP

from chassis.connection import Answer

TIMESTAMPTZ = TIMESTAMP(timezone=True)
TEXTS = ARRAY(TEXT)
required = partial(Column, nullable=False)
"""A column that is never null."""


def filled(name: str, kind: Any, default: str) -> Column[Any]:
    """A column that is never null; where a statement does not fill it in, the database does, with `default`, which is SQL."""
    return required(name, kind, server_default=text(default))


_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
quoted = _DIALECT.identifier_preparer.quote
_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"'})


_OF_HINT: Mapping[Any, Any] = {
    str: TEXT, int: INTEGER, bool: BOOLEAN, datetime: TIMESTAMPTZ, AwareDatetime: TIMESTAMPTZ, UUID: postgresql.UUID, tuple[str, ...]: TEXTS,
}  # fmt: skip


def columns_of(kind: type[Any], *, without: Iterable[str] = ()) -> list[Column[Any]]:
    """A column that may be null for each attribute of a dataclass: for what is kept as it came, or not at all."""
    hints = get_type_hints(kind)
    return [Column(f.name, _OF_HINT[_present(hints[f.name])]) for f in fields(kind) if f.name not in without]


def _present(hint: Any) -> Any:
    """Of what may be None, what it is else."""
    others = [one for one in get_args(hint) if one is not NoneType]
    return others[0] if NoneType in get_args(hint) else hint


class OneOf(TEXT):
    """Text that is one of these codes. `tests/architecture/test_codes_in_sql.py` holds the SQL of a service, and checks, to them."""

    def __init__(self, codes: Iterable[str]) -> None:
        super().__init__()
        self.codes = frozenset(map(str, codes))


Columns = Mapping[str, Column[Any]]
Key = Index | Collection[str]
"""A unique index, or the columns of a key of the table."""


class Connection(Protocol):
    """An open transaction, or the connection below it."""

    async def execute(self, statement: TextClause, parameters: Any = None, /) -> Any: ...


class SetStatement:
    """One statement for rows that have its columns by name: as attributes, or as the keys of a mapping. Raises KeyError for SQL that names their values elsewhere
    than in `source`.
    """

    def __init__(self, sql: str, columns: Columns) -> None:
        self.sql, self._columns = sql, columns
        self._encoders = {name: _encoder(column) for name, column in columns.items()}
        self._shapes: dict[frozenset[str], TextClause] = {}
        rest = self._with(lambda _: "")
        if named := [name for name in columns if re.search(rf":{name}\b", rest)]:
            raise KeyError(
                f"these are arrays or plain values, and named in `source` alone: {', '.join(named)}"
            )

    async def write(self, conn: Connection, rows: Sequence[Any], **same: Any) -> int:
        """Write the rows; how many of the table were written. `same` are the values that all rows of the set share."""
        return (await self.execute(conn, rows, **same)).rowcount if rows else 0

    async def execute(self, conn: Connection, rows: Sequence[Any], **same: Any) -> Answer:
        """Like `write`, for a set that is not empty and a statement that returns rows."""
        answer: Answer = await conn.execute(*self.asked(rows, **same))
        return answer

    def asked(self, rows: Sequence[Any], **same: Any) -> tuple[TextClause, dict[str, Any]]:
        """The statement for a set of this shape, and its values. One whose name is no column of the statement is refused, lest it be lost."""
        mapped = isinstance(rows[0], Mapping)
        if unknown := {*same, *(rows[0] if mapped else ())} - self._encoders.keys():
            raise TypeError(f"no column of this statement: {', '.join(sorted(unknown))}")
        by_name, single = itemgetter if mapped else attrgetter, len(rows) == 1
        values: dict[str, Any] = {}
        for name, encode in self._encoders.items():
            if single or name in same:
                value = same[name] if name in same else by_name(name)(rows[0])
                values[name] = value if encode is None or value is None else encode(value)
            else:
                array = list(map(by_name(name), rows))
                values[name] = array if encode is None else [None if v is None else encode(v) for v in array]
        return self._shape(frozenset(self._encoders if single else same)), values

    def _shape(self, same: frozenset[str]) -> TextClause:
        if same not in self._shapes:
            sql = self._with(lambda counted: source(self._columns, same, counted=counted))
            self._shapes[same] = text(sql)
        return self._shapes[same]

    def _with(self, set_of: Callable[[bool], str]) -> str:
        """The SQL with another source of its rows."""
        plain, counted = (source(self._columns, counted=one) for one in (False, True))
        return self.sql.replace(plain, set_of(False)).replace(counted, set_of(True))


def insert_set(table: Table, *names: str, without: Iterable[str] = (), on_conflict: str = "") -> SetStatement:
    """New rows in the order of the set, with the columns named; where none is named, with all but those that the database makes and `without`."""
    left = {table.c[name].name for name in without}
    columns = {c.name: c for c in table.c if (c.name in names if names else not (_own(c) or c.name in left))}
    if missing := set(names) - columns.keys():
        raise KeyError(f"{table.fullname} has no {', '.join(sorted(missing))}")
    values = ", ".join(map(_value, columns.values()))
    counted = any(column.identity for column in table.c)
    sql = (
        f"insert into {table.fullname} as t ({listed(columns)}) select {values} from {source(columns, counted=counted)}"
        + (" order by u.ord" if counted else "")
    )
    return SetStatement(f"{sql} {on_conflict}", columns)


def insert_missing(
    table: Table, *names: str, without: Iterable[str] = (), key: Key = (), returning: str = ""
) -> SetStatement:
    """Like `insert_set`; rows that are there already stay as they are. With a `key`, any other conflict is an error."""
    action = f"on conflict {_conflict(table, key) if key else ''} do nothing"
    action += f" returning {returning}" if returning else ""
    return insert_set(table, *names, without=without, on_conflict=action)


def upsert_set(
    table: Table,
    *names: str,
    without: Iterable[str] = (),
    update: Iterable[str] | Mapping[str, str] = (),
    key: Key = (),
    where: str = "",
    returning: str = "",
) -> SetStatement:
    """Like `insert_set`; of a row that has the key already (the primary key where none is named), the columns of `update` are
    replaced (all but the primary key where none is named), or set to the expressions that stand beside their names. `where`
    says of which rows.
    """
    keys = [column.name for column in table.primary_key]
    named = names or [c.name for c in table.c if not (_own(c) or c.name in set(without))]
    replaced = _sets(table, update or [name for name in named if name not in keys], "excluded")
    action = f"on conflict {_conflict(table, key or keys)} do update set {replaced}" + (
        f" where {where}" if where else ""
    )
    action += f" returning {returning}" if returning else ""
    return insert_set(table, *names, without=without, on_conflict=action)


def update_set(
    table: Table,
    *names: str,
    key: Iterable[str] = (),
    also: Mapping[str, str] | None = None,
    stored: str = "",
    version: str = "version",
    where: str = "",
    returning: str = "",
) -> SetStatement:
    """Replace the columns named by the key (the primary key where none is named); `also` sets others to expressions.

    With `stored`, a row is written only while its `version` is the one that the row of the set has under that name: fewer
    written than given is a lost race.
    """
    keys = {name: table.c[name] for name in key or (column.name for column in table.primary_key)}
    columns = keys | {name: table.c[name] for name in names} | ({stored: table.c[version]} if stored else {})
    conditions = [f"t.{quoted(name)} = u.{quoted(name)}" for name in keys]
    conditions += [f"t.{version} = u.{stored}"] * bool(stored) + [where] * bool(where)
    sets = [_sets(table, each, "u") for each in (names, also) if each]
    sql = f"update {table.fullname} as t set {', '.join(sets)} from {source(columns)} where {' and '.join(conditions)}"
    return SetStatement(sql + (f" returning {returning}" if returning else ""), columns)


def delete_set(table: Table, *key: str, where: str = "") -> SetStatement:
    """Remove the rows that have the key of a row of the set."""
    columns = {name: table.c[name] for name in key}
    conditions = [f"t.{quoted(name)} = u.{quoted(name)}" for name in key] + [where] * bool(where)
    sql = f"delete from {table.fullname} as t using {source(columns)} where {' and '.join(conditions)}"
    return SetStatement(sql, columns)


def _conflict(table: Table, key: Key) -> str:
    """Refused is what is not unique in the table: PostgreSQL would refuse the statement, at its first use."""
    if isinstance(key, Index):
        if not key.unique:
            raise KeyError(f"{table.fullname} is not unique by {key.name}")
        parts = ", ".join(
            quoted(one.name) if isinstance(one, Column) else str(one) for one in key.expressions
        )
        condition = key.dialect_options["postgresql"]["where"]
        return f"({parts})" + ("" if condition is None else f" where {condition}")
    keys = [table.primary_key, *(c for c in table.constraints if isinstance(c, UniqueConstraint))]
    if {*key} not in ({*one.columns.keys()} for one in keys):
        raise KeyError(f"{table.fullname} is not unique by {', '.join(key)}")
    return f"({listed(key)})"


def _sets(table: Table, update: Iterable[str] | Mapping[str, str], source: str) -> str:
    if isinstance(update, Mapping):
        return ", ".join(f"{quoted(table.c[name].name)} = {value}" for name, value in update.items())
    return ", ".join(f"{quoted(name)} = {_value(table.c[name], source)}" for name in update)


def one_of(codes: Collection[StrEnum]) -> str:
    """Codes of one enum, in its order, as SQL compares a column with them: `in ('given', 'renewed')`. A state is never
    written by hand.
    """
    named = (f"'{code}'" for code in type(next(iter(codes))) if code in codes)
    return f"({', '.join(named)})"


def minute_of(instant: str) -> str:
    """The minute in which an instant lies, in SQL that a column may be generated from."""
    return f"date_bin(interval '1 minute', {instant}, timestamptz 'epoch')"


def listed(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))


def source(columns: Columns, same: Collection[str] = (), *, counted: bool = False) -> str:
    """The set as a table `u`, for a statement that is written by hand; `counted`: with its order as the column `ord`. The columns of `same` have one value
    for all rows; where these are all columns, there is one row.
    """
    arrays = {name: column for name, column in columns.items() if name not in same}
    plain = [
        f"cast(:{name} as {_element(columns[name])}) as {quoted(name)}" for name in columns if name in same
    ]
    if not arrays:
        return f"(select {', '.join([*plain, *['1 as ord'] * counted])}) as u"
    unnested = ", ".join(f"cast(:{name} as {_element(column)}[])" for name, column in arrays.items())
    named = f"({listed(arrays)}, ord)" if counted else f"({listed(arrays)})"
    rows = f"unnest({unnested}){' with ordinality' * counted} as "
    if not plain:
        return f"{rows}u{named}"
    return f"(select r.*, {', '.join(plain)} from {rows}r{named}) as u"


def _own(column: Column[Any]) -> bool:
    """True of a column that the database makes by itself, and nobody writes."""
    return column.identity is not None or column.computed is not None


def _value(column: Column[Any], source: str = "u") -> str:
    value = f"{source}.{quoted(column.name)}"
    is_literal = isinstance(column.type, ARRAY | JSONB) and source == "u"
    return f"cast({value} as {column.type.compile(_DIALECT)})" if is_literal else value


def _element(column: Column[Any]) -> str:
    """The type of an array column's element: text, because PostgreSQL's arrays of arrays are all of one length, and the driver
    asks for each document again how it is written.
    """
    return "text" if isinstance(column.type, ARRAY | JSONB) else str(column.type.compile(_DIALECT))


def _encoder(column: Column[Any]) -> Callable[[Any], str] | None:
    if isinstance(column.type, JSONB):
        return lambda value: to_json(value).decode()
    return _array if isinstance(column.type, ARRAY) else None


def _array(values: Iterable[Any]) -> str:
    """The array as PostgreSQL writes one."""
    quoted_ones = ("NULL" if one is None else f'"{str(one).translate(_ESCAPED)}"' for one in values)
    return "{" + ",".join(quoted_ones) + "}"
