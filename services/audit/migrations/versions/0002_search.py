"""The indexes by which an auditor finds entries: one for each thing that is asked for, in the order of time; and the recalls with their answers."""

from alembic import op

revision = "audit_0002"
down_revision = "audit_0001"

COLUMNS = ("actor", "organisation", "purpose", "type")
COMMON = ("referral_id", "return_id", "subject_id", "disclosure_id", "consent_id")

STATEMENTS = (
    "create index entries_time on audit.entries (time, entry)",
    *(f"create index entries_{name} on audit.entries ({name}, time, entry)" for name in COLUMNS),
    *(
        f"create index entries_{name} on audit.entries ((details ->> '{name}'))"
        f" where details ->> '{name}' is not null"
        for name in COMMON
    ),
    """create index entries_recalled on audit.entries (time, entry)
    where type in ('disclosure.recalled.v1', 'recall.received.v1')""",
    """create index entries_answered on audit.entries ((details ->> 'disclosure_id'))
    where type in ('recall.answered.v1', 'disclosure.closed.v1')""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
