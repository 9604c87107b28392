"""The acts of the vault's owner alone: make its tables and functions, say which role may call which, and end an epoch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import asyncpg

from chassis.vault import ciphertext
from chassis.vault.epochs import KeyProvider
from chassis.vault.vault import as_uuid, for_asyncpg

REWRAP_KEYS = 500
_SQL = Path(__file__).parents[1] / "migrations" / "vault.sql"
_GRANTS = (
    "revoke all on all tables in schema vault from {role}",
    "revoke all on all functions in schema vault from {role}",
    "grant usage on schema vault to {role}",
    "grant execute on function vault.create_keys, vault.read_keys, vault.hold_keys, vault.release_holds to {role}",
)
_DESTROYS = "grant execute on function vault.destroy_key, vault.count_holds to {role}"
_SAID = "insert into vault.callers (role, holder, destroys) values ($1, $2, $3)"
_ERASURES = "select count(*) from vault.keys where epoch = $1 and destroyed_at is not null"
_LOCK = "select pg_advisory_xact_lock(hashtext('corridor.migrate.vault'))"


@dataclass(frozen=True, slots=True)
class Caller:
    """A role, its service, and the keys that it may destroy: a file's reader must not be able to erase persons."""

    role: str
    service: str
    destroys: Literal["any", "own", "none"] = "none"


async def migrate_vault(owner_url: str, callers: Sequence[Caller]) -> None:
    """Make the vault's tables and functions, as its owner; these callers and nobody else may call the functions of
    services, and no more.
    """
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    try:
        async with connection.transaction():
            await connection.execute(_LOCK)
            await connection.execute(_SQL.read_text(encoding="utf-8"))
            await connection.execute("delete from vault.callers")
            for caller in callers:
                name = await connection.fetchval("select quote_ident($1)", caller.role)
                for grant in (*_GRANTS, *([_DESTROYS] if caller.destroys != "none" else [])):
                    await connection.execute(grant.format(role=name))
                await connection.execute(_SAID, caller.role, caller.service, caller.destroys)
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True)
class EndedEpoch:
    """An epoch of which no living key is wrapped any more: its wrapping key can be destroyed, which completes the erasures."""

    wrapped_anew: int
    erasures: int


async def end_epoch(owner_url: str, keys: KeyProvider, epoch: str) -> EndedEpoch:
    """Wrap the living keys of a past epoch anew, as the owner; then its wrapping key can be destroyed. Again where it was broken off.

    Until then, the holder of an old backup and of that wrapping key can read everything erased since.
    """
    current, count = keys.current(), 0
    if epoch == current:
        raise ValueError("the current epoch cannot be ended")
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    try:
        await connection.execute("select vault.end_epoch($1)", epoch)
        while rows := await connection.fetch("select * from vault.living_keys($1, $2)", epoch, REWRAP_KEYS):
            await _wrap_anew(connection, keys, epoch, current, rows)
            count += len(rows)
        return EndedEpoch(count, await connection.fetchval(_ERASURES, epoch))
    finally:
        await connection.close()


async def _wrap_anew(
    connection: Any, keys: KeyProvider, epoch: str, current: str, rows: Sequence[asyncpg.Record]
) -> None:
    old, new = keys.key(epoch), keys.key(current)
    persons = [as_uuid(row["person_id"]) for row in rows]
    opened = [ciphertext.unwrap(old, p, epoch, row["wrapped"]) for p, row in zip(persons, rows, strict=True)]
    wrapped = [ciphertext.wrap(new, p, current, key) for p, key in zip(persons, opened, strict=True)]
    await connection.execute("select vault.rewrap_keys($1, $2, $3, $4)", persons, wrapped, epoch, current)
