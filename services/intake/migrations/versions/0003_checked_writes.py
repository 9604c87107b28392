"""A row is written only where it is then shown: nobody plants one with a case, or hands one to an organisation, that is not theirs."""

from alembic import op

from chassis.row_security import checked, of_case, of_case_or_organisation

revision = "intake_0003"
down_revision = "intake_0002"

OF_A_CASE = (
    "fields", "field_revisions", "screenings", "statuses", "age_assessments", "needs", "holds", "disclosures", "blind_index",
)  # fmt: skip


def upgrade() -> None:
    rules = (
        *of_case_or_organisation("intake", "cases", "id"),
        *of_case_or_organisation("intake", "broken_glass", "case_id"),
        *of_case("intake", OF_A_CASE),
    )
    for statement in checked(rules):
        op.execute(statement)
