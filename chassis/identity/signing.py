"""Signing of access tokens (RFC 9068 profile). Apart from their checking, so that a command signs without a service's weight."""

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jws
from joserfc.jwk import OKPKey

ALGORITHM = "Ed25519"
TYPE = "at+jwt"
USER_LIFETIME_SECONDS = 600
SERVICE_LIFETIME_SECONDS = 60
MACHINE_LIFETIME_SECONDS = 60


def sign(key: OKPKey, kid: str, claims: Mapping[str, Any]) -> str:
    """An access token over these claims, as they are."""
    header = {"alg": ALGORITHM, "kid": kid, "typ": TYPE}
    return jws.serialize_compact(
        header, json.dumps(claims, separators=(",", ":")), key, algorithms=[ALGORITHM]
    )
