"""The vault: everything about a person is sealed under a key of their own, so that destroying it erases them everywhere.

Key first, then what uses it: an unused key is harmless. Never call the vault inside a database transaction.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from chassis.endings import within
from chassis.problems import Conflict, Problem, Unavailable
from chassis.settings import Settings
from chassis.vault import ciphertext
from chassis.vault.epochs import EpochKeyMissing, FileKeys, KeyProvider

CACHE_SECONDS = 60.0
CACHE_KEYS = 10_000
REWRAP_KEYS = 500
POOL_SIZE = 4
TIMEOUT_SECONDS = 5
STOP_SECONDS = 2
_SQL = Path(__file__).parents[1] / "migrations" / "vault.sql"
_GRANTS = (
    "revoke all on all tables in schema vault from {role}",
    "revoke all on all functions in schema vault from {role}",
    "grant usage on schema vault to {role}",
    "grant execute on function vault.create_keys, vault.read_keys, vault.hold_keys, vault.destroy_key to {role}",
)
_LOCK = "select pg_advisory_xact_lock(hashtext('corridor.migrate.vault'))"


class KeyDestroyed(Problem):
    """The key of this person was destroyed: what was sealed under it can never be read again."""

    status, code, title = 410, "erased", "What was kept about this person was erased"


class KeyHeld(Conflict):
    """Another service holds something sealed under this person's key, so it is not destroyed."""

    code, title = "key-held", "Something is still kept under the key of this person"


class KeyUnknown(Problem):
    """No key was ever made for this person: `create` comes first."""

    status, code, title = 500, "no-key", "This person has no key"


class CannotOpen(Problem):
    """A ciphertext was changed, moved to another record or person, or its wrapping key is gone."""

    status, code, title = 500, "cannot-open", "A sealed value cannot be opened"


class VaultUnavailable(Unavailable):
    code, title = "vault-unavailable", "The vault does not answer; try again"


class Sealing(NamedTuple):
    """One value and its place. `text` is the plaintext for `seal_many` and the ciphertext for `open_many`."""

    person_id: UUID
    field_class: str
    record_id: UUID | str
    text: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """A key is destroyed at once; WAL and backups hold it, wrapped, until the wrapping key of `epoch` is destroyed."""

    destroyed_at: datetime
    epoch: str


class _Opened(NamedTuple):
    """A key in memory, and for whom it is on record that something is sealed under it."""

    until: float
    key: bytes
    holders: frozenset[str]


class Vault:
    """Seals and opens under persons' keys. Opened keys stay in memory for at most 60 seconds.

    `holder` is the service: who seals is on record before anything is sealed, and no key is destroyed over its records.
    """

    def __init__(
        self,
        settings: Settings,
        holder: str,
        keys: KeyProvider | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if settings.vault_url is None or (keys is None and settings.vault_epoch_file is None):
            raise ValueError(
                "the vault needs CORRIDOR_VAULT_URL and CORRIDOR_VAULT_EPOCH_FILE or a key provider"
            )
        self._url = _for_asyncpg(settings.vault_url.get_secret_value())
        self._epochs = keys or FileKeys(settings.vault_epoch_file or Path(), settings.mode)
        self._monotonic = monotonic
        self._holder = holder
        self._opened: dict[UUID, _Opened] = {}
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def start(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=POOL_SIZE,
            command_timeout=TIMEOUT_SECONDS,
            timeout=TIMEOUT_SECONDS,
        )

    async def stop(self) -> None:
        self._opened.clear()
        pool, self._pool = self._pool, None
        if pool is not None and not await within(STOP_SECONDS, pool.close()):
            pool.terminate()

    async def create(self, person_id: UUID) -> None:
        """Make this person's key unless there is one. Raises KeyDestroyed: a destroyed key is never made again."""
        await self.create_many([person_id])

    async def create_many(self, persons: Iterable[UUID]) -> None:
        epoch, distinct = self._epochs.current(), sorted(set(persons))
        wrapping = self._epochs.key(epoch)
        wrapped = [ciphertext.wrap(wrapping, person, epoch, ciphertext.new_key()) for person in distinct]
        rows = await self._call(
            "select destroyed from vault.create_keys($1, $2, $3)", distinct, wrapped, epoch
        )
        if any(row["destroyed"] for row in rows):
            raise KeyDestroyed

    async def seal(self, person_id: UUID, field_class: str, record_id: UUID | str, plaintext: str) -> str:
        """`v1.…`, which only `open` with the same person, class and record reads. Raises KeyDestroyed, KeyUnknown."""
        return (await self.seal_many([Sealing(person_id, field_class, record_id, plaintext)]))[0]

    async def open(self, person_id: UUID, field_class: str, record_id: UUID | str, sealed: str) -> str:
        """Raises KeyDestroyed, KeyUnknown, CannotOpen."""
        opened = (await self.open_many([Sealing(person_id, field_class, record_id, sealed)]))[0]
        if opened is None:
            raise KeyDestroyed
        return opened

    async def seal_many(
        self, values: Sequence[Sealing | tuple[UUID, str, UUID | str, str]], *, holder: str | None = None
    ) -> list[str]:
        """Seal in the order given, with one query for all keys that are not open yet.

        `holder`: the service that will keep it, where that is another.
        """
        keys = await self._keys({value[0] for value in values}, holder or self._holder)
        if any(keys[value[0]] is None for value in values):
            raise KeyDestroyed
        return [
            ciphertext.seal(key, ciphertext.place(person, name, record), text)
            for person, name, record, text in values
            if (key := keys[person]) is not None
        ]

    async def open_many(
        self, values: Sequence[Sealing | tuple[UUID, str, UUID | str, str]]
    ) -> list[str | None]:
        """Open in the order given, with one query; None where that person's key was destroyed. Raises CannotOpen."""
        keys = await self._keys({value[0] for value in values})
        try:
            return [
                None
                if (key := keys[person]) is None
                else ciphertext.open_(key, ciphertext.place(person, name, record), text)
                for person, name, record, text in values
            ]
        except ciphertext.Broken:
            raise CannotOpen from None

    async def destroy(self, person_id: UUID) -> Erasure:
        """Destroy this person's key for good; again is the same. Other processes forget it within 60 seconds.

        Raises KeyHeld, and destroys nothing, where another service holds something under it.
        """
        self.forget(person_id)
        (row,) = await self._call(
            "select destroyed_at, epoch, held from vault.destroy_key($1, $2, $3)",
            person_id,
            self._epochs.current(),
            self._holder,
        )
        self.forget(person_id)
        if row["held"]:
            raise KeyHeld
        return Erasure(row["destroyed_at"], row["epoch"])

    def forget(self, person_id: UUID) -> None:
        """Drop the opened key from memory, for example because another service told of the erasure."""
        self._opened.pop(person_id, None)

    async def _keys(self, persons: set[UUID], holder: str | None = None) -> dict[UUID, bytes | None]:
        """Opened keys; None for a destroyed one. With a holder, it is on record for each. Raises KeyUnknown."""
        now = self._monotonic()
        found: dict[UUID, bytes | None] = {}
        for person in persons:
            opened = self._opened.get(person)
            if opened is not None and now < opened.until and (holder is None or holder in opened.holders):
                found[person] = opened.key
        missing = sorted(persons - found.keys())
        if missing:
            rows = await self._read(missing, holder)
            found.update({_uuid(row["person_id"]): self._unwrapped(row) for row in rows})
            self._keep({person: found.get(person) for person in missing}, now, holder)
        if persons - found.keys():
            raise KeyUnknown
        return found

    async def _read(self, persons: list[UUID], holder: str | None) -> list[Any]:
        columns = "select person_id, wrapped, epoch from"
        if holder is None:
            return await self._call(f"{columns} vault.read_keys($1)", persons)
        return await self._call(f"{columns} vault.hold_keys($1, $2)", persons, holder)

    def _unwrapped(self, row: Any) -> bytes | None:
        if row["wrapped"] is None:
            return None
        try:
            key = self._epochs.key(row["epoch"])
            return ciphertext.unwrap(key, _uuid(row["person_id"]), row["epoch"], row["wrapped"])
        except (EpochKeyMissing, ciphertext.Broken):
            raise CannotOpen from None

    def _keep(self, keys: dict[UUID, bytes | None], now: float, holder: str | None) -> None:
        for person, key in keys.items():
            before = self._opened.pop(person, None)
            if key is not None:
                known = before.holders if before is not None and now < before.until else frozenset()
                holders = known if holder is None else known | {holder}
                self._opened[person] = _Opened(now + CACHE_SECONDS, key, holders)
        while len(self._opened) > CACHE_KEYS:
            del self._opened[next(iter(self._opened))]

    async def _call(self, query: str, *values: Any) -> list[Any]:
        if self._pool is None:
            raise VaultUnavailable
        try:
            return await self._pool.fetch(query, *values)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            raise VaultUnavailable from None  # the driver's message may hold an identifier or an address


def _uuid(value: UUID) -> UUID:
    return UUID(int=value.int)  # the driver's own class compares equal, but is not what callers were promised


def _for_asyncpg(url: str) -> str:
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)


async def migrate_vault(owner_url: str, roles: Sequence[str]) -> None:
    """Make the vault's table and functions, as its owner; these roles may call what services call, and no more."""
    connection = await asyncpg.connect(_for_asyncpg(owner_url))
    try:
        async with connection.transaction():
            await connection.execute(_LOCK)
            await connection.execute(_SQL.read_text(encoding="utf-8"))
            for role in roles:
                name = await connection.fetchval("select quote_ident($1)", role)
                for grant in _GRANTS:
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
    connection = await asyncpg.connect(_for_asyncpg(owner_url))
    try:
        while rows := await connection.fetch("select * from vault.living_keys($1, $2)", epoch, REWRAP_KEYS):
            persons = [_uuid(row["person_id"]) for row in rows]
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
