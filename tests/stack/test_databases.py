"""The two roles of a service's database, and the vault's: what each can and cannot do."""

import asyncpg
import pytest

from deploy.local.databases import Role, provision_cluster, provision_database, provision_vault


def plain(url: str) -> str:
    return url.replace("+asyncpg", "")


@pytest.fixture
async def pair(postgres):
    owner_url, app_url = await postgres.create_database("roles")
    owner, app = await asyncpg.connect(plain(owner_url)), await asyncpg.connect(plain(app_url))
    await owner.execute("CREATE SCHEMA case_files")
    await owner.execute("CREATE TABLE case_files.cases (id bigint GENERATED ALWAYS AS IDENTITY, state text)")
    yield owner, app
    await owner.close()
    await app.close()


async def test_the_app_reads_and_writes_rows_of_what_the_owner_made(pair):
    _, app = pair
    await app.execute("INSERT INTO case_files.cases (state) VALUES ('open')")
    await app.execute("UPDATE case_files.cases SET state = 'screened'")
    assert await app.fetchval("SELECT state FROM case_files.cases") == "screened"
    assert await app.execute("DELETE FROM case_files.cases") == "DELETE 1"


@pytest.mark.parametrize(
    "command",
    [
        "CREATE TABLE case_files.other (id int)",
        "CREATE TABLE public.other (id int)",
        "CREATE SCHEMA other",
        "CREATE TEMPORARY TABLE other (id int)",
        "ALTER TABLE case_files.cases ADD COLUMN other int",
        "DROP TABLE case_files.cases",
        "TRUNCATE case_files.cases",
        "CREATE ROLE other",
    ],
)
async def test_the_app_changes_no_structure(pair, command):
    _, app = pair
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute(command)


async def test_a_service_cannot_connect_to_another_services_database(postgres, postgres_dsn):
    await provision_cluster(postgres_dsn)
    _, mine = await postgres.create_database("mine")
    theirs, _ = await postgres.create_database("theirs")
    for database in (theirs.rpartition("/")[2], "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(plain(mine).rpartition("/")[0] + "/" + database)


async def test_provisioning_again_keeps_the_rows_and_takes_the_new_password(own_postgres):
    dsn = own_postgres.admin_dsn()
    owner, app = Role("intake_owner", "first"), Role("intake_app", "first")
    await provision_database(dsn, "intake", owner, app)
    connection = await asyncpg.connect(
        own_postgres.url("intake", owner.name, "first").replace("+asyncpg", "")
    )
    await connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
    await connection.close()
    await provision_database(dsn, "intake", owner, Role("intake_app", "it's new"))
    connection = await asyncpg.connect(
        own_postgres.url("intake", app.name, "it's new").replace("+asyncpg", "")
    )
    assert await connection.fetchval("SELECT value FROM kept") == 7
    await connection.close()


async def test_a_service_calls_the_vaults_functions_and_sees_no_table(own_postgres):
    owner, user = Role("vault_owner", "secret"), Role("intake_vault", "secret")
    await provision_vault(own_postgres.admin_dsn(), "vault", owner, (user, Role("consent_vault", "secret")))
    vault = await asyncpg.connect(plain(own_postgres.url("vault", owner.name, "secret")))
    await vault.execute("CREATE SCHEMA vault")
    await vault.execute("CREATE TABLE vault.keys AS SELECT 7 AS wrapped")
    await vault.execute(
        "CREATE FUNCTION vault.wrapped() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT wrapped FROM vault.keys'"
    )
    await vault.close()
    service = await asyncpg.connect(plain(own_postgres.url("vault", user.name, "secret")))
    assert await service.fetchval("SELECT vault.wrapped()") == 7
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.fetchval("SELECT wrapped FROM vault.keys")
    await service.close()
