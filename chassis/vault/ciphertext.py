"""The vault's ciphertexts: AES-256-GCM with a random nonce, bound to person, field class and record, padded. No I/O."""

import os
import re
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts import base64url

KEY_BYTES = 32
NONCE_BYTES = 12
BLOCK = 64
"""Plaintexts are padded to a multiple of this, so that the length of a ciphertext does not tell a short code."""

PREFIX = "v1."
_END = b"\x80"
_CLASS = re.compile(r"[A-Za-z0-9_.\-]{1,80}")
_RECORD = re.compile(r"[A-Za-z0-9_:.\-]{1,120}")
_SEALED = re.compile(r"v1\.[A-Za-z0-9_-]{38,}")


class BrokenCiphertext(ValueError):
    """The ciphertext does not open: another key, another place, or changed. Says no more, so that it is no oracle."""


def new_key() -> bytes:
    return AESGCM.generate_key(KEY_BYTES * 8)


def seal(key: bytes, place: bytes, plaintext: str) -> str:
    nonce = os.urandom(NONCE_BYTES)
    return PREFIX + base64url.encode(nonce + AESGCM(key).encrypt(nonce, _padded(plaintext.encode()), place))


def open_(key: bytes, place: bytes, sealed: str) -> str:
    """The plaintext. Raises BrokenCiphertext."""
    if not _SEALED.fullmatch(sealed):
        raise BrokenCiphertext
    try:
        raw = base64url.decode(sealed[len(PREFIX) :])
        return _unpadded(AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place)).decode()
    except (InvalidTag, ValueError):
        raise BrokenCiphertext from None


def place(person_id: UUID, field_class: str, record_id: UUID | str) -> bytes:
    """The associated data: a ciphertext opens only for this person, class of field and record."""
    record = str(record_id)
    if not _CLASS.fullmatch(field_class) or not _RECORD.fullmatch(record):
        raise ValueError("field class and record id must be names, not values")
    return "\x1f".join(("corridor.vault.v1", str(person_id), field_class, record)).encode()


def wrap(epoch_key: bytes, person_id: UUID, epoch: str, key: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(epoch_key).encrypt(nonce, key, _wrapping(person_id, epoch))


def unwrap(epoch_key: bytes, person_id: UUID, epoch: str, wrapped: bytes) -> bytes:
    """The person's key. Raises BrokenCiphertext."""
    try:
        return AESGCM(epoch_key).decrypt(
            wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _wrapping(person_id, epoch)
        )
    except (InvalidTag, ValueError):
        raise BrokenCiphertext from None


def _wrapping(person_id: UUID, epoch: str) -> bytes:
    return "\x1f".join(("corridor.vault.key.v1", str(person_id), epoch)).encode()


def _padded(plaintext: bytes) -> bytes:
    """ISO/IEC 7816-4: one byte 80, then zeros."""
    return plaintext + _END + b"\0" * (-(len(plaintext) + 1) % BLOCK)


def _unpadded(padded: bytes) -> bytes:
    return padded[: padded.rindex(_END)]
