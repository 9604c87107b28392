"""What only the owner of the vault does: make its tables and functions, say who may call which, and end an epoch."""

from collections.abc import Sequence
from pathlib import Path

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
_ERASES = "grant execute on function vault.destroy_key to {role}"
_LOCK = "select pg_advisory_xact_lock(hashtext('corridor.migrate.vault'))"


async def migrate_vault(owner_url: str, roles: Sequence[str], *, erasing: Sequence[str] = ()) -> None:
    """Make the vault's tables and functions, as its owner; these roles may call what services call, and no more.

    `erasing`: the roles among them that may destroy a key besides.
    """
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    try:
        async with connection.transaction():
            await connection.execute(_LOCK)
            await connection.execute(_SQL.read_text(encoding="utf-8"))
            for role in roles:
                name = await connection.fetchval("select quote_ident($1)", role)
                for grant in (*_GRANTS, *([_ERASES] if role in erasing else [])):
                    await connection.execute(grant.format(role=name))
    finally:
        await connection.close()


async def end_epoch(owner_url: str, keys: KeyProvider, epoch: str) -> int:
    """Wrap the living keys of a past epoch anew, as the owner; then its wrapping key can be destroyed. Returns how many.

    Until then, whoever has an old backup and that wrapping key can read what was erased since.
    """
    current, count = keys.current(), 0
    if epoch == current:
        raise ValueError("the current epoch cannot be ended")
    old, new = keys.key(epoch), keys.key(current)
    connection = await asyncpg.connect(for_asyncpg(owner_url))
    try:
        while rows := await connection.fetch("select * from vault.living_keys($1, $2)", epoch, REWRAP_KEYS):
            persons = [as_uuid(row["person_id"]) for row in rows]
            opened = [
                ciphertext.unwrap(old, p, epoch, row["wrapped"]) for p, row in zip(persons, rows, strict=True)
            ]
            wrapped = [ciphertext.wrap(new, p, current, key) for p, key in zip(persons, opened, strict=True)]
            await connection.execute(
                "select vault.rewrap_keys($1, $2, $3, $4)", persons, wrapped, epoch, current
            )
            count += len(rows)
    finally:
        await connection.close()
    return count
