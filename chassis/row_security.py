"""The second wall: PostgreSQL shows a service's role the rows of the organisation for which the transaction acts, and no others,
and takes from it no row that it would not show.

`chassis.database` says whose rows, for each transaction; the policies of the first wall are in `deploy/policies`. Forced, so that the
owner is under it too; a superuser is not.

A new table is `secured` in the migration that makes it. The functions `by_…` made tables before what is written was checked too;
only migrations of then call them, and a later one has their tables `checked`.
"""

from collections.abc import Iterable, Iterator, Mapping

_WHOSE = "current_setting('corridor.organisation', true)"

Rule = tuple[str, str]
"""A table with its schema, and the condition under which a row of it is shown."""


def of_case(schema: str, tables: Iterable[str]) -> Iterator[Rule]:
    """For tables whose rows are about a case: seen by the organisation that has it, as `chassis.case_access` says."""
    for table in tables:
        yield f"{schema}.{table}", f"{_WHOSE} = '*' or {_has(f'{table}.case_id')}"


def each_of_case(schema: str, tables: Iterable[str]) -> Iterator[Rule]:
    """The same as `of_case`, for tables of which lists are shown: `offset 0` has the case of each row looked up by itself. Without
    it PostgreSQL reads all cases first, before it shows the fifty rows of a page.
    """
    for table in tables:
        yield f"{schema}.{table}", f"{_WHOSE} = '*' or {_has(f'{table}.case_id', ' offset 0')}"


def of_case_or_organisation(schema: str, table: str, case: str) -> Iterator[Rule]:
    """For a table whose rows name an organisation that sees them besides the one that has the case. So do the cases
    themselves: a case comes before anybody is known to have it.
    """
    yield (
        f"{schema}.{table}",
        f"{_WHOSE} = '*' or organisation = {_WHOSE} or {_has(f'{table}.{case}')}",
    )


def of_organisation(schema: str, owners: Mapping[str, str]) -> Iterator[Rule]:
    """For tables whose rows name the organisation of this cell that they belong to: table → column."""
    for table, column in owners.items():
        yield f"{schema}.{table}", f"{_WHOSE} = '*' or {column} = {_WHOSE}"


def of_nobody(schema: str, tables: Iterable[str]) -> Iterator[Rule]:
    """For tables that only the service itself works with: no organisation is shown a row."""
    for table in tables:
        yield f"{schema}.{table}", f"{_WHOSE} = '*'"


def of_parent(schema: str, table: str, condition: str) -> Iterator[Rule]:
    """For a table whose rows belong to a row of a secured table: seen where that one is."""
    yield f"{schema}.{table}", f"{_WHOSE} = '*' or exists ({condition})"


def secured(rules: Iterable[Rule]) -> Iterator[str]:
    """For new tables."""
    for table, shown in rules:
        yield from _secured(table, shown)
        yield from checked([(table, shown)])


def also_shown(table: str, shown: str) -> str:
    """For a secured table whose rows other organisations see too, and none of them writes."""
    return f"create policy shared on {table} for select using ({_WHOSE} <> '' and ({shown}))"


def checked(rules: Iterable[Rule]) -> Iterator[str]:
    """For tables that are under the wall already: a row is written only as their rules would show it."""
    for table, shown in rules:
        yield f"alter policy written on {table} with check ({shown})"
        yield f"alter policy changed on {table} with check ({shown})"


def stated_anew(rules: Iterable[Rule]) -> Iterator[str]:
    """For tables that are under the wall already, and whose rules are said in other words."""
    for table, shown in rules:
        yield f"alter policy shown on {table} using ({shown})"
        yield f"alter policy changed on {table} using ({shown}) with check ({shown})"
        yield f"alter policy removed on {table} using ({shown})"
        yield f"alter policy written on {table} with check ({shown})"


def by_case(schema: str, tables: Iterable[str]) -> Iterator[str]:
    return _each_secured(of_case(schema, tables))


def by_case_or_organisation(schema: str, table: str, case: str) -> Iterator[str]:
    return _each_secured(of_case_or_organisation(schema, table, case))


def by_organisation(schema: str, owners: Mapping[str, str]) -> Iterator[str]:
    return _each_secured(of_organisation(schema, owners))


def by_nobody(schema: str, tables: Iterable[str]) -> Iterator[str]:
    return _each_secured(of_nobody(schema, tables))


def by_parent(schema: str, table: str, condition: str) -> Iterator[str]:
    return _each_secured(of_parent(schema, table, condition))


def _each_secured(rules: Iterable[Rule]) -> Iterator[str]:
    for table, shown in rules:
        yield from _secured(table, shown)


def _has(case: str, further: str = "") -> str:
    return f"exists (select from chassis.case_access a where a.case_id = {case} and a.organisation = {_WHOSE}{further})"


def _secured(table: str, shown: str) -> Iterator[str]:
    yield f"alter table {table} enable row level security"
    yield f"alter table {table} force row level security"
    yield f"create policy shown on {table} for select using ({shown})"
    yield f"create policy changed on {table} for update using ({shown}) with check (true)"
    yield f"create policy removed on {table} for delete using ({shown})"
    yield f"create policy written on {table} for insert with check ({_WHOSE} <> '')"
