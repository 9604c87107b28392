"""The tables of notify, as its migrations leave them."""

from sqlalchemy import Column, ForeignKey, Identity, MetaData, Table
from sqlalchemy.dialects.postgresql import BIGINT, BOOLEAN, INTEGER, TEXT, UUID

from chassis.tables import TIMESTAMPTZ, OneOf, filled, required
from services.notify.domain.mail import MailState
from services.notify.domain.notices import HOLDER, OPERATORS, SUPERVISORS, WORKER

META = MetaData(schema="notify")

NOTIFICATIONS = Table(
    "notifications",
    META,
    Column("id", UUID, primary_key=True),
    required("case_id", UUID),
    Column("import_id", UUID),
    Column("about", TEXT),
    Column("together", UUID),
    filled("count", INTEGER, "1"),
    required("own", BOOLEAN),
    required("organisation", TEXT),
    required("audience", OneOf((HOLDER, WORKER, SUPERVISORS, OPERATORS))),
    required("template", TEXT),
    required("priority", TEXT),
    Column("referral_id", UUID),
    Column("return_id", UUID),
    Column("task_id", UUID),
    Column("worker", TEXT),
    required("created_at", TIMESTAMPTZ),
    filled("mail", OneOf(MailState), "'none'"),
    Column("leave_id", UUID),
)

UNADDRESSED = Table(
    "unaddressed",
    META,
    Column("pos", BIGINT, Identity(always=True), primary_key=True),
    required("case_id", UUID),
    required("template", TEXT),
    Column("referral_id", UUID),
    Column("return_id", UUID),
    required("own", BOOLEAN),
    Column("task_id", UUID),
    Column("worker", TEXT),
)

READINGS = Table(
    "readings",
    META,
    Column("notification_id", UUID, ForeignKey(NOTIFICATIONS.c.id), primary_key=True),
    Column("reader", TEXT, primary_key=True),
    required("at", TIMESTAMPTZ),
)
