"""The envelope: a JWS of the sender inside a JWE to the recipient. Cryptography alone; it decides nothing."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.registry import HeaderParameter

from contracts import base64url
from contracts.border.items import Claims
from contracts.border.wire import UnparsableClaims, from_bytes, to_bytes

VERSION = 1
MAX_BYTES = 900_000
SIGN_CURVE, AGREE_CURVE = "Ed25519", "X25519"
SIGN_ALG, AGREE_ALG, ENCRYPTION = "Ed25519", "ECDH-ES+A256KW", "A256GCM"
JWS_TYPE, JWE_TYPE = "corridor+jws", "corridor+jwe"
_JWS_HEADER = frozenset({"alg", "typ", "ver", "kid"})
_JWE_HEADER = frozenset({"alg", "enc", "typ", "ver", "kid", "epk"})
_EPHEMERAL = frozenset({"kty", "crv", "x"})
_VERSION_HEADER = {"ver": HeaderParameter("Format version of the envelope", "int", required=True)}
_COMPACT_JWS, _COMPACT_JWE = 3, 5


class UnopenedEnvelope(Exception):
    """The envelope cannot be opened or trusted; `code` is of the list `border_refusal`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class KeyOf:
    """A key and the organisation that owns it."""

    organisation: str
    kid: str
    key: OKPKey


FindKey = Callable[[str], KeyOf | None]
"""By `kid`; None for a key that is not known, or not valid now."""


@dataclass(frozen=True, slots=True)
class OpenedEnvelope:
    """An envelope's claims, the organisation that signed it, the one whose key opened it, and the signed text itself
    as evidence.
    """

    claims: Claims
    signer: str
    reader: str
    evidence: str
    signed_with: str
    opened_with: str
    """The thumbprints of the signer's key and of the reader's."""


def seal(claims: Claims, signer: KeyOf, recipient: KeyOf) -> bytes:
    """Sign, then encrypt. Raises TooLargeToSeal."""
    inner = {"alg": SIGN_ALG, "typ": JWS_TYPE, "ver": VERSION, "kid": signer.kid}
    signed = jws.serialize_compact(inner, to_bytes(claims), signer.key, registry=_jws_registry())
    outer = {"alg": AGREE_ALG, "enc": ENCRYPTION, "typ": JWE_TYPE, "ver": VERSION, "kid": recipient.kid}
    return jwe.encrypt_compact(outer, signed.encode(), recipient.key, registry=_jwe_registry()).encode()


def open_envelope(raw: bytes, own_key: FindKey, senders_key: FindKey) -> OpenedEnvelope:
    """Decrypt, verify, parse. Raises UnopenedEnvelope with the code of the first thing that is not right."""
    if len(raw) > MAX_BYTES:
        raise UnopenedEnvelope("too_large")
    outer = _header(raw, _COMPACT_JWE, _JWE_HEADER, {"alg": AGREE_ALG, "enc": ENCRYPTION, "typ": JWE_TYPE})
    reader = own_key(outer["kid"])
    if reader is None:
        raise UnopenedEnvelope("wrong_recipient")
    signed = _decrypted(raw, outer["epk"], reader)
    claims, signer = read_signed(signed, senders_key)
    organisations = signer.organisation, reader.organisation
    return OpenedEnvelope(claims, *organisations, signed.decode(), signer.kid, reader.kid)


def read_signed(signed: bytes, senders_key: FindKey) -> tuple[Claims, KeyOf]:
    """The claims of a signed text and the key that signed it, as it stood in an envelope or was kept as evidence.

    Raises UnopenedEnvelope.
    """
    inner = _header(signed, _COMPACT_JWS, _JWS_HEADER, {"alg": SIGN_ALG, "typ": JWS_TYPE})
    signer = senders_key(inner["kid"])
    if signer is None:
        raise UnopenedEnvelope("unknown_key")
    return _verified(signed, signer), signer


def read_kept(signed: str) -> Claims:
    """The claims of a text that was kept as evidence, and whose signature was found good before."""
    return from_bytes(base64url.decode(signed.split(".")[1]))


def sha256(raw: bytes) -> str:
    """The hash that the next envelope's `prev` holds."""
    return hashlib.sha256(raw).hexdigest()


def _decrypted(raw: bytes, ephemeral: object, reader: KeyOf) -> bytes:
    if not isinstance(ephemeral, dict) or set(ephemeral) != _EPHEMERAL or ephemeral["crv"] != AGREE_CURVE:
        raise UnopenedEnvelope("unreadable")
    try:
        signed = jwe.decrypt_compact(raw, reader.key, registry=_jwe_registry()).plaintext
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise UnopenedEnvelope("unreadable") from error
    if not signed:
        raise UnopenedEnvelope("unreadable")
    return signed


def _verified(signed: bytes, signer: KeyOf) -> Claims:
    try:
        payload = jws.deserialize_compact(signed, signer.key, registry=_jws_registry()).payload
    except (JoseError, ValueError, TypeError) as error:
        raise UnopenedEnvelope("bad_signature") from error
    try:
        return from_bytes(payload)
    except UnparsableClaims as error:
        raise UnopenedEnvelope("invalid_value") from error


def _header(raw: bytes, parts: int, members: frozenset[str], fixed: dict[str, str]) -> dict[str, Any]:
    """The protected header, strictly: exactly our members, our algorithms and our version, and nothing negotiable."""
    pieces = raw.split(b".")
    if len(pieces) != parts:
        raise UnopenedEnvelope("unreadable")
    try:
        decoded = [base64url.decode(piece) for piece in pieces]  # all parts, because each must be canonical
        header = json.loads(decoded[0])
    except (ValueError, RecursionError) as error:
        raise UnopenedEnvelope("unreadable") from error
    if not isinstance(header, dict) or set(header) != members or not isinstance(header["kid"], str):
        raise UnopenedEnvelope("unreadable")
    if header["ver"] != VERSION:
        raise UnopenedEnvelope("unsupported_version")
    if any(header[name] != value for name, value in fixed.items()):
        raise UnopenedEnvelope("wrong_algorithm")
    return header


class _Jws(jws.JWSRegistry):
    max_payload_length = MAX_BYTES


class _Jwe(jwe.JWERegistry):
    max_ciphertext_length = MAX_BYTES


def _jws_registry() -> jws.JWSRegistry:
    return _Jws(header_registry=_VERSION_HEADER, algorithms=[SIGN_ALG])


def _jwe_registry() -> jwe.JWERegistry:
    return _Jwe(header_registry=_VERSION_HEADER, algorithms=[AGREE_ALG, ENCRYPTION])
