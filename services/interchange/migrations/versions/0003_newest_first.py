"""The imports of an organisation are listed, newest first."""

from alembic import op

revision = "interchange_0003"
down_revision = "interchange_0002"


def upgrade() -> None:
    op.execute("create index imports_newest on interchange.imports (organisation, at desc, id desc)")
