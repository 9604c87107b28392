"""Tables of the event pipeline, in the schema `chassis` of every service's database."""

from alembic import op

revision = "chassis_0001"
down_revision = None

STATEMENTS = """
create table chassis.streams (stream text primary key, sequence bigint not null);
create table chassis.outbox (
    pos bigint generated always as identity (cache 1) primary key,
    topic text not null, stream text not null, sequence bigint not null,
    id uuid not null, type text, time timestamptz not null, actor text not null, organisation text not null,
    purpose text not null, policy text not null, causationid text, traceparent text, payload bytea not null);
create table chassis.relay (
    one boolean primary key default true check (one), max_pos bigint not null default 0,
    holes jsonb not null default '{}');
insert into chassis.relay default values;
create table chassis.offsets (
    topic text not null, partition integer not null, next_offset bigint not null, primary key (topic, partition));
create table chassis.marks (
    source text not null, stream text not null, sequence bigint not null, parked boolean not null default false,
    ahead bigint not null default 0, primary key (source, stream));
create table chassis.parked (
    source text not null, stream text not null, sequence bigint not null, topic text not null,
    partition integer not null, "offset" bigint not null, headers bytea not null, payload bytea not null,
    reason text not null, place text not null default '',
    state text not null default 'waiting' check (state in ('waiting', 'done', 'discarded')),
    parked_at timestamptz not null default now(), primary key (source, stream, sequence));
create index parked_waiting on chassis.parked (parked_at) where state = 'waiting';
create table chassis.stops (
    id uuid primary key, stopped_at timestamptz not null, topic text not null, partition integer not null,
    "offset" bigint not null, reason text not null, place text not null, streams integer not null,
    ended_at timestamptz, allowed integer not null default 0);
create table chassis.replays (
    id uuid primary key, reason text not null, place text not null, over_gap boolean not null,
    state text not null check (state in ('running', 'done', 'stopped')), actor text not null,
    streams integer not null, begun_at timestamptz not null, ended_at timestamptz,
    source text not null default '', stream text not null default '',
    freed integer not null default 0, still_parked integer not null default 0, events integer not null default 0);
create unique index replays_running on chassis.replays (reason, place) where state = 'running';
create table chassis.work (
    id uuid primary key, kind text not null, key text not null, payload jsonb not null, due_at timestamptz not null,
    attempts integer not null default 0, claimed_until timestamptz, traceparent text,
    lane text not null default '', priority smallint not null default 0,
    state text not null default 'due' check (state in ('due', 'failed')), last_error text, unique (kind, key));
create index work_due on chassis.work (lane, priority, due_at) where state = 'due';
create table chassis.idempotency (
    actor text not null, key text not null, fingerprint bytea not null, status integer, resource_id uuid,
    version integer, created_at timestamptz not null default now(), primary key (actor, key));
create index idempotency_age on chassis.idempotency (created_at);
create table chassis.attempts (
    actor text not null, organisation text not null, minute timestamptz not null, purpose text not null,
    policy text not null, case_id uuid not null, action text not null, tries integer not null default 1,
    primary key (actor, organisation, minute));
create table chassis.case_access (
    case_id uuid primary key, organisation text not null, workers text[] not null default '{}',
    handed_over boolean not null default false, person_id uuid);
create index case_access_organisation on chassis.case_access (organisation, case_id);
create table chassis.organisations (
    id text primary key, cell text not null, role text not null, status text not null, type text,
    version integer not null);
create table chassis.staff (
    organisation text not null, worker text not null, roles text[] not null, primary key (organisation, worker));
create table chassis.own_keys (name text primary key, sealed text not null)
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        op.execute(statement)
