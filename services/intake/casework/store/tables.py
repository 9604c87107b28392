"""The tables of casework, as intake's migrations leave them."""

from sqlalchemy import Column, ForeignKey, MetaData, Table
from sqlalchemy.dialects.postgresql import BOOLEAN, INTEGER, TEXT, UUID

from chassis.tables import TIMESTAMPTZ, OneOf, filled, required
from services.intake.casefile.store.tables import CASES
from services.intake.casework.domain.leave import LeaveState
from services.intake.casework.domain.notes import NoteState
from services.intake.casework.domain.tasks import TaskState

META = MetaData(schema="intake")

NOTES = Table(
    "notes",
    META,
    Column("id", UUID, primary_key=True),
    required("case_id", UUID, ForeignKey(CASES.c.id)),
    required("organisation", TEXT),
    required("category", TEXT),
    required("by", TEXT),
    required("at", TIMESTAMPTZ),
    filled("state", OneOf(NoteState), "'standing'"),
    filled("revision", INTEGER, "1"),
)

NOTE_REVISIONS = Table(
    "note_revisions",
    META,
    Column("note_id", UUID, ForeignKey(NOTES.c.id), primary_key=True),
    Column("revision", INTEGER, primary_key=True),
    required("case_id", UUID, ForeignKey(CASES.c.id)),
    required("organisation", TEXT),
    Column("text", TEXT),
    Column("reason", TEXT),
    required("by", TEXT),
    required("at", TIMESTAMPTZ),
)

TASKS = Table(
    "tasks",
    META,
    Column("id", UUID, primary_key=True),
    required("organisation", TEXT),
    Column("case_id", UUID, ForeignKey(CASES.c.id)),
    required("kind", TEXT),
    filled("state", OneOf(TaskState), "'open'"),
    Column("worker", TEXT),
    Column("due_at", TIMESTAMPTZ),
    Column("remind_at", TIMESTAMPTZ),
    Column("reminded_at", TIMESTAMPTZ),
    Column("late_at", TIMESTAMPTZ),
    Column("content", TEXT),
    Column("person_id", UUID),
    filled("cancel_offered", BOOLEAN, "false"),
    Column("call_id", UUID),
    required("raised_at", TIMESTAMPTZ),
    required("raised_by", TEXT),
    Column("ended_at", TIMESTAMPTZ),
    Column("ended_by", TEXT),
    filled("version", INTEGER, "1"),
)

ANSWERED_FLAGS = Table(
    "answered_flags",
    META,
    Column("case_id", UUID, ForeignKey(CASES.c.id), primary_key=True),
    required("person_id", UUID),
    required("flags", TEXT),
)
"""The urgent flags for which tasks were raised already, sealed."""

CLOSINGS = Table(
    "closings",
    META,
    Column("id", UUID, primary_key=True),
    required("case_id", UUID, ForeignKey(CASES.c.id)),
    required("organisation", TEXT),
    required("closed_for", TEXT),
    required("closed_at", TIMESTAMPTZ),
    required("closed_by", TEXT),
    Column("resumed_for", TEXT),
    Column("resumed_at", TIMESTAMPTZ),
    Column("resumed_by", TEXT),
)
"""Each time that a case was closed, why, and why it was resumed; the words sealed."""

LEAVES = Table(
    "leaves",
    META,
    Column("id", UUID, primary_key=True),
    required("organisation", TEXT),
    required("worker", TEXT),
    required("cover", TEXT),
    required("starts_at", TIMESTAMPTZ),
    required("ends_at", TIMESTAMPTZ),
    filled("state", OneOf(LeaveState), "'planned'"),
    Column("ended_at", TIMESTAMPTZ),
    required("planned_at", TIMESTAMPTZ),
    required("planned_by", TEXT),
    filled("version", INTEGER, "1"),
)

LEFT_OUT = Table(
    "left_out",
    META,
    Column("leave_id", UUID, ForeignKey(LEAVES.c.id), primary_key=True),
    Column("case_id", UUID, ForeignKey(CASES.c.id), primary_key=True),
    required("organisation", TEXT),
    required("at", TIMESTAMPTZ),
    required("by", TEXT),
)
"""The cases that a cover does not see."""
