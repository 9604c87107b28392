"""A command that is sent again under its Idempotency-Key gets the first answer: kept are status and id, never a body."""

import hashlib
import hmac
import os
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from sqlalchemy import text

from chassis.connection import DirectConnection
from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.own_tables import IDEMPOTENCY
from chassis.problems import IdempotencyMismatch
from chassis.set_writes import SetWrite
from chassis.settings import Settings
from chassis.tables import update_set

_SALT = 16
_KEPT = 32

_INSERT = text(
    "insert into chassis.idempotency (actor, key, fingerprint) values (:actor, :key, :fingerprint)"
    " on conflict (actor, key) do nothing returning 1"
)
_FIRST = text(
    "select fingerprint, status, resource_id, version from chassis.idempotency where actor = :actor and key = :key"
)
_FORGET = text("delete from chassis.idempotency where actor = :actor and key = :key")
_REMEMBER = update_set(IDEMPOTENCY, "status", "resource_id", "version")


@dataclass(slots=True)
class Claim:
    """The hold of this request on its Idempotency-Key; `status` stays None until the command is done."""

    actor: str
    key: str
    status: int | None = None
    resource_id: UUID | None = None
    version: int | None = None


class ReplayedAnswer(Exception):  # not an error: the first answer is given again
    def __init__(self, status: int, resource_id: UUID | None, version: int | None) -> None:
        super().__init__()
        self.status, self.resource_id, self.version = status, resource_id, version


def content_was(request: Request, content: bytes) -> None:
    """For a route that reads its body by itself: the content of the body, however it was wrapped. Called before the
    transaction.
    """
    request.state.content = hashlib.sha256(content).digest()


async def claim(conn: DirectConnection, request: Request, actor: Actor, key: str) -> Claim:
    """The claim. Raises ReplayedAnswer where the command was done, IdempotencyMismatch where it was another."""
    who = {"actor": f"{actor.issuer} {actor.subject}", "key": _kept_key(key)}
    material, secret = await _material(request), _secret(request)
    fingerprint = _fingerprint(secret, os.urandom(_SALT), material)
    if (await conn.execute(_INSERT, {**who, "fingerprint": fingerprint})).first() is not None:
        return Claim(who["actor"], who["key"])
    first = (await conn.execute(_FIRST, who)).one()
    kept = bytes(first.fingerprint)
    if not hmac.compare_digest(kept, _fingerprint(secret, kept[:_SALT], material)):
        raise IdempotencyMismatch
    raise ReplayedAnswer(first.status, first.resource_id, first.version)


async def remember(tx: Transaction, claimed: Claim) -> None:
    """Remember, at the end of the transaction, how the command was answered."""
    if claimed.status is None:  # nothing was done under this key, so nothing is remembered
        await tx.execute(_FORGET, {"actor": claimed.actor, "key": claimed.key})
        return
    tx.beside.append(SetWrite(_REMEMBER, [claimed]))


def _kept_key(key: str) -> str:
    """The hash of a key, because a caller may choose a name as one. Without the service's secret, so that any command
    finds its claim again.
    """
    return hashlib.sha256(b"corridor.idempotency-key.v1 " + key.encode()).hexdigest()


async def _material(request: Request) -> bytes:
    head = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    content: bytes | None = getattr(request.state, "content", None)
    return head + (await request.body() if content is None else content)


def _fingerprint(secret: bytes, salt: bytes, material: bytes) -> bytes:
    return salt + hmac.digest(secret, salt + material, hashlib.sha256)


def _secret(request: Request) -> bytes:
    """A secret made from the service's own key: with the database alone nobody can try out what a short body may have
    said.

    A new key, or a process without one, knows none of the earlier claims and refuses them.
    """
    state = request.app.state
    made: bytes | None = getattr(state, "fingerprint_secret", None)
    if made is None:
        settings: Settings = state.settings
        file = settings.service_key_file
        key = os.urandom(_KEPT) if file is None else file.read_bytes()
        made = state.fingerprint_secret = hmac.digest(key, b"corridor.idempotency.v1", hashlib.sha256)
    return made
