-- The vault of a cell: one wrapped key per person. Services reach it by these functions alone, and by identifier alone:
-- there is none that lists. Run by the owner, as often as one likes (chassis.vault.migrate_vault).

create schema if not exists vault;

create table if not exists vault.keys (
    person_id uuid primary key,
    wrapped bytea,
    epoch text not null,
    created_at timestamptz not null default now(),
    destroyed_at timestamptz,
    check ((wrapped is null) = (destroyed_at is not null))
);

-- The register of sealed records: which service keeps how many records under a person's key. Written when a service is given the
-- key to seal with, before anything is sealed. A mark is made of the record's identifier; what kind of record it is stands nowhere.
create table if not exists vault.holds (
    person_id uuid not null references vault.keys, holder text not null, mark uuid not null,
    primary key (person_id, holder, mark)
);

-- Which service a role is, and which keys it may destroy: anybody's, those that it made itself, or none. Filled by the owner.
create table if not exists vault.callers (
    role name not null, holder text not null, destroys text not null check (destroys in ('any', 'own', 'none')),
    primary key (role, holder)
);

alter table vault.keys add column if not exists made_by name;

-- Epochs that have ended. No key is made in one of them any more, whatever a process still takes for the present one: its wrapping
-- key is about to be destroyed, and what it wrapped would be lost with it.
create table if not exists vault.ended_epochs (epoch text primary key, ended_at timestamptz not null default now());

-- True where this person's key was destroyed before: a destroyed key is never made again. The lock puts it before or after the end of
-- the epoch: either the end finds the key and wraps it anew, or whoever makes it finds the epoch ended.
create or replace function vault.create_keys(persons uuid[], wraps bytea[], in_epoch text)
returns table (person_id uuid, destroyed boolean)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
begin
    perform pg_advisory_xact_lock_shared(hashtext('corridor.vault.epochs'));
    if exists (select from vault.ended_epochs e where e.epoch = in_epoch) then
        raise object_not_in_prerequisite_state using message = 'this epoch has ended';
    end if;
    insert into vault.keys (person_id, wrapped, epoch, made_by)
    select p, w, in_epoch, session_user from unnest(persons, wraps) as u(p, w) order by p
    on conflict (person_id) do nothing;
    return query select k.person_id, k.destroyed_at is not null from vault.keys k where k.person_id = any(persons);
end $$;

create or replace function vault.read_keys(persons uuid[])
returns table (person_id uuid, wrapped bytea, epoch text)
language sql stable security definer set search_path = '' as $$
    select k.person_id, k.wrapped, k.epoch from vault.keys k where k.person_id = any(persons);
$$;

-- The same for whoever is about to seal: person, holder and mark of each record. The lock on the key's row puts it before or after
-- any destruction: either the destruction finds the record in the register, or whoever seals finds the key destroyed.
create or replace function vault.hold_keys(persons uuid[], holders text[], marks uuid[])
returns table (person_id uuid, wrapped bytea, epoch text)
language sql security definer set search_path = '' as $$
    with living as materialized (
        select k.person_id from vault.keys k where k.person_id = any(persons) and k.wrapped is not null
        order by k.person_id for share)
    insert into vault.holds (person_id, holder, mark)
    select u.p, u.h, u.m from unnest(persons, holders, marks) as u(p, h, m) join living on living.person_id = u.p
    order by u.p, u.h, u.m
    on conflict do nothing;
    select k.person_id, k.wrapped, k.epoch from vault.keys k where k.person_id = any(persons);
$$;

-- A service has deleted these records, or all that it had of the person. It speaks for itself alone.
create or replace function vault.release_holds(person uuid, only_marks uuid[], by_holder text)
returns void
language plpgsql security definer set search_path = '' as $$
begin
    if not exists (select from vault.callers c where c.role = session_user and c.holder = by_holder) then
        raise insufficient_privilege using message = 'a service releases its own records alone';
    end if;
    delete from vault.holds h
    where h.person_id = person and h.holder = by_holder and (only_marks is null or h.mark = any(only_marks));
end $$;

-- The row stays as a tombstone; its key is gone. No row: one is made, so that a late creation finds it destroyed.
-- Nothing is destroyed, and `held` is true, while a record under the key is in the register, whoever keeps it and whoever asks.
create or replace function vault.destroy_key(person uuid, in_epoch text)
returns table (destroyed_at timestamptz, epoch text, held boolean)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
begin
    if not exists (
        select from vault.callers c where c.role = session_user and (c.destroys = 'any'
            or c.destroys = 'own' and exists (select from vault.keys k where k.person_id = person and k.made_by = session_user))
    ) then
        raise insufficient_privilege using message = 'this role may not destroy this key';
    end if;
    insert into vault.keys (person_id, wrapped, epoch, destroyed_at) values (person, null, in_epoch, now())
        on conflict (person_id) do nothing;
    perform from vault.keys k where k.person_id = person for update;
    if exists (select from vault.holds h where h.person_id = person) then
        return query select k.destroyed_at, k.epoch, true from vault.keys k where k.person_id = person;
        return;
    end if;
    return query update vault.keys k set wrapped = null, destroyed_at = coalesce(k.destroyed_at, now())
        where k.person_id = person returning k.destroyed_at, k.epoch, false;
end $$;

-- How many records each service keeps under this person's key: for whoever may destroy it, who is told why it stays.
create or replace function vault.count_holds(person uuid)
returns table (holder text, records bigint)
language sql stable security definer set search_path = '' as $$
    select h.holder, count(*) from vault.holds h where h.person_id = person group by h.holder order by h.holder;
$$;

-- The end of an epoch, by the owner alone: no key is made in it from here on. Waits for those that are being made.
create or replace function vault.end_epoch(ended text)
returns void
language sql security definer set search_path = '' as $$
    select pg_advisory_xact_lock(hashtext('corridor.vault.epochs'));
    insert into vault.ended_epochs (epoch) values (ended) on conflict (epoch) do nothing;
$$;

-- Then, by the owner alone: its living keys are wrapped anew, so that its wrapping key can be destroyed.
create or replace function vault.living_keys(in_epoch text, at_most integer)
returns table (person_id uuid, wrapped bytea)
language sql stable security definer set search_path = '' as $$
    select k.person_id, k.wrapped from vault.keys k
    where k.epoch = in_epoch and k.wrapped is not null order by k.person_id limit at_most;
$$;

-- A key that was destroyed meanwhile stays destroyed.
create or replace function vault.rewrap_keys(persons uuid[], wraps bytea[], from_epoch text, to_epoch text)
returns void
language sql security definer set search_path = '' as $$
    update vault.keys k set wrapped = u.w, epoch = to_epoch
    from (select p, w from unnest(persons, wraps) as t(p, w) order by p) as u
    where k.person_id = u.p and k.epoch = from_epoch and k.wrapped is not null;
$$;

revoke all on schema vault from public;
revoke all on all tables in schema vault from public;
revoke all on all functions in schema vault from public;
