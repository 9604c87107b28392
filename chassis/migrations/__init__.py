"""The one Alembic environment, run in process for every service."""
