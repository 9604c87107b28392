"""Databases that a test is done with, cleared for the next test of their kind: a sixth of what a copy and its drop take.

A template learns to clear its copies once it is migrated. A copy in which a test changed a table, gathered statistics or wrote
very many rows is not what it was, and cannot be cleared.
"""

import asyncpg

MOST_ROWS = 2_000
"""Rows that are deleted to clear a database; with more of them its files have grown."""

LEARN = """
create schema made;
create table made.changes ();
create function made.note_change() returns event_trigger language plpgsql security definer set search_path = '' as
$change$ begin insert into made.changes default values; end $change$;

do $learn$
declare
    name regclass; last bigint; called boolean; filled boolean; clearing text := '';
begin
    for name in select c.oid from pg_class c where c.relkind = 'r' and c.oid >= 16384 and c.relnamespace <> 'made'::regnamespace
    loop
        clearing := clearing || format(E'delete from %s; get diagnostics one = row_count; rows := rows + one;\n', name);
        execute format('select exists (select from %s)', name) into filled;
        if filled then
            execute format('create table made.%I as table %s', name::text, name);
            clearing := clearing || format(E'insert into %s overriding system value select * from made.%I;\n', name, name::text);
        end if;
    end loop;
    for name in select oid from pg_class where relkind = 'S' and oid >= 16384
    loop
        execute format('select last_value, is_called from %s', name) into last, called;
        clearing := clearing || format(E'perform setval(%L, %s, %L);\n', name, last, called);
    end loop;
    execute format($made$
        create function made.clear() returns bigint language plpgsql as $clear$
        declare one bigint; rows bigint := 0;
        begin
            if exists (select from made.changes) or exists (select from pg_class where relkind = 'r' and oid >= 16384 and reltuples > 0) then
                return null;
            end if;
            %s
            return rows;
        end $clear$ $made$, clearing);
end $learn$;

create event trigger note_change on ddl_command_end execute function made.note_change();
"""
OTHERS = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""


async def learn(template: asyncpg.Connection) -> None:
    """Have every copy of the template know how to become again what it was."""
    await template.execute(LEARN)


async def clear(copy: asyncpg.Connection) -> bool:
    """Make the copy again what it was when it was made, if that can be; True then. Who is connected besides is cut off."""
    await copy.execute("set session_replication_role = replica")  # no trigger of the product keeps a row
    await copy.fetch(OTHERS)
    rows = await copy.fetchval("select made.clear()")
    return rows is not None and rows <= MOST_ROWS
