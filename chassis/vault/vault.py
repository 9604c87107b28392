"""The vault: everything about a person is sealed under a key of their own, so that destroying it erases them
everywhere.

The key comes first, then its use: an unused key is harmless. Never call the vault inside a database transaction.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import asyncpg

from chassis.endings import within
from chassis.problems import Conflict, Problem, Unavailable
from chassis.settings import Settings
from chassis.vault import ciphertext
from chassis.vault.epochs import EpochKeyMissing, FileKeys, KeyProvider

CACHE_SECONDS = 60.0
CACHE_KEYS = 10_000
POOL_SIZE = 4
TIMEOUT_SECONDS = 5
STOP_SECONDS = 2

_RECORDS = UUID("8d1c0f0e-6f57-4c1e-9b0a-7a1f2f0c5b63")
"""Namespace of the marks under which the register of sealed records knows them."""


class KeyDestroyed(Problem):
    """The key of this person was destroyed: nothing that was sealed under it can ever be read again."""

    status, code, title = 410, "erased", "What was kept about this person was erased"


class KeyHeld(Conflict):
    """A record sealed under this person's key is kept, here or in another service, so the key is not destroyed."""

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


Hold = tuple[str, UUID]
"""One row of the register: the service that keeps a sealed record, and the record's mark."""


class _OpenedKey(NamedTuple):
    """A key in memory, and the records under it that are in the register."""

    until: float
    key: bytes
    holds: frozenset[Hold]


class Vault:
    """Seals and opens under persons' keys. Opened keys stay in memory for at most 60 seconds.

    `holder` is the service: each record is in the register before anything of it is sealed, and stays there until the service
    releases it. No key is destroyed while one is there.
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
        self._url = for_asyncpg(settings.vault_url.get_secret_value())
        self._epochs = keys or FileKeys(settings.vault_epoch_file or Path(), settings.mode)
        self._monotonic = monotonic
        self._holder = holder
        self._opened: dict[UUID, _OpenedKey] = {}
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def start(self) -> None:
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=POOL_SIZE,
            command_timeout=TIMEOUT_SECONDS,
            timeout=TIMEOUT_SECONDS,
            reset=_as_it_is,
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
        """The plaintext. Raises KeyDestroyed, KeyUnknown, CannotOpen."""
        opened = (await self.open_many([Sealing(person_id, field_class, record_id, sealed)]))[0]
        if opened is None:
            raise KeyDestroyed
        return opened

    async def seal_many(
        self,
        values: Sequence[Sealing | tuple[UUID, str, UUID | str, str]],
        *,
        holder: str | None = None,
        kept_with: UUID | None = None,
    ) -> list[str]:
        """Seal in the order given, with one query for all keys and records that this process does not know yet.

        `holder`: the service that will keep the ciphertext, where that is another. `kept_with`: the record with which
        it is deleted, where that is another than its own.
        """
        holds: dict[UUID, set[Hold]] = {}
        for person, _, record, _ in values:
            holds.setdefault(person, set()).add((holder or self._holder, mark(kept_with or record)))
        keys = await self._keys(holds)
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
        keys = await self._keys({value[0]: set() for value in values})
        try:
            return [None if (key := keys[value[0]]) is None else _opened_with(key, value) for value in values]
        except ciphertext.BrokenCiphertext:
            raise CannotOpen from None

    async def open_readable(
        self, values: Sequence[Sealing | tuple[UUID, str, UUID | str, str]]
    ) -> list[str | None]:
        """The same for rows that may be older than the person's key, as of somebody who was erased and came again: None too where
        it does not open a value.
        """
        keys = await self._keys({value[0]: set() for value in values})
        return [
            None if (key := keys[value[0]]) is None else _opened_if_sealed_with(key, value)
            for value in values
        ]

    async def release(self, person_id: UUID, records: Iterable[UUID | str] | None = None) -> None:
        """Release these records of this service, which are deleted, or all that it had of the person. None is sealed
        again under its identifier.
        """
        self.forget(person_id)
        marks = None if records is None else [mark(record) for record in records]
        await self._call("select vault.release_holds($1, $2, $3)", person_id, marks, self._holder)

    async def destroy(self, person_id: UUID) -> Erasure:
        """Destroy this person's key for good; doing it again changes nothing. Other processes forget the key within
        60 seconds.

        Raises KeyHeld, and destroys nothing, while a record under it is in the register. Only the roles that erase
        may do this.
        """
        self.forget(person_id)
        (row,) = await self._call(
            "select destroyed_at, epoch, held from vault.destroy_key($1, $2)",
            person_id,
            self._epochs.current(),
        )
        self.forget(person_id)
        if row["held"]:
            raise KeyHeld
        return Erasure(row["destroyed_at"], row["epoch"])

    async def held_by(self, person_id: UUID) -> dict[str, int]:
        """Service → how many records it keeps under this person's key. For the roles that erase."""
        rows = await self._call("select holder, records from vault.count_holds($1)", person_id)
        return {row["holder"]: row["records"] for row in rows}

    def has_epoch(self, epoch: str) -> bool:
        """False once the wrapping key of this epoch is destroyed: the erasures of its time are complete."""
        try:
            self._epochs.key(epoch)
        except EpochKeyMissing:
            return False
        return True

    def forget(self, person_id: UUID) -> None:
        """Drop the opened key from memory, for example because another service told of the erasure."""
        self._opened.pop(person_id, None)

    async def _keys(self, wanted: Mapping[UUID, AbstractSet[Hold]]) -> dict[UUID, bytes | None]:
        """Opened keys; None for a destroyed one. The holds asked for are in the register. Raises KeyUnknown."""
        now = self._monotonic()
        found: dict[UUID, bytes | None] = {}
        for person, holds in wanted.items():
            opened = self._opened.get(person)
            if opened is not None and now < opened.until and holds <= opened.holds:
                found[person] = opened.key
        missing = {person: wanted[person] for person in sorted(wanted.keys() - found.keys())}
        if missing:
            found.update(await self._read_opened(missing))
            for person, holds in missing.items():
                self._keep(person, found.get(person), holds, now)
        if wanted.keys() - found.keys():
            raise KeyUnknown
        return found

    async def _read_opened(self, wanted: Mapping[UUID, AbstractSet[Hold]]) -> dict[UUID, bytes | None]:
        """The keys as they stand. One that was wrapped anew since it was read, at the end of its epoch, is read once more."""
        for last in (False, True):
            rows = await self._read(wanted)
            try:
                return {as_uuid(row["person_id"]): self._unwrapped(row) for row in rows}
            except EpochKeyMissing:
                if last:
                    break
        raise CannotOpen

    async def _read(self, wanted: Mapping[UUID, AbstractSet[Hold]]) -> list[Any]:
        columns = "select person_id, wrapped, epoch from"
        rows = [(person, *hold) for person, holds in wanted.items() for hold in sorted(holds)]
        if not rows:
            return await self._call(f"{columns} vault.read_keys($1)", list(wanted))
        persons, holders, marks = map(list, zip(*rows, strict=True))
        return await self._call(f"{columns} vault.hold_keys($1, $2, $3)", persons, holders, marks)

    def _unwrapped(self, row: Any) -> bytes | None:
        if row["wrapped"] is None:
            return None
        try:
            key = self._epochs.key(row["epoch"])
            return ciphertext.unwrap(key, as_uuid(row["person_id"]), row["epoch"], row["wrapped"])
        except ciphertext.BrokenCiphertext:
            raise CannotOpen from None

    def _keep(self, person: UUID, key: bytes | None, holds: AbstractSet[Hold], now: float) -> None:
        before = self._opened.pop(person, None)
        if key is not None:
            known = before.holds if before is not None and now < before.until else frozenset()
            self._opened[person] = _OpenedKey(now + CACHE_SECONDS, key, known | holds)
        while len(self._opened) > CACHE_KEYS:
            del self._opened[next(iter(self._opened))]

    async def _call(self, query: str, *values: Any) -> list[Any]:
        if self._pool is None:
            raise VaultUnavailable
        try:
            return await self._pool.fetch(query, *values)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            raise VaultUnavailable from None  # the driver's message may hold an identifier or an address


async def _as_it_is(_: Any) -> None:
    """A connection goes back to the pool as it is: each call is one statement, and leaves nothing on its session."""


def mark(record_id: UUID | str) -> UUID:
    """The mark of a record in the register: the same each time, and without the record's identifier it says nothing."""
    return uuid5(_RECORDS, str(record_id))


def _opened_with(key: bytes, value: Sealing | tuple[UUID, str, UUID | str, str]) -> str:
    """Raises BrokenCiphertext."""
    person, name, record, text = value
    return ciphertext.open_(key, ciphertext.place(person, name, record), text)


def _opened_if_sealed_with(key: bytes, value: Sealing | tuple[UUID, str, UUID | str, str]) -> str | None:
    try:
        return _opened_with(key, value)
    except ciphertext.BrokenCiphertext:
        return None


def as_uuid(value: UUID) -> UUID:
    return UUID(int=value.int)  # the driver's own class compares equal, but callers were promised this one


def for_asyncpg(url: str) -> str:
    return url.replace("postgresql+asyncpg://", "postgresql://", 1)
