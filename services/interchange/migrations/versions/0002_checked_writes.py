"""A row is written only where it is then shown: nobody plants one with a case, or hands one to an organisation, that is not theirs."""

from alembic import op

from chassis.row_security import checked, of_organisation, of_parent

revision = "interchange_0002"
down_revision = "interchange_0001"

OF_AN_IMPORT = "select from interchange.imports i where i.id = {table}.import_id"


def upgrade() -> None:
    rules = (
        *of_organisation("interchange", {"imports": "organisation"}),
        # a chunk is shown to nobody, and yet it is its sender who brings it
        *(
            rule
            for table in ("chunks", "results")
            for rule in of_parent("interchange", table, OF_AN_IMPORT.format(table=table))
        ),
    )
    for statement in checked(rules):
        op.execute(statement)
