"""A key of the service's own for keyed hashes: by them a value is recognised again of which the database says
nothing.

The key is sealed in the vault under an identifier of the service's, and its ciphertext is in `chassis.own_keys`.
"""

import hashlib
import hmac
import secrets
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from sqlalchemy import text

from chassis.database import Database
from chassis.own_tables import OWN_KEYS
from chassis.tables import insert_missing
from chassis.vault.vault import Vault

_READ = text("select sealed from chassis.own_keys where name = :name")
_WRITE = insert_missing(OWN_KEYS)
NAME = "recognition"
CLASS = "cell.key"
SIZE = 32


class OwnKey:
    """The service's key, made at its first use. Without the vault, the hashes in the database recognise nobody."""

    def __init__(self, database: Database, vault: Vault, cell: str, service: str) -> None:
        self._database, self._vault = database, vault
        self._owner: UUID = uuid5(NAMESPACE_URL, f"urn:corridor:{cell.lower()}:{service}:{NAME}")
        self._key: bytes | None = None

    async def digest(self, *texts: str) -> list[bytes]:
        """HMAC-SHA-256 of each text, in order."""
        key = self._key = self._key or await self._load()
        return [hmac.digest(key, text.encode(), hashlib.sha256) for text in texts]

    async def identifier(self, kind: str, issuer: str, subject: str, key: str | None) -> UUID:
        """An identifier for the thing that a command makes: the same when the command is sent again under its
        Idempotency-Key, and to be guessed by nobody.
        """
        if key is None:
            return uuid4()
        (digest,) = await self.digest(f"{kind}\x1f{issuer}\x1f{subject}\x1f{key}")
        return UUID(bytes=digest[:16], version=4)

    async def _load(self) -> bytes:
        sealed = await self._read()
        if sealed is None:
            await self._vault.create(self._owner)
            new = await self._vault.seal(self._owner, CLASS, NAME, secrets.token_hex(SIZE))
            async with self._database.transaction(self._database.system()) as tx:
                await _WRITE.write(tx, [{"name": NAME, "sealed": new}])
            sealed = await self._read() or new  # another process may have been first
        return bytes.fromhex(await self._vault.open(self._owner, CLASS, NAME, sealed))

    async def _read(self) -> str | None:
        async with self._database.transaction(self._database.system()) as tx:
            sealed: str | None = (await tx.execute(_READ, {"name": NAME})).scalar_one_or_none()
            return sealed
