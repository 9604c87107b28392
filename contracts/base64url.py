"""Base64url without padding (RFC 4648 section 5), as tokens, envelopes, signatures and ciphertexts write bytes."""

from base64 import urlsafe_b64encode
from binascii import a2b_base64

_STANDARD = bytes.maketrans(b"-_", b"+/")


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str | bytes) -> bytes:
    """The bytes. Raises ValueError for any but the one canonical spelling, so that no character can change unseen."""
    written = text.encode() if isinstance(text, str) else text
    raw = a2b_base64(written.translate(_STANDARD) + b"=" * (-len(written) % 4), strict_mode=True)
    if urlsafe_b64encode(raw).rstrip(b"=") != written:
        raise ValueError("not the canonical base64url")
    return raw
