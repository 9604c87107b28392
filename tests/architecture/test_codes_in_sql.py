"""A code that stands in SQL is one of its column: in a statement, in a check, in the condition of an index, as a default.

A `Table` says the codes of a column (`OneOf`), which are an enum of the domain or a list of `contracts`. A code that was renamed
or removed would else go on standing in a statement, which then finds nothing, and says so to nobody.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.migrate import migrate
from chassis.tables import OneOf
from deploy.local.testing import Databases
from tests.architecture.test_tables import CHASSIS, SERVICES, WITH_TABLES, tables_of

_WORDS = r"'[\w-]+'(?:, ?'[\w-]+')*"
_COMPARED = re.compile(
    rf"(?:->> '(?P<member>\w+)'|(?<![:\w])(?:(?P<alias>\w+)\.)?\"?(?P<column>\w+)\"?)"
    rf"\s*(?:=|<>|!=|(?:not )?in)\s*(?:any|all)?\s*\(*(?:array\[)?(?P<codes>{_WORDS})",
    re.IGNORECASE,
)
_CHOSEN = re.compile(
    r"(?:(?P<alias>\w+)\.)?(?P<column>\w+)\s*=\s*case\b(?P<cases>.*?)\bend\b", re.IGNORECASE | re.DOTALL
)
_THEN = re.compile(r"\b(?:then|else) '([\w-]+)'", re.IGNORECASE)
_NAMED = r"\b(?:from|join|update|into|using)\s+{schema}\.(\w+)(?:\s+(?:as\s+)?(\w+))?"

_MADE = text(
    """
    select conrelid::regclass::text as name, pg_get_constraintdef(oid) as rule from pg_constraint
    where connamespace = cast(:schema as regnamespace) and contype = 'c'
    union all
    select indrelid::regclass::text, pg_get_expr(indpred, indrelid) from pg_index join pg_class c on c.oid = indexrelid
    where c.relnamespace = cast(:schema as regnamespace) and indpred is not null
    union all
    select adrelid::regclass::text, attname || ' = ' || pg_get_expr(adbin, adrelid) from pg_attrdef
    join pg_attribute on attrelid = adrelid and attnum = adnum join pg_class c on c.oid = adrelid
    where c.relnamespace = cast(:schema as regnamespace)
    """
)


class Use(NamedTuple):
    """A column that is compared with codes; `table` is None where the text does not say which."""

    table: str | None
    column: str
    codes: frozenset[str]


def uses(schema: str, sql: str) -> Iterator[Use]:
    named = re.findall(_NAMED.format(schema=schema), sql, re.IGNORECASE)
    aliases = {alias or table: table for table, alias in named} | {table: table for table, _ in named}
    alone = named[0][0] if len(named) == 1 else None
    for found in _COMPARED.finditer(sql):
        column = found["column"] or found["member"]
        table = aliases.get(found["alias"]) if found["alias"] else alone if found["column"] else None
        yield Use(table, column, frozenset(re.findall(r"[\w-]+", found["codes"])))
    for found in _CHOSEN.finditer(sql):
        codes = frozenset(_THEN.findall(found["cases"]))
        if codes:
            yield Use(aliases.get(found["alias"] or "", alone), found["column"], codes)


def allowed(schema: str, use: Use) -> frozenset[str] | None:
    """None: no column of this name says its codes."""
    kinds = [
        column.type
        for table in tables_of(schema).values()
        if use.table in {None, table.name}
        for column in table.c
        if column.name == use.column and isinstance(column.type, OneOf)
    ]
    return frozenset().union(*(kind.codes for kind in kinds)) if kinds else None


def texts(path: Path) -> Iterator[str]:
    """Every text of a module, but what documents it; what is put into an f-string is left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    passed |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "?" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            yield node.value


def modules(schema: str) -> list[Path]:
    folder = SERVICES.parent / CHASSIS if schema == CHASSIS else SERVICES / schema
    return [path for path in sorted(folder.rglob("*.py")) if "migrations" not in path.parts]


@pytest.mark.parametrize("schema", WITH_TABLES)
def test_a_code_in_a_statement_is_one_of_its_column(schema: str) -> None:
    wrong = [
        f"{path.name}: {use.table or ''}.{use.column} {sorted(use.codes)}"
        for path in modules(schema)
        for sql in texts(path)
        for use in uses(schema, sql)
        if not use.codes <= (allowed(schema, use) or frozenset())
    ]
    assert wrong == []


@pytest.mark.parametrize("schema", WITH_TABLES)
async def test_a_code_that_the_database_knows_is_one_of_its_column(schema: str, postgres: Databases) -> None:
    """A check of one column lets in exactly the codes of it."""
    url, _ = await postgres.create_database(schema)
    await migrate(url, schema, None if schema == CHASSIS else SERVICES / schema / "migrations" / "versions")
    engine = create_async_engine(url)
    async with engine.connect() as conn:
        rules = (await conn.execute(_MADE, {"schema": schema})).all()
    await engine.dispose()
    for row in rules:
        table = row.name.rpartition(".")[2]
        for found in uses(schema, row.rule.replace("::text", "")):
            codes = allowed(schema, found._replace(table=table)) or frozenset()
            assert found.codes <= codes, (row.name, row.rule)
            if row.rule.startswith("CHECK") and row.rule.count("=") == 1:
                assert found.codes == codes, (row.name, row.rule)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("update s.a set state = 'x' where id = :id", [("a", "state", {"x"})]),
        ("select from s.a x join s.b as y using (id) where y.state in ('x', 'y-z')", [("b", "state", {"x", "y-z"})]),
        ("t.state <> 'x'", [(None, "state", {"x"})]),
        ("select from s.b where body ->> 'state' not in ('x')", [(None, "state", {"x"})]),
        ("update s.a set state = case when n > :n then 'x' else 'y' end", [("a", "state", {"x", "y"})]),
        ("CHECK ((state = ANY (ARRAY['x', 'y'])))", [(None, "state", {"x", "y"})]),
        ("CHECK ((state <> ALL (ARRAY['x', 'y'])))", [(None, "state", {"x", "y"})]),
        ("select 'x' as kind from s.a where n = 1 and workers = '{}' and other = ''", []),
    ],
)  # fmt: skip
def test_codes_are_found_in_sql(sql: str, expected: list[tuple[str | None, str, set[str]]]) -> None:
    assert [(use.table, use.column, set(use.codes)) for use in uses("s", sql)] == expected
