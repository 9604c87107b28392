"""The tables of exchange, as its migrations leave them."""

from typing import get_args

from sqlalchemy import Column, ForeignKey, Identity, Index, MetaData, Table, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, BOOLEAN, BYTEA, INTEGER, JSONB, TEXT, UUID

from chassis.tables import TEXTS, TIMESTAMPTZ, OneOf, filled, one_of, required
from contracts.border.items import ItemClass, Outcome
from services.exchange.domain.chain import Place
from services.exchange.domain.disclosure import State
from services.exchange.domain.distrust import ACTS, DistrustKind, DistrustState
from services.exchange.domain.received import ReceivedState
from services.exchange.domain.sent import QueueState, SentState
from services.exchange.domain.trust_document import STANDS, TrustDocumentState

META = MetaData(schema="exchange")

AGREEMENTS = Table(
    "agreements",
    META,
    Column("id", TEXT, primary_key=True),
    Column("version", INTEGER, primary_key=True),
    required("sha256", TEXT),
    required("cells", TEXTS),
    required("document", JSONB),
    required("valid_from", TIMESTAMPTZ),
    required("valid_until", TIMESTAMPTZ),
    required("current", BOOLEAN),
    required("announced_at", TIMESTAMPTZ),
)

TRUST = Table(
    "trust",
    META,
    Column("one", BOOLEAN, primary_key=True, server_default=text("true")),
    required("version", INTEGER),
    required("issued", TIMESTAMPTZ),
    required("sha256", TEXT),
)

DISTRUSTS = Table(
    "distrusts",
    META,
    Column("id", UUID, primary_key=True),
    required("kind", OneOf(DistrustKind)),
    required("name", TEXT),
    required("agreement_version", INTEGER),
    Column("organisation", TEXT),
    Column("use", TEXT),
    required("since", TIMESTAMPTZ),
    required("ticket", TEXT),
    required("state", OneOf(DistrustState)),
    required("declared_by", TEXT),
    required("declared_at", TIMESTAMPTZ),
    required("due_at", TIMESTAMPTZ),
    Column("decided_by", TEXT),
    Column("decided_at", TIMESTAMPTZ),
    required("version", INTEGER),
)
ONE_DISTRUST = Index(
    "distrusts_one",
    DISTRUSTS.c.kind,
    DISTRUSTS.c.name,
    DISTRUSTS.c.agreement_version,
    unique=True,
    postgresql_where=text(f"state in {one_of(ACTS)}"),
)

TRUST_DOCUMENTS = Table(
    "trust_documents",
    META,
    Column("id", UUID, primary_key=True),
    required("agreement_id", TEXT),
    required("number", INTEGER),
    required("sha256", TEXT),
    required("counts_from", TIMESTAMPTZ),
    required("content", JSONB),
    required("ticket", TEXT),
    required("state", OneOf(TrustDocumentState)),
    required("proposed_by", TEXT),
    required("proposed_at", TIMESTAMPTZ),
    Column("decided_by", TEXT),
    Column("decided_at", TIMESTAMPTZ),
    required("version", INTEGER),
)
ONE_TRUST_DOCUMENT = Index(
    "trust_documents_one",
    TRUST_DOCUMENTS.c.agreement_id,
    TRUST_DOCUMENTS.c.number,
    unique=True,
    postgresql_where=text(f"state in {one_of(STANDS)}"),
)

LISTED_KEYS = Table(
    "listed_keys",
    META,
    Column("kid", TEXT, primary_key=True),
    required("organisation", TEXT),
    required("use", TEXT),
    Column("not_before", TIMESTAMPTZ),
    Column("not_after", TIMESTAMPTZ),
    required("listed", BOOLEAN),
    Column("lost_since", TIMESTAMPTZ),
)

PARTNERS = Table(
    "partners",
    META,
    Column("cell", TEXT, primary_key=True),
    Column("present_at", TIMESTAMPTZ),
    Column("heard_at", TIMESTAMPTZ),
    filled("read_by_partner", JSONB, "'{}'"),
    Column("trouble", TEXT),
    Column("trouble_at", TIMESTAMPTZ),
)

LISTINGS = Table(
    "listings",
    META,
    Column("organisation", TEXT, primary_key=True),
    required("content", JSONB),
)

RELATIONS = Table(
    "relations",
    META,
    Column("own", TEXT, primary_key=True),
    Column("other", TEXT, primary_key=True),
    Column("reference", UUID, primary_key=True),
    required("case_id", UUID),
    required("other_cell", TEXT),
    filled("live", BOOLEAN, "false"),
    UniqueConstraint("case_id", "own", "other"),
)

DISCLOSURES = Table(
    "disclosures",
    META,
    Column("id", UUID, primary_key=True),
    Column("case_id", UUID),
    required("state", OneOf(State)),
    Column("authorised", JSONB),
    Column("sender", TEXT),
    Column("recipient", TEXT),
    Column("recipient_cell", TEXT),
    Column("entry", BIGINT),
    Column("chain_head", TEXT),
    filled("seals", INTEGER, "0"),
    Column("recall_reason", TEXT),
    Column("answer", TEXT),
    Column("code", TEXT),
)

PROCESS_ITEMS = Table(
    "process_items",
    META,
    Column("pos", BIGINT, Identity(always=True), primary_key=True),
    required("item_id", UUID, unique=True),
    required("case_id", UUID),
    required("own", TEXT),
    required("other", TEXT),
    required("code", TEXT),
    required("subject_id", UUID),
    Column("reason", TEXT),
    required("at", TIMESTAMPTZ),
    Column("journey", JSONB),
    filled("state", OneOf(QueueState), "'waiting'"),
    filled("seals", INTEGER, "0"),
)

OUTGOING_CHAINS = Table(
    "outgoing_chains",
    META,
    Column("cell", TEXT, primary_key=True),
    Column("recipient", TEXT, primary_key=True),
    filled("seq", BIGINT, "0"),
    required("head", TEXT),
)

ENVELOPES = Table(
    "envelopes",
    META,
    Column("id", UUID, primary_key=True),
    required("cell", TEXT),
    required("sender", TEXT),
    required("recipient", TEXT),
    required("seq", BIGINT),
    required("sha256", TEXT),
    required("bytes", INTEGER),
    required("sealed_at", TIMESTAMPTZ),
    filled("keys", TEXTS, "'{}'"),
    UniqueConstraint("cell", "recipient", "seq"),
)

ENVELOPE_ITEMS = Table(
    "envelope_items",
    META,
    Column("envelope_id", UUID, ForeignKey(ENVELOPES.c.id), primary_key=True),
    Column("item_id", UUID, primary_key=True),
    required("item_class", OneOf(ItemClass)),
    required("cell", TEXT),
    Column("case_id", UUID),
    Column("disclosure_id", UUID),
    Column("referral_id", UUID),
    Column("content", JSONB),
    Column("reference", UUID),
    required("state", OneOf(SentState)),
    Column("code", TEXT),
)

RECEIPTS = Table(
    "receipts",
    META,
    Column("cell", TEXT, primary_key=True),
    Column("item_id", UUID, primary_key=True),
    required("outcome", TEXT),
    Column("code", TEXT),
    Column("at", TIMESTAMPTZ, primary_key=True),
    required("evidence", TEXT),
)

EXTRACT_EVIDENCE = Table(
    "extract_evidence",
    META,
    Column("cell", TEXT, primary_key=True),
    Column("request_id", UUID, primary_key=True),
    Column("part", BIGINT, primary_key=True, autoincrement=False),
    required("evidence", TEXT),
    required("at", TIMESTAMPTZ),
)

OFFSETS = Table(
    "offsets",
    META,
    Column("cell", TEXT, primary_key=True),
    Column("partition", INTEGER, primary_key=True),
    required("next_offset", BIGINT),
)

INBOX = Table(
    "inbox",
    META,
    Column("cell", TEXT, primary_key=True),
    Column("partition", INTEGER, primary_key=True),
    Column("offset", BIGINT, primary_key=True),
    required("raw", BYTEA),
    filled("attempts", INTEGER, "0"),
    filled("received_at", TIMESTAMPTZ, "now()"),
)

QUARANTINE = Table(
    "quarantine",
    META,
    Column("cell", TEXT, primary_key=True),
    Column("partition", INTEGER, primary_key=True),
    Column("offset", BIGINT, primary_key=True),
    required("raw", BYTEA),
    required("code", TEXT),
    filled("disclosures", ARRAY(UUID), "'{}'"),
    required("at", TIMESTAMPTZ),
)

INCOMING_CHAINS = Table(
    "incoming_chains",
    META,
    Column("cell", TEXT, primary_key=True),
    Column("recipient", TEXT, primary_key=True),
    required("seq", BIGINT),
    required("head", TEXT),
    required("forks", INTEGER),
    required("announced", BIGINT),
)

GAPS = Table(
    "gaps",
    META,
    Column("cell", TEXT, primary_key=True),
    Column("recipient", TEXT, primary_key=True),
    Column("seq", BIGINT, primary_key=True),
)

INCOMING_ENVELOPES = Table(
    "incoming_envelopes",
    META,
    Column("id", UUID, primary_key=True),
    required("cell", TEXT),
    required("sender", TEXT),
    required("recipient", TEXT),
    required("seq", BIGINT),
    required("sha256", TEXT),
    required("place", OneOf(Place)),
    Column("code", TEXT),
    required("received_at", TIMESTAMPTZ),
    filled("keys", TEXTS, "'{}'"),
)

INCOMING_ITEMS = Table(
    "incoming_items",
    META,
    Column("cell", TEXT, primary_key=True),
    Column("item_id", UUID, primary_key=True),
    required("envelope_id", UUID),
    required("item_class", OneOf(ItemClass)),
    Column("case_id", UUID),
    Column("disclosure_id", UUID),
    required("outcome", OneOf(get_args(Outcome))),
    Column("code", TEXT),
    required("at", TIMESTAMPTZ),
)

RECEIVED = Table(
    "received",
    META,
    Column("sender_cell", TEXT, primary_key=True),
    Column("id", UUID, primary_key=True),
    required("state", OneOf(ReceivedState)),
    Column("case_id", UUID),
    Column("referral_id", UUID),
    Column("reference", UUID),
    Column("sender", TEXT),
    Column("recipient", TEXT),
    Column("valid_until", TIMESTAMPTZ),
    filled("back_categories", TEXTS, "'{}'"),
    required("at", TIMESTAMPTZ),
)
