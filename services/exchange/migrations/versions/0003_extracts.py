"""The signed texts of extracts that partners' auditors released to ours."""

from alembic import op

from chassis.row_security import of_nobody, secured

revision = "exchange_0003"
down_revision = "exchange_0002"

STATEMENTS = (
    """create table exchange.extract_evidence (
    cell text not null, request_id uuid not null, part bigint not null, evidence text not null, at timestamptz not null,
    primary key (cell, request_id, part))""",
    "create index extract_evidence_request on exchange.extract_evidence (request_id, part)",
    *secured(of_nobody("exchange", ["extract_evidence"])),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
