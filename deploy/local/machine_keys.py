"""The public keys with which the systems of one cell sign in at its local issuer. Development only.

Read anew for every token, so that a key that is taken away opens nothing from then on.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from chassis.identity.signing import ALGORITHM
from deploy.local.trouble import Trouble

KEYS_FILE = "machine-keys.json"
KEYS_AT_ONCE = 2
"""The present key and the next one: with more nobody would know which are in use."""
ALGORITHMS: Mapping[str, tuple[str, ...]] = {"Ed25519": (ALGORITHM, "EdDSA"), "P-256": ("ES256",)}
"""Curve → the algorithms of its signatures."""

Key = OKPKey | ECKey
Jwk = dict[str, Any]


class BadKeyError(Trouble):
    """The key is none that is taken; the message says why, and nothing of the key."""


class MachineKeys:
    """Machine → its public keys, in one file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def of(self, machine: str) -> dict[str, Key]:
        """The keys of a machine by their thumbprints (RFC 7638)."""
        return {kid: imported(jwk) for kid, jwk in self._all().get(machine, {}).items()}

    def add(self, machine: str, key: Key) -> str:
        """Add a public key; its thumbprint. Raises BadKeyError."""
        known, kid = self._all(), key.thumbprint()
        if any(kid in keys for keys in known.values()):
            raise BadKeyError("this key is there already: each machine has keys of its own")
        own = known.setdefault(machine, {})
        if len(own) >= KEYS_AT_ONCE:
            raise BadKeyError(f"{machine} has {KEYS_AT_ONCE} keys; take one away first")
        own[kid] = key.as_dict(private=False)
        self._write(known)
        return kid

    def remove(self, machine: str, kid: str) -> None:
        """Take a key away, at once. Raises BadKeyError where the machine has no such key."""
        known = self._all()
        if known.get(machine, {}).pop(kid, None) is None:
            raise BadKeyError(f"{machine} has no key {kid}")
        self._write(known)

    def _all(self) -> dict[str, dict[str, Jwk]]:
        found: dict[str, dict[str, Jwk]] = json.loads(self._file.read_text()) if self._file.exists() else {}
        return found

    def _write(self, known: Mapping[str, Mapping[str, Jwk]]) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(known, indent=2))
        new.replace(self._file)  # whoever reads meanwhile reads the one or the other, whole


def read_public(file: Path) -> Key:
    """A public key from a file, PEM or JWK. Raises BadKeyError; a private key is refused, for it is the machine's alone."""
    content = file.read_text(encoding="utf-8", errors="replace").strip()
    try:
        key = imported(json.loads(content)) if content.startswith("{") else _from_pem(content)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise BadKeyError(f"{file} holds no public key of Ed25519 or P-256, as PEM or JWK") from error
    if key.is_private:
        raise BadKeyError(f"{file} holds a private key: it stays with the machine; give the public one")
    return key


def imported(jwk: Jwk) -> Key:
    """Raises ValueError for another kind of key, JoseError for one that is broken."""
    if jwk.get("crv") not in ALGORITHMS:
        raise ValueError("another kind of key")
    return OKPKey.import_key(jwk) if jwk["crv"] == "Ed25519" else ECKey.import_key(jwk)


def _from_pem(content: str) -> Key:
    for kind in (OKPKey, ECKey):
        try:
            key = kind.import_key(content)
        except (JoseError, ValueError, TypeError, AttributeError):
            continue
        if key.curve_name in ALGORITHMS:
            return key
    raise ValueError("another kind of key")
