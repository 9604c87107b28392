"""The cell's own HMAC key, for blind indexes and for recognising a row of a file again. It is sealed in the vault."""

import hashlib
import hmac
import secrets
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from sqlalchemy import text

from chassis.identity.auth import Actor
from chassis.service import Service
from services.intake.sealing import vault_of

_READ = text("select sealed from intake.cell_keys where name = :name")
_WRITE = text(
    "insert into intake.cell_keys (name, sealed) values (:name, :sealed) on conflict (name) do nothing"
)
NAME = "recognition"
CLASS = "cell.key"
SIZE = 32
PORT = "cell_key"


class CellKey:
    """Made at its first use. Without the vault, the hashes in the database recognise nobody."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._owner: UUID = uuid5(
            NAMESPACE_URL, f"urn:corridor:{service.settings.cell.lower()}:intake:{NAME}"
        )
        self._key: bytes | None = None

    async def digest(self, *texts: str) -> list[bytes]:
        """HMAC-SHA-256 of each text, in order."""
        key = self._key = self._key or await self._load()
        return [hmac.digest(key, text.encode(), hashlib.sha256) for text in texts]

    async def identifier(self, kind: str, actor: Actor, key: str | None) -> UUID:
        """Of what a command makes: the same when it is sent again under its Idempotency-Key, and to be guessed by nobody."""
        if key is None:
            return uuid4()
        (digest,) = await self.digest(f"{kind}\x1f{actor.issuer}\x1f{actor.subject}\x1f{key}")
        return UUID(bytes=digest[:16], version=4)

    async def _load(self) -> bytes:
        sealed = await self._read()
        vault = vault_of(self._service)
        if sealed is None:
            await vault.create(self._owner)
            new = await vault.seal(self._owner, CLASS, NAME, secrets.token_hex(SIZE))
            async with self._service.database.transaction(self._service.database.system()) as tx:
                await tx.execute(_WRITE, {"name": NAME, "sealed": new})
            sealed = await self._read() or new  # another process may have been first
        return bytes.fromhex(await vault.open(self._owner, CLASS, NAME, sealed))

    async def _read(self) -> str | None:
        async with self._service.database.transaction(self._service.database.system()) as tx:
            sealed: str | None = (await tx.execute(_READ, {"name": NAME})).scalar_one_or_none()
            return sealed


def cell_key_of(service: Service) -> CellKey:
    key: CellKey = service.ports[PORT]
    return key
