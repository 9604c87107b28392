"""A signed file: a readable JSON document with detached Ed25519 signatures of governance keys, two of three.

The signatures are over a label, the document's kind and its RFC 8785 form, so that one kind cannot pass for another.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from contracts import base64url

LABEL = b"corridor-governance-v1\n"
QUORUM = 2
TRUST_LIST, AGREEMENT = "trust-list", "agreement"


class NotTrusted(ValueError):
    """The file is not what the governance keys signed, or is no such file at all. The message says which, and nothing of its content."""


def canonical(document: Mapping[str, Any]) -> bytes:
    return bytes(rfc8785.dumps(dict(document)))


def document_sha256(document: Mapping[str, Any]) -> str:
    """The hash that identifies a version of an agreement everywhere."""
    return hashlib.sha256(canonical(document)).hexdigest()


def sign_document(document: Mapping[str, Any], keys: Sequence[OKPKey]) -> dict[str, Any]:
    """The file's content: the document and a signature of each key."""
    material = _material(document)
    signatures = []
    for key in keys:
        private = key.private_key
        if not isinstance(private, Ed25519PrivateKey):
            raise NotTrusted("a governance key must be a private Ed25519 key")
        signatures.append({"kid": key.kid, "signature": base64url.encode(private.sign(material))})
    return {"document": dict(document), "signatures": signatures}


def verified(content: Any, kind: str, governance: Mapping[str, OKPKey]) -> dict[str, Any]:
    """The document in a file's content, after two different governance keys were found to have signed it. Raises
    NotTrusted.
    """
    try:
        document, signatures = content["document"], content["signatures"]
        material = _material(document)
        signers = {entry["kid"] for entry in signatures if _holds(entry, material, governance)}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotTrusted("cannot be read") from error
    if document.get("kind") != kind:
        raise NotTrusted(f"is no {kind}")
    if len(signers) < QUORUM:
        raise NotTrusted(f"is not signed by {QUORUM} governance keys")
    return dict(document)


def public_keys(content: Any) -> dict[str, OKPKey]:
    """The governance keys' public halves by `kid`, from the content of a JWKS file. Raises NotTrusted."""
    try:
        return {key["kid"]: OKPKey.import_key(key) for key in content["keys"]}
    except (ValueError, KeyError, TypeError, JoseError) as error:
        raise NotTrusted("holds no governance keys") from error


def _holds(entry: Mapping[str, str], material: bytes, governance: Mapping[str, OKPKey]) -> bool:
    key = governance.get(entry["kid"])
    if key is None or not isinstance(key.public_key, Ed25519PublicKey):
        return False
    try:
        key.public_key.verify(base64url.decode(entry["signature"]), material)
    except InvalidSignature:
        return False
    return True


def _material(document: Mapping[str, Any]) -> bytes:
    return LABEL + str(document["kind"]).encode() + b"\n" + canonical(document)
