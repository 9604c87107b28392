"""Signed access tokens (RFC 9068 profile): strict reading and strict checking. Knows no HTTP."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from chassis.identity.signing import ALGORITHM, TYPE
from chassis.problems import Unauthenticated
from contracts import base64url
from contracts.strict_json import no_constant, once

TYPES = (TYPE, f"application/{TYPE}")
LEEWAY_SECONDS = 5
MAX_LENGTH = 8_000
MOST_VERIFIED = 1_000
_HEADER = frozenset({"alg", "kid", "typ"})
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_KID = re.compile(r"[A-Za-z0-9:_.\-]{1,80}")
_SUBJECT = re.compile(r"[A-Za-z0-9:_.\-]{1,80}")


def peek(token: str) -> tuple[str, str]:
    """The `kid` and `iss` of a token whose signature is still unchecked: they choose the key, and are true once it fits."""
    if len(token) > MAX_LENGTH or not _COMPACT.fullmatch(token):
        raise Unauthenticated("not a signed token")
    header, claims, _ = token.split(".")
    protected = _json_object(_decoded(header))
    if set(protected) - _HEADER:  # jku, x5u, jwk, x5c, crit, b64, zip, enc …
        raise Unauthenticated("the token's header has members that are not taken")
    if protected.get("alg") != ALGORITHM:
        raise Unauthenticated("the token's algorithm is not taken")
    if protected.get("typ") not in TYPES:
        raise Unauthenticated("not an access token")
    kid = protected.get("kid")
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        raise Unauthenticated("the token names no key")
    issuer = _json_object(_decoded(claims)).get("iss")
    if not isinstance(issuer, str):
        raise Unauthenticated("the token names no issuer")
    return kid, issuer


def verified(token: str, key: OKPKey) -> dict[str, Any]:
    """The claims, after the signature was checked with this key."""
    try:
        return _json_object(jws.deserialize_compact(token, key, algorithms=[ALGORITHM]).payload)
    except (JoseError, ValueError, TypeError) as error:
        raise Unauthenticated("the token's signature does not hold") from error


class VerifiedToken(NamedTuple):
    """A token whose signature fitted this key."""

    key: OKPKey
    kid: str
    issuer: str
    claims: Mapping[str, Any]


class VerifiedTokens:
    """The tokens whose signature fitted, by their hash: a token that is sent again is not read and verified again while its key is the same. Everything that
    passes with time, or may be taken away, is nothing of a signature and is looked at each time.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, VerifiedToken] = {}

    def peek(self, token: str) -> tuple[str, str]:
        """As `peek` above."""
        known = self._known.get(_hash(token))
        return peek(token) if known is None else (known.kid, known.issuer)

    def claims(self, token: str, kid: str, key: OKPKey) -> Mapping[str, Any]:
        """As `verified` above. Only what fits is kept, so that nobody without a key can push others out."""
        known = self._known.get(hashed := _hash(token))
        if known is not None and known.key is key:
            return known.claims
        claims = verified(token, key)
        while len(self._known) >= MOST_VERIFIED:
            del self._known[next(iter(self._known))]
        self._known[hashed] = VerifiedToken(key, kid, claims["iss"], claims)
        return claims


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def check(claims: Mapping[str, Any], *, audience: str, now: datetime, lifetime: int) -> str:
    """Check the claims that every token must have and return its subject. Times are NumericDate (RFC 7519 2)."""
    audiences = claims.get("aud")
    named: Sequence[Any] = (
        [audiences] if isinstance(audiences, str) else audiences if isinstance(audiences, list) else []
    )
    if audience not in named:
        raise Unauthenticated("the token is for another service")
    issued, expires = _number(claims, "iat"), _number(claims, "exp")
    present = now.timestamp()
    if expires - issued > lifetime:
        raise Unauthenticated("the token lives too long")
    if expires <= issued or present > expires + LEEWAY_SECONDS:
        raise Unauthenticated("the token has expired")
    not_before = max(issued, _number(claims, "nbf") if "nbf" in claims else issued)
    if not_before > present + LEEWAY_SECONDS:
        raise Unauthenticated("the token is not valid yet")
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        raise Unauthenticated("the token has no identifier")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise Unauthenticated("the token names no subject")
    return subject


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e11:
        raise Unauthenticated(f"the token's {name} is missing or no time")
    return float(value)


def _decoded(part: str) -> bytes:
    try:
        return base64url.decode(part)
    except ValueError as error:
        raise Unauthenticated("not a signed token") from error


def _json_object(raw: bytes | str) -> dict[str, Any]:
    """Strict: one object, and no member twice, so that two readers cannot see two different tokens."""
    try:
        value = json.loads(raw, object_pairs_hook=once, parse_constant=no_constant)
    except (ValueError, RecursionError) as error:
        raise Unauthenticated("the token is no JSON object") from error
    if not isinstance(value, dict):
        raise Unauthenticated("the token is no JSON object")
    return value
