"""A row is written only where it is then shown: nobody plants one with a case, or hands one to an organisation, that is not theirs."""

from alembic import op

from chassis.row_security import checked, of_case, of_parent

revision = "consent_0003"
down_revision = "consent_0002"

OF_A_CASE = ("ages", "records", "disclosures", "ledger", "grants", "sent_in_error")
OF_A_RECORD = "select from consent.records r where r.id = consent_id"


def upgrade() -> None:
    rules = (*of_case("consent", OF_A_CASE), *of_parent("consent", "revisions", OF_A_RECORD))
    for statement in checked(rules):
        op.execute(statement)
