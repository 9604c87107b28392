"""The tables of returns, as its migrations leave them."""

from sqlalchemy import Column, Index, MetaData, Table, text
from sqlalchemy.dialects.postgresql import BOOLEAN, INTEGER, JSONB, TEXT, UUID

from chassis.tables import TIMESTAMPTZ, OneOf, filled, one_of, required
from services.returns.domain.states import ENDED, Half, State

META = MetaData(schema="returns")

KNOWN = Table(
    "known",
    META,
    Column("case_id", UUID, primary_key=True),
    Column("age_group", TEXT),
    Column("flags", TEXT),
    required("holds", JSONB),
    required("accepted", JSONB),
    Column("linked_at", TIMESTAMPTZ),
)

RETURNS = Table(
    "returns",
    META,
    Column("id", UUID, primary_key=True),
    Column("half", OneOf(Half), primary_key=True),
    required("case_id", UUID),
    required("organisation", TEXT),
    required("sender", TEXT),
    required("receiver", TEXT),
    required("receiver_cell", TEXT),
    required("requested_at", TIMESTAMPTZ),
    required("state", OneOf(State)),
    Column("result", TEXT),
    Column("grounds", TEXT),
    Column("assessor", TEXT),
    Column("clearer", TEXT),
    Column("reason", TEXT),
    Column("outcome", TEXT),
    filled("checks", JSONB, "'{}'"),
    Column("expected_at", TIMESTAMPTZ),
    Column("handover", TEXT),
    Column("escorted", BOOLEAN),
    Column("counselled_at", TIMESTAMPTZ),
    Column("decided_at", TIMESTAMPTZ),
    Column("confirmed_at", TIMESTAMPTZ),
    Column("assessed_at", TIMESTAMPTZ),
    Column("cleared_at", TIMESTAMPTZ),
    Column("suspended_at", TIMESTAMPTZ),
    Column("departed_at", TIMESTAMPTZ),
    Column("overdue_at", TIMESTAMPTZ),
    Column("missed_at", TIMESTAMPTZ),
    Column("turned_back_at", TIMESTAMPTZ),
    Column("arrived_at", TIMESTAMPTZ),
    Column("closed_at", TIMESTAMPTZ),
    Column("withdrawn_at", TIMESTAMPTZ),
    required("version", INTEGER),
    filled("updated_at", TIMESTAMPTZ, "now()"),
)
ONE_RETURN = Index(
    "one_open_return",
    RETURNS.c.case_id,
    unique=True,
    postgresql_where=text(f"half = '{Half.SENDING}' and state not in {one_of(ENDED | {State.ARRIVED})}"),
)
