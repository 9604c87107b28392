"""The recipient of an envelope, named so that only the cell that receives it can tell: outside stands no name, and
nothing that stands for one.

A key's thumbprint is as good as a name to whoever has the trust list, and a clinic or a shelter as recipient says
something of a person. So the `kid` is new in each envelope: a throw-away key, and a tag over the recipient's
thumbprint under the secret that this key and the key of the cell's authority share.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from contracts import base64url
from contracts.border.envelope import KeyOf
from contracts.organisations import authority, cell_of

_POINT, _TAG = 32, 16
_LABEL = b"corridor recipient"


def veiled(recipient: KeyOf, receiving: KeyOf) -> KeyOf:
    """The recipient's key under a `kid` that tells an onlooker nothing. `receiving` is the key of its cell's authority."""
    once = X25519PrivateKey.generate()
    point = once.public_key().public_bytes_raw()
    tag = _tag(once.exchange(_public(receiving)), point, recipient.kid)
    return replace(recipient, kid=base64url.encode(point + tag))


def unveiled(kid: str, own: Mapping[str, KeyOf]) -> KeyOf | None:
    """The one of these keys that the `kid` means; None where it means somebody else's key, or is not of this form."""
    try:
        said = base64url.decode(kid)
    except ValueError:
        return None
    if len(said) != _POINT + _TAG:
        return None
    point, tag = said[:_POINT], said[_POINT:]
    for shared in _shared(point, own.values()):
        for key in own.values():
            if hmac.compare_digest(_tag(shared, point, key.kid), tag):
                return key
    return None


def _shared(point: bytes, own: Iterable[KeyOf]) -> Iterable[bytes]:
    """The secret shared with each key of the authority: the one in use and, while one follows another, the one
    before.
    """
    for key in own:
        private = key.key.private_key
        ours = key.organisation == authority(cell_of(key.organisation))
        if ours and isinstance(private, X25519PrivateKey):
            try:
                yield private.exchange(X25519PublicKey.from_public_bytes(point))
            except ValueError:  # a point that has nothing in common with anybody
                return


def _tag(shared: bytes, point: bytes, kid: str) -> bytes:
    return hmac.digest(shared, _LABEL + point + kid.encode(), "sha256")[:_TAG]


def _public(key: KeyOf) -> X25519PublicKey:
    public = key.key.public_key
    if not isinstance(public, X25519PublicKey):
        raise TypeError("an agreement key is of X25519")
    return public
