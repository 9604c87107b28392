"""The second wall: PostgreSQL shows a service's role the rows of the organisation for which the transaction acts, and no others.

`chassis.database` says whose rows, for each transaction; the policies of the first wall are in `deploy/policies`. Forced, so that the
owner is under it too; a superuser is not.
"""

from collections.abc import Iterable, Iterator, Mapping

_WHOSE = "current_setting('corridor.organisation', true)"


def by_case(schema: str, tables: Iterable[str]) -> Iterator[str]:
    """For tables whose rows are about a case: seen by the organisation that has it, as `chassis.case_access` says."""
    for table in tables:
        yield from _secured(f"{schema}.{table}", f"{_WHOSE} = '*' or {_has(f'{table}.case_id')}")


def by_case_or_organisation(schema: str, table: str, case: str) -> Iterator[str]:
    """For a table whose rows name an organisation that sees them besides the one that has the case. So do the cases
    themselves: a case comes before anybody is known to have it.
    """
    shown = f"{_WHOSE} = '*' or organisation = {_WHOSE} or {_has(f'{table}.{case}')}"
    return _secured(f"{schema}.{table}", shown)


def by_organisation(schema: str, owners: Mapping[str, str]) -> Iterator[str]:
    """For tables whose rows name the organisation of this cell that they belong to: table → column."""
    for table, column in owners.items():
        yield from _secured(f"{schema}.{table}", f"{_WHOSE} = '*' or {column} = {_WHOSE}")


def by_nobody(schema: str, tables: Iterable[str]) -> Iterator[str]:
    """For tables that only the service itself works with: no organisation is shown a row."""
    for table in tables:
        yield from _secured(f"{schema}.{table}", f"{_WHOSE} = '*'")


def by_parent(schema: str, table: str, condition: str) -> Iterator[str]:
    """For a table whose rows belong to a row of a secured table: seen where that one is."""
    return _secured(f"{schema}.{table}", f"{_WHOSE} = '*' or exists ({condition})")


def _has(case: str) -> str:
    return (
        f"exists (select from chassis.case_access a where a.case_id = {case} and a.organisation = {_WHOSE})"
    )


def _secured(table: str, shown: str) -> Iterator[str]:
    yield f"alter table {table} enable row level security"
    yield f"alter table {table} force row level security"
    yield f"create policy shown on {table} for select using ({shown})"
    yield f"create policy changed on {table} for update using ({shown}) with check (true)"
    yield f"create policy removed on {table} for delete using ({shown})"
    yield f"create policy written on {table} for insert with check ({_WHOSE} <> '')"
