"""Alembic's entry: it uses the connection, schema and version table that `chassis.migrate` puts into the config."""

from alembic import context

config = context.config
connection = config.attributes["connection"]
context.configure(
    connection=connection, version_table_schema=config.attributes["schema"], version_table="alembic_version"
)
with context.begin_transaction():
    context.run_migrations()
