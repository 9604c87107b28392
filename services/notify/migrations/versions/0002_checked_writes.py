"""A row is written only where it is then shown: nobody plants one with a case, or hands one to an organisation, that is not theirs."""

from alembic import op

from chassis.row_security import checked, of_nobody, of_organisation, of_parent

revision = "notify_0002"
down_revision = "notify_0001"

OF_A_NOTICE = "select from notify.notifications n where n.id = notification_id"


def upgrade() -> None:
    rules = (
        *of_organisation("notify", {"notifications": "organisation"}),
        *of_parent("notify", "readings", OF_A_NOTICE),
        *of_nobody("notify", ("unaddressed",)),
    )
    for statement in checked(rules):
        op.execute(statement)
