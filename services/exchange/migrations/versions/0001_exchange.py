"""The border's tables: disclosures and codes on their way out, chains and envelopes both ways, what came in."""

from alembic import op

from chassis.row_security import by_nobody, by_organisation, by_parent

revision = "exchange_0001"
down_revision = None

STATEMENTS = (
    """create table exchange.agreements (
    id text not null, version integer not null, sha256 text not null, cells text[] not null, document jsonb not null,
    valid_from timestamptz not null, valid_until timestamptz not null, current boolean not null,
    announced_at timestamptz not null, primary key (id, version))""",
    """create table exchange.trust (
    one boolean primary key default true check (one), version integer not null, issued timestamptz not null,
    sha256 text not null)""",
    """create table exchange.partners (
    cell text primary key, present_at timestamptz, heard_at timestamptz, read_by_partner jsonb not null default '{}',
    trouble text, trouble_at timestamptz)""",
    "create table exchange.listings (organisation text primary key, content jsonb not null)",
    """create table exchange.relations (
    own text not null, other text not null, reference uuid not null, case_id uuid not null, other_cell text not null,
    live boolean not null default false, primary key (own, other, reference), unique (case_id, own, other))""",
    """create table exchange.disclosures (
    id uuid primary key, case_id uuid, state text not null, authorised jsonb, sender text, recipient text,
    recipient_cell text, entry bigint, chain_head text, seals integer not null default 0, recall_reason text,
    answer text, code text)""",
    "create index disclosures_open on exchange.disclosures (case_id, sender, recipient) where state in ('expected', 'due')",
    """create table exchange.process_items (
    pos bigint generated always as identity primary key, item_id uuid not null unique, case_id uuid not null,
    own text not null, other text not null, code text not null, subject_id uuid not null, reason text,
    at timestamptz not null, journey jsonb, state text not null default 'waiting', seals integer not null default 0)""",
    "create index process_waiting on exchange.process_items (case_id, own, other, pos) where state = 'waiting'",
    """create table exchange.outgoing_chains (
    cell text not null, recipient text not null, seq bigint not null default 0, head text not null,
    primary key (cell, recipient))""",
    """create table exchange.envelopes (
    id uuid primary key, cell text not null, sender text not null, recipient text not null, seq bigint not null,
    sha256 text not null, bytes integer not null, sealed_at timestamptz not null, unique (cell, recipient, seq))""",
    "create index envelopes_sha256 on exchange.envelopes (sha256)",
    """create table exchange.envelope_items (
    envelope_id uuid not null references exchange.envelopes, item_id uuid not null, item_class text not null,
    cell text not null, case_id uuid, disclosure_id uuid, referral_id uuid, content jsonb, reference uuid,
    state text not null, code text, primary key (envelope_id, item_id))""",
    "create index envelope_items_item on exchange.envelope_items (item_id)",
    "create index envelope_items_case on exchange.envelope_items (case_id, envelope_id)",
    "create index envelope_items_waiting on exchange.envelope_items (cell) where state = 'waiting'",
    """create table exchange.receipts (
    cell text not null, item_id uuid not null, outcome text not null, code text, at timestamptz not null,
    evidence text not null, primary key (cell, item_id, at))""",
    """create table exchange.offsets (
    cell text not null, partition integer not null, next_offset bigint not null, primary key (cell, partition))""",
    """create table exchange.inbox (
    cell text not null, partition integer not null, "offset" bigint not null, raw bytea not null,
    attempts integer not null default 0, received_at timestamptz not null default now(),
    primary key (cell, partition, "offset"))""",
    """create table exchange.quarantine (
    cell text not null, partition integer not null, "offset" bigint not null, raw bytea not null, code text not null,
    disclosures uuid[] not null default '{}', at timestamptz not null, primary key (cell, partition, "offset"))""",
    """create table exchange.incoming_chains (
    cell text not null, recipient text not null, seq bigint not null, head text not null, forks integer not null,
    announced bigint not null, primary key (cell, recipient))""",
    """create table exchange.gaps (
    cell text not null, recipient text not null, seq bigint not null, primary key (cell, recipient, seq))""",
    """create table exchange.incoming_envelopes (
    id uuid primary key, cell text not null, sender text not null, recipient text not null, seq bigint not null,
    sha256 text not null, place text not null, code text, received_at timestamptz not null)""",
    """create table exchange.incoming_items (
    cell text not null, item_id uuid not null, envelope_id uuid not null, item_class text not null, case_id uuid,
    disclosure_id uuid, outcome text not null, code text, at timestamptz not null, primary key (cell, item_id))""",
    "create index incoming_items_case on exchange.incoming_items (case_id, envelope_id)",
    """create table exchange.received (
    sender_cell text not null, id uuid not null, state text not null, case_id uuid, referral_id uuid, reference uuid,
    sender text, recipient text, valid_until timestamptz, back_categories text[] not null default '{}',
    at timestamptz not null, primary key (sender_cell, id))""",
    "create index received_case on exchange.received (case_id, id)",
)

OWN = {
    "relations": "own", "disclosures": "sender", "process_items": "own", "envelopes": "sender",
    "incoming_envelopes": "recipient", "received": "recipient",
}  # fmt: skip
"""The column that names the organisation of this cell."""


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for statement in (
        *by_organisation("exchange", OWN),
        *by_parent("exchange", "envelope_items", "select from exchange.envelopes e where e.id = envelope_id"),
        *by_parent(
            "exchange", "incoming_items", "select from exchange.incoming_envelopes e where e.id = envelope_id"
        ),
        *by_nobody("exchange", ("receipts", "inbox", "quarantine")),
    ):
        op.execute(statement)
