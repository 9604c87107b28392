"""The peer's cryptography: values under the person's key, a JWS in a JWE for each message across the border, tokens as JWT."""

import json
import os
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe, jws, jwt
from joserfc.jwk import OKPKey

ALGORITHMS = ["Ed25519", "ECDH-ES+A256KW", "A256GCM"]
NONCE = 12


def new_key() -> bytes:
    return AESGCM.generate_key(256)


def hide(key: bytes, content: bytes, about: str) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, about.encode())


def show(key: bytes, hidden: bytes, about: str) -> bytes:
    return AESGCM(key).decrypt(hidden[:NONCE], hidden[NONCE:], about.encode())


def seal(content: dict[str, Any], signer: OKPKey, recipient: OKPKey) -> str:
    signed = jws.serialize_compact({"alg": "Ed25519"}, json.dumps(content), signer, algorithms=ALGORITHMS)
    header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM"}
    return jwe.encrypt_compact(header, signed, recipient, algorithms=ALGORITHMS)


def unseal(sealed: str, signer: OKPKey, recipient: OKPKey) -> Any:
    signed = jwe.decrypt_compact(sealed, recipient, algorithms=ALGORITHMS).plaintext or b""
    return json.loads(jws.deserialize_compact(signed, signer, algorithms=ALGORITHMS).payload)


def token(claims: dict[str, Any], signer: OKPKey) -> str:
    return jwt.encode({"alg": "Ed25519"}, claims, signer, algorithms=ALGORITHMS)


def claims_of(text: str, signer: OKPKey) -> dict[str, Any]:
    """Raises JoseError for a token that this key did not sign."""
    return dict(jwt.decode(text, signer, algorithms=ALGORITHMS).claims)
