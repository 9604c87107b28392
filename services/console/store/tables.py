"""The tables of console, as its migrations leave them."""

from sqlalchemy import Column, ForeignKey, MetaData, Table
from sqlalchemy.dialects.postgresql import BYTEA, TEXT

from chassis.tables import TIMESTAMPTZ, required

META = MetaData(schema="console")

SESSIONS = Table(
    "sessions",
    META,
    Column("id", TEXT, primary_key=True),
    required("sealed", BYTEA),
    required("used_at", TIMESTAMPTZ),
    required("ends_at", TIMESTAMPTZ),
)

UNSENT = Table(
    "unsent",
    META,
    Column("id", TEXT, primary_key=True),
    Column("session", TEXT, ForeignKey("console.sessions.id", ondelete="CASCADE"), nullable=False),
    required("sealed", BYTEA),
)
