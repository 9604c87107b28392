"""A row is written only where it is then shown: nobody plants one with a case, or hands one to an organisation, that is not theirs."""

from alembic import op

from chassis.row_security import checked, of_case

revision = "returns_0002"
down_revision = "returns_0001"


def upgrade() -> None:
    for statement in checked(of_case("returns", ("known", "returns"))):
        op.execute(statement)
