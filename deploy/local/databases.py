"""Gives each service of a cell its database and two roles, and the vault its own. Can be run again at any time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import asyncpg


@dataclass(frozen=True, slots=True)
class Role:
    """A login of PostgreSQL."""

    name: str
    password: str


async def provision_cluster(admin_dsn: str) -> None:
    """Once per server: nobody connects to a database that was not granted to them."""
    await _run(
        admin_dsn, None, [f"REVOKE ALL ON DATABASE {name} FROM PUBLIC" for name in ("postgres", "template1")]
    )


async def provision_database(admin_dsn: str, database: str, owner: Role, app: Role) -> None:
    """A service's database. The owner migrates; the app reads and writes rows of the owner's tables, no more."""
    await _database(admin_dsn, database, owner, (app,))
    defaults = f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner.name}" GRANT'
    grants = ["SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES"]
    await _run(admin_dsn, database, [f'{defaults} {grant} TO "{app.name}"' for grant in grants])


async def provision_vault(admin_dsn: str, database: str, owner: Role, services: Sequence[Role]) -> None:
    """The vault's database. A service's role may call the owner's functions and touches no table."""
    await _database(admin_dsn, database, owner, services)
    defaults = f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner.name}"'
    commands = [f"{defaults} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"]
    commands += [f'{defaults} GRANT EXECUTE ON FUNCTIONS TO "{role.name}"' for role in services]
    await _run(admin_dsn, database, commands)


def dropping(database: str, roles: Iterable[str]) -> list[str]:
    """The superuser's commands that drop the database and its roles, and cut its open connections."""
    drops = [f'DROP ROLE IF EXISTS "{role}"' for role in roles]
    return [f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)', *drops]


def copying(template: str, database: str, owner: Role, users: Sequence[Role]) -> list[str]:
    """The superuser's commands that copy a database that nobody is connected to, with the same owner and users; rights inside
    come along.

    By files, not by the log: half the time where nothing is written through to a disk.
    """
    return [
        f'CREATE DATABASE "{database}" TEMPLATE "{template}" STRATEGY FILE_COPY OWNER "{owner.name}"',
        f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC',
        *(f'GRANT CONNECT ON DATABASE "{database}" TO "{user.name}"' for user in users),
    ]


async def _database(admin_dsn: str, database: str, owner: Role, users: Sequence[Role]) -> None:
    await _roles_and_database(admin_dsn, database, owner, users)
    defaults = f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner.name}"'
    await _run(
        admin_dsn,
        database,
        [
            f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC',
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            *(f'GRANT USAGE ON SCHEMA public TO "{user.name}"' for user in users),
            *(f'GRANT CONNECT ON DATABASE "{database}" TO "{user.name}"' for user in users),
            *(f'{defaults} GRANT USAGE ON SCHEMAS TO "{user.name}"' for user in users),
        ],
    )


async def _roles_and_database(admin_dsn: str, database: str, owner: Role, users: Sequence[Role]) -> None:
    connection = await asyncpg.connect(admin_dsn)
    try:
        for role in (owner, *users):
            exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role.name)
            verb = "ALTER" if exists else "CREATE"
            secret = await connection.fetchval("SELECT quote_literal($1)", role.password)
            await connection.execute(f'{verb} ROLE "{role.name}" LOGIN NOSUPERUSER PASSWORD {secret}')
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            await connection.execute(f'CREATE DATABASE "{database}" OWNER "{owner.name}"')
    finally:
        await connection.close()


async def _run(admin_dsn: str, database: str | None, commands: Sequence[str]) -> None:
    connection = await asyncpg.connect(admin_dsn, database=database)
    try:
        for command in commands:
            await connection.execute(command)
    finally:
        await connection.close()
