"""The instant of the last change of each half, and the indexes that lists are ordered and narrowed by."""

from alembic import op

from chassis.row_security import each_of_case, stated_anew

revision = "returns_0004"
down_revision = "returns_0003"

STATEMENTS = """
alter table returns.returns add column updated_at timestamptz not null default now();
create index returns_changed on returns.returns (organisation, updated_at desc, id desc);
create index returns_due on returns.returns (organisation, expected_at, id)
    where state in ('departed', 'missed') and expected_at is not null;
create index returns_late on returns.returns (organisation, requested_at desc, id desc)
    where state in ('departed', 'missed') and overdue_at is not null;
create index returns_by_half on returns.returns (organisation, half, requested_at desc, id desc);
create index returns_by_state on returns.returns (organisation, state, requested_at desc, id desc);
create index returns_by_partner on returns.returns
    (organisation, (case half when 'sending' then receiver else sender end), requested_at desc, id desc);
create index returns_by_waiting on returns.returns (organisation, ({waiting}), requested_at desc, id desc)
    where ({waiting}) is not null
"""
WAITING = """
case when state in ('requested', 'counselled', 'decided', 'assessed', 'cleared', 'suspended', 'turned_back')
    then case half when 'sending' then 'own' else 'partner' end
    when state in ('departed', 'missed', 'arrived') then case half when 'receiving' then 'own' else 'partner' end end
"""


def upgrade() -> None:
    rules = stated_anew(each_of_case("returns", ("returns",)))
    for statement in (*STATEMENTS.format(waiting=WAITING).split(";\n"), *rules):
        op.execute(statement)
