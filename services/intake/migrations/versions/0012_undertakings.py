"""Undertakings in a case elsewhere: referrals that wait for an answer or go on, and returns; and when a recall was said."""

from alembic import op

from chassis.row_security import of_case, secured

revision = "intake_0012"
down_revision = "intake_0011"

STATEMENTS = """
create table intake.undertakings (
    id uuid not null, half text not null check (half in ('outgoing', 'incoming', 'sending', 'receiving')),
    case_id uuid not null,
    kind text not null check (kind in ('referral', 'transfer', 'return')),
    state text not null check (state in ('waiting', 'unanswered', 'going_on', 'ended', 'in_error')),
    service text, sent_at timestamptz, primary key (id, half));
create index undertakings_of_case on intake.undertakings (case_id);
create index undertakings_unanswered on intake.undertakings (case_id) where state = 'unanswered';
alter table intake.authorised add column recalled_at timestamptz, add column answered_at timestamptz;
create index authorised_unanswered on intake.authorised (case_id) where recalled_at is not null and answered_at is null
"""


def upgrade() -> None:
    for statement in (*STATEMENTS.split(";\n"), *secured(of_case("intake", ("undertakings",)))):
        op.execute(statement)
