"""What consent signs with its own service key: seal tokens for the border, receipts for the person."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import rfc8785
from joserfc import jws
from joserfc.jwk import OKPKey

from chassis.identity.auth import ServiceKeyMissing, private_key, service_issuer
from chassis.service import Service
from chassis.settings import Settings
from services.consent.domain.authorisation import Wanted

NAME = "consent"
ALGORITHM = "Ed25519"
SEAL_TYPE = "corridor-seal+jwt"
RECEIPT_TYPE = "corridor-receipt+jws"
SEAL_LIFETIME = timedelta(seconds=10)


class Signer:
    """Holds the service's private key, read when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self._file, self._cell = settings.service_key_file, settings.cell
        self._key: OKPKey | None = None

    def seal_token(self, disclosure_id: UUID, wanted: Wanted, token_id: UUID, at: datetime) -> str:
        """A compact JWS that lets this one disclosure be sealed once more within ten seconds of the database's time."""
        issued = int(at.timestamp())
        claims = {
            "iss": service_issuer(self._cell),
            "sub": f"service:{NAME}",
            "aud": "exchange",
            "jti": str(token_id),
            "iat": issued,
            "exp": issued + int(SEAL_LIFETIME.total_seconds()),
            "disclosure": str(disclosure_id),
            "recipient": wanted.recipient,
            "revision": wanted.revision,
            "fields_hash": wanted.fields_hash,
        }
        return self._sign(SEAL_TYPE, claims)

    def receipt(self, receipt: Mapping[str, Any]) -> str:
        """A compact JWS over the RFC 8785 form of the receipt."""
        return self._sign(RECEIPT_TYPE, receipt)

    def _sign(self, typ: str, claims: Mapping[str, Any]) -> str:
        header = {"alg": ALGORITHM, "kid": NAME, "typ": typ}
        payload = rfc8785.dumps(dict(claims))
        return jws.serialize_compact(header, payload, self._own_key(), algorithms=[ALGORITHM])

    def _own_key(self) -> OKPKey:
        if self._key is None:
            if self._file is None:
                raise ServiceKeyMissing
            self._key = private_key(self._file)
        return self._key


def signer_of(service: Service) -> Signer:
    """The signer that `app.build` put into the service."""
    signer: Signer = service.ports["signer"]
    return signer
