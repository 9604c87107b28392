"""The signatures of consent's own service key: seal tokens for the border, receipts for the person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import rfc8785
from joserfc import jws

from chassis.identity.auth import ServiceKey, service_issuer
from chassis.settings import Settings
from contracts.internal import SEAL_ISSUER, SEAL_LIFETIME, SEAL_TYPE, seal_claims
from services.consent.domain.authorisation import TokenRequest

ALGORITHM = "Ed25519"
RECEIPT_TYPE = "corridor-receipt+jws"


class Signer:
    """Holds the service's private key, read when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self._key, self._cell = ServiceKey(settings), settings.cell

    def seal_token(self, disclosure_id: UUID, wanted: TokenRequest, token_id: UUID, at: datetime) -> str:
        """A compact JWS that lets this one disclosure be sealed once more within ten seconds of the database's time."""
        issued = int(at.timestamp())
        bound = seal_claims(
            service_issuer(self._cell), disclosure_id, wanted.recipient, wanted.revision, wanted.fields_hash
        )
        expires = issued + int(SEAL_LIFETIME.total_seconds())
        claims = {**bound, "jti": str(token_id), "iat": issued, "exp": expires}
        return self._sign(SEAL_TYPE, claims)

    def receipt(self, receipt: Mapping[str, Any]) -> str:
        """A compact JWS over the RFC 8785 form of the receipt."""
        return self._sign(RECEIPT_TYPE, receipt)

    def _sign(self, typ: str, claims: Mapping[str, Any]) -> str:
        header = {"alg": ALGORITHM, "kid": SEAL_ISSUER, "typ": typ}
        payload = rfc8785.dumps(dict(claims))
        return jws.serialize_compact(header, payload, self._key.read(), algorithms=[ALGORITHM])
