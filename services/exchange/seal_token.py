"""Consent's leave to seal one disclosure, checked by the database's time and under the disclosure's lock."""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError

from chassis.identity.auth import service_issuer
from chassis.identity.jwks import KeySource
from chassis.settings import Settings
from contracts.internal import SEAL_ISSUER, SEAL_LIFETIME, SEAL_TYPE, seal_claims
from services.exchange.domain.disclosure import AuthorisedDisclosure

ALGORITHM = "Ed25519"
MAX_LENGTH = 4_000
_HEADER = frozenset({"alg", "kid", "typ"})


class Verdict(StrEnum):
    HOLDS = "holds"
    EXPIRED = "expired"
    REFUSED = "refused"


class SealTokenChecker(Protocol):
    """Checks seal tokens. A test may put another in its place, to see the harm without it; no setting can."""

    async def check(
        self, token: str, disclosure_id: UUID, terms: AuthorisedDisclosure, now: datetime
    ) -> Verdict: ...


class ConsentTokens:
    """Tokens signed by the own cell's consent service, whose public key is in the services' JWKS."""

    def __init__(self, settings: Settings) -> None:
        self._keys = KeySource(file=settings.service_jwks_file)
        self._issuer = service_issuer(settings.cell)

    async def check(
        self, token: str, disclosure_id: UUID, terms: AuthorisedDisclosure, now: datetime
    ) -> Verdict:
        """The verdict on a token, at the database's `now`. A token binds disclosure, recipient, revision and exactly
        these fields.
        """
        claims = await self._verified(token)
        expected = seal_claims(
            self._issuer, disclosure_id, terms.recipient, terms.revision, terms.fields_hash
        )
        if claims is None or any(claims.get(name) != value for name, value in expected.items()):
            return Verdict.REFUSED
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int) or not isinstance(expires, int):
            return Verdict.REFUSED
        if not 0 < expires - issued <= SEAL_LIFETIME.total_seconds():
            return Verdict.REFUSED
        present = now.timestamp()
        return Verdict.HOLDS if issued - 1 <= present < expires else Verdict.EXPIRED

    async def _verified(self, token: str) -> dict[str, Any] | None:
        if len(token) > MAX_LENGTH:
            return None
        key = await self._keys.key(SEAL_ISSUER)
        if key is None:
            return None
        try:
            found = jws.deserialize_compact(token, key, algorithms=[ALGORITHM])
            header = found.headers()
            claims = json.loads(found.payload)
        except (JoseError, ValueError, TypeError):
            return None
        if set(header) != _HEADER or header["typ"] != SEAL_TYPE or header["kid"] != SEAL_ISSUER:
            return None
        return claims if isinstance(claims, dict) else None
