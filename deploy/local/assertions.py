"""Assertions, which a machine signs to be given a token (`private_key_jwt`, RFC 7523), checked as a real issuer checks them.
Development only.
"""

import json
import time
from collections.abc import Mapping
from threading import Lock
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from contracts import base64url
from contracts.strict_json import no_constant, once
from deploy.local.machine_keys import ALGORITHMS, Key, MachineKeys

LONGEST_S = 60
LEEWAY_S = 5
MAX_LENGTH = 4_000
HEADER = frozenset({"alg", "typ", "kid"})
TYPES = (None, "JWT", "client-authentication+jwt")
FORMAT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class AssertionRefused(Exception):
    """The assertion is not right. The caller is told no more than that."""


class Assertions:
    """Reads assertions; each is good once. Those that were used are forgotten when they have expired, and none is taken that
    was signed before this issuer started, or so soon after it that it could have been taken before, within the leeway.
    """

    def __init__(self, keys: MachineKeys, audiences: frozenset[str]) -> None:
        self._keys, self._audiences, self._started = keys, audiences, int(time.time())
        self._used: dict[tuple[str, str], float] = {}
        self._lock = Lock()

    def machine(self, assertion: str) -> str:
        """The name of the machine that signed it. Raises AssertionRefused."""
        header, claims = _read(assertion)
        name = claims.get("sub")
        if not isinstance(name, str) or claims.get("iss") != name:
            raise AssertionRefused("signed by another than it is about")
        if not any(_signed(assertion, header, key) for key in self._candidates(name, header.get("kid"))):
            raise AssertionRefused("no key of this machine fits")
        self._check(name, claims)
        return name

    def _candidates(self, name: str, kid: object) -> list[Key]:
        own = self._keys.of(name)
        return list(own.values()) if kid is None else [key for name, key in own.items() if name == kid]

    def _check(self, name: str, claims: Mapping[str, Any]) -> None:
        now = time.time()
        if claims.get("aud") not in [*self._audiences, *([one] for one in self._audiences)]:
            raise AssertionRefused("for another issuer")
        issued, expires = _instant(claims, "iat"), _instant(claims, "exp")
        if not issued < expires <= issued + LONGEST_S or not issued - LEEWAY_S <= now <= expires + LEEWAY_S:
            raise AssertionRefused("not of this minute")
        if issued <= self._started + LEEWAY_S or _instant({"nbf": issued, **claims}, "nbf") > now + LEEWAY_S:
            raise AssertionRefused("of another time")
        self._use(name, claims.get("jti"), now, expires + LEEWAY_S)

    def _use(self, name: str, jti: object, now: float, until: float) -> None:
        if not isinstance(jti, str) or not jti:
            raise AssertionRefused("no identifier")
        with self._lock:
            self._used = {key: end for key, end in self._used.items() if end >= now}
            if (name, jti) in self._used:
                raise AssertionRefused("used before")
            self._used[name, jti] = until


def _signed(assertion: str, header: Mapping[str, Any], key: Key) -> bool:
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS[key.curve_name]:
        return False
    try:
        jws.deserialize_compact(assertion, key, algorithms=[str(algorithm)])
    except (JoseError, ValueError, TypeError):
        return False
    return True


def _read(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the claims, whose signature is still unchecked. A member that stands twice is refused."""
    parts = assertion.split(".")
    if len(assertion) > MAX_LENGTH or len(parts) != 3:
        raise AssertionRefused("not a signed token")
    try:
        header, claims = (
            json.loads(base64url.decode(part), object_pairs_hook=once, parse_constant=no_constant)
            for part in parts[:2]
        )
    except (ValueError, RecursionError) as error:
        raise AssertionRefused("not a signed token") from error
    if not isinstance(header, dict) or not isinstance(claims, dict) or set(header) - HEADER:
        raise AssertionRefused("not a signed token")
    if header.get("typ") not in TYPES:
        raise AssertionRefused("another kind of token")
    return header, claims


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e11:
        raise AssertionRefused("no time")
    return float(value)
