"""The secret that a browser's cookie holds, and everything that is derived from it.

The database has the hash by which the session is found, and the tokens sealed under a key that only the cookie gives. So a copy
of the database opens nothing, and the cookie names nobody.
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256
from os import urandom

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts import base64url

BYTES, NONCE = 32, 12


class NoSecret(ValueError):
    """A cookie holds no secret of ours, or one that does not open what it should."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """`value` is 32 random bytes. It is made when somebody begins to sign in, and anew when she has."""

    value: bytes

    @classmethod
    def new(cls) -> "Secret":
        return cls(secrets.token_bytes(BYTES))

    @classmethod
    def read(cls, cookie: str) -> "Secret":
        """Raises NoSecret."""
        try:
            value = base64url.decode(cookie)
        except ValueError:
            raise NoSecret from None
        if len(value) != BYTES:
            raise NoSecret
        return cls(value)

    @property
    def cookie(self) -> str:
        return base64url.encode(self.value)

    @property
    def session_id(self) -> str:
        return self.derived("session").hex()

    def derived(self, what: str) -> bytes:
        """Bytes for one use, from which neither the secret nor those for another use can be found."""
        return hmac.digest(self.value, f"corridor.console.v1 {what}".encode(), sha256)

    def word(self, what: str) -> str:
        """The same as text: `state`, `nonce` and the verifier of a sign-in."""
        return base64url.encode(self.derived(what))

    def seal(self, text: str) -> bytes:
        nonce = urandom(NONCE)
        return nonce + AESGCM(self.derived("seal")).encrypt(nonce, text.encode(), self.session_id.encode())

    def open(self, sealed: bytes) -> str:
        """Raises NoSecret."""
        try:
            key = AESGCM(self.derived("seal"))
            return key.decrypt(sealed[:NONCE], sealed[NONCE:], self.session_id.encode()).decode()
        except InvalidTag:
            raise NoSecret from None

    def form_token(self, *bound: str) -> str:
        """The token of a form, bound to what it is for, the key with which it is sent, and the version that was seen."""
        return base64url.encode(hmac.digest(self.derived("form"), "\n".join(bound).encode(), sha256))

    def fits(self, token: str, *bound: str) -> bool:
        return hmac.compare_digest(self.form_token(*bound).encode(), token.encode())


def challenge(verifier: str) -> str:
    """The code challenge of PKCE (RFC 7636, S256)."""
    return base64url.encode(sha256(verifier.encode()).digest())
