"""The table of erasures, as intake's migrations leave it."""

from sqlalchemy import Column, Index, MetaData, Table, text
from sqlalchemy.dialects.postgresql import TEXT, UUID

from chassis.tables import TIMESTAMPTZ, OneOf, one_of, required
from services.intake.rights.domain.erasure import OPEN, ErasureState

META = MetaData(schema="intake")

ERASURES = Table(
    "erasures",
    META,
    Column("id", UUID, primary_key=True),
    required("case_id", UUID),
    required("person_id", UUID),
    required("organisation", TEXT),
    required("state", OneOf(ErasureState)),
    required("requested_by", TEXT),
    required("requested_at", TIMESTAMPTZ),
    Column("reason", TEXT),
    Column("decided_by", TEXT),
    Column("decided_at", TIMESTAMPTZ),
    Column("law", TEXT),
    Column("destroyed_at", TIMESTAMPTZ),
    Column("epoch", TEXT),
)
ONE_OPEN = Index(
    "erasures_one_open",
    ERASURES.c.case_id,
    unique=True,
    postgresql_where=text(f"state in {one_of(OPEN)}"),
)
