"""A row is written only where it is then shown: nobody plants one with a case, or hands one to an organisation, that is not theirs."""

from alembic import op

from chassis.row_security import checked, of_nobody, of_organisation, of_parent

revision = "exchange_0002"
down_revision = "exchange_0001"

OWN = {
    "relations": "own", "disclosures": "sender", "process_items": "own", "envelopes": "sender",
    "incoming_envelopes": "recipient", "received": "recipient",
}  # fmt: skip
OF_AN_ENVELOPE = "select from exchange.{envelopes} e where e.id = envelope_id"


def upgrade() -> None:
    rules = (
        *of_organisation("exchange", OWN),
        *of_parent("exchange", "envelope_items", OF_AN_ENVELOPE.format(envelopes="envelopes")),
        *of_parent("exchange", "incoming_items", OF_AN_ENVELOPE.format(envelopes="incoming_envelopes")),
        *of_nobody("exchange", ("receipts", "inbox", "quarantine")),
    )
    for statement in checked(rules):
        op.execute(statement)
