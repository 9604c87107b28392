"""Rows read by name as objects of one class, so that the answer of a query has a type that mypy sees."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cached_property
from operator import itemgetter
from types import MappingProxyType, NoneType
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Result, Row, Table

from chassis.tables import quoted

Kind = TypeVar("Kind")
Convert = Callable[[Any], Any]


class RowReader(Generic[Kind]):
    """Makes a dataclass of each row, by the names of its attributes.

    With a `table`, an attribute that is no column of the table keeps its default, as does one that is not among the
    `names`; `renamed` gives the column of an attribute of another name. A code becomes the attribute's enum, JSON its
    class, and an array a tuple; `convert` has the conversions that an attribute's type does not say.
    """

    def __init__(
        self,
        kind: type[Kind],
        table: Table | None = None,
        *,
        names: Sequence[str] = (),
        convert: Mapping[str, Convert] = MappingProxyType({}),
        **renamed: str,
    ) -> None:
        known: list[Field[Any]] = [f for f in fields(kind) if f.init]  # type: ignore[arg-type]
        columns = {f.name: renamed.get(f.name, f.name) for f in known}
        self._kind, self._convert = kind, convert
        self._columns = {
            n: c for n, c in columns.items() if (n in names if names else table is None or c in table.c)
        }
        in_order = list(self._columns) == list(columns)[: len(self._columns)]
        self._in_order = in_order and not any(f.kw_only for f in known)
        for field in known:
            if field.name not in self._columns and field.default is field.default_factory is MISSING:
                raise KeyError(f"{table} has no column for {kind.__name__}.{field.name}")
        self._makers: dict[tuple[str, ...], Callable[[Row[Any]], Kind]] = {}

    def columns(self, alias: str = "") -> str:
        """The list of columns that a query selects, from the table under this alias."""
        dot = f"{alias}." if alias else ""
        return ", ".join(f"{dot}{quoted(column)}" for column in dict.fromkeys(self._columns.values()))

    def values(self, one: Kind | None) -> dict[str, Any]:
        """The columns of an object as a row has them; null where there is none."""
        return {column: None if one is None else getattr(one, name) for name, column in self._columns.items()}

    def all(self, result: Result[Any]) -> list[Kind]:
        return self.of(result.all())

    def of(self, rows: Sequence[Row[Any]]) -> list[Kind]:
        """For rows from which several things are read."""
        return list(map(self._maker(rows[0]), rows)) if rows else []

    def first(self, result: Result[Any]) -> Kind | None:
        row = result.first()
        return None if row is None else self._maker(row)(row)

    def one(self, result: Result[Any]) -> Kind:
        row = result.one()
        return self._maker(row)(row)

    def row(self, row: Row[Any]) -> Kind:
        """The object of a row from which another may be read as well."""
        return self._maker(row)(row)

    def _maker(self, row: Row[Any]) -> Callable[[Row[Any]], Kind]:
        """The maker for rows of one query: the place of a name in a row is looked up once for each query, not for
        each row.
        """
        names = row._fields
        if names not in self._makers:
            self._makers[names] = self._made(names)
        return self._makers[names]

    def _made(self, selected: tuple[str, ...]) -> Callable[[Row[Any]], Kind]:
        found = {name: place for place, name in enumerate(selected)}
        places = [found[column] for column in self._columns.values()]
        values_of = itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)
        kind, converters, names, in_order = self._kind, self._converters, tuple(self._columns), self._in_order

        def make(row: Row[Any]) -> Kind:
            values = list(values_of(row))
            for place, convert in converters:
                if values[place] is not None:
                    values[place] = convert(values[place])
            return kind(*values) if in_order else kind(**dict(zip(names, values, strict=True)))

        return make

    @cached_property
    def _converters(self) -> list[tuple[int, Convert]]:
        hints = get_type_hints(self._kind)
        found = [
            (place, self._convert.get(name) or _converter(hints[name]))
            for place, name in enumerate(self._columns)
        ]
        return [(place, convert) for place, convert in found if convert is not None]


def _converter(hint: Any) -> Convert | None:
    """The conversion of the driver's value to the attribute's type. Nulls never come here, plain values need nothing."""
    kind = hint
    if NoneType in get_args(hint):
        kind = next(one for one in get_args(hint) if one is not NoneType)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {member.value: member for member in kind}.__getitem__
    if get_origin(kind) is tuple and get_args(kind) in {(str, ...), (UUID, ...)}:
        return tuple
    composed = get_origin(kind) is not None or is_dataclass(kind)
    return TypeAdapter(kind).validate_python if composed else None
