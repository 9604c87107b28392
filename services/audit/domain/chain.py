"""The hash-linked log: the content of an entry, its link to the one before, and the search for a break."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785

GENESIS = "0" * 64
"""The hash that the first entry points to."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The linked content of an entry: operational attributes and a salted commitment to the body; no personal data,
    no bare hash of any.
    """

    entry: int
    time: datetime
    event_id: str
    source: str
    type: str
    stream: str
    actor: str
    organisation: str
    purpose: str
    policy: str
    commitment: str

    def canonical(self) -> bytes:
        """RFC 8785 JSON of the leaf."""
        return rfc8785.dumps(
            {
                "entry": self.entry,
                "time": self.time.astimezone(UTC).isoformat(timespec="microseconds"),
                "event_id": self.event_id,
                "source": self.source,
                "type": self.type,
                "stream": self.stream,
                "actor": self.actor,
                "organisation": self.organisation,
                "purpose": self.purpose,
                "policy": self.policy,
                "commitment": self.commitment,
            }
        )


@dataclass(frozen=True, slots=True)
class Record:
    """The details kept beside a leaf: the salt and the operational values that the leaf's commitment is made of."""

    salt: bytes
    details: Mapping[str, Any]

    def commitment(self) -> str:
        return commitment(self.salt, rfc8785.dumps(dict(self.details)))


@dataclass(frozen=True, slots=True)
class LinkedLeaf:
    """A leaf in its place: `hash` covers the leaf and, through `previous`, everything before it.

    Without `record` only the links can be checked.
    """

    leaf: Leaf
    previous: str
    hash: str
    record: Record | None = None

    def is_whole(self) -> bool:
        """True where the hash covers the leaf and the hash before, and the commitment is of these details."""
        return link(self.previous, self.leaf).hash == self.hash and self.fits()

    def fits(self) -> bool:
        return self.record is None or hmac.compare_digest(self.record.commitment(), self.leaf.commitment)


def commitment(salt: bytes, body: bytes) -> str:
    """HMAC-SHA256 of the body under the entry's own salt, in hex."""
    return hmac.new(salt, body, hashlib.sha256).hexdigest()


def link(previous: str, leaf: Leaf) -> LinkedLeaf:
    digest = hashlib.sha256(bytes.fromhex(previous) + leaf.canonical()).hexdigest()
    return LinkedLeaf(leaf, previous, digest)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a verification. `first_broken` is the number of the first entry that does not fit, None when the
    chain is whole.
    """

    entries: int
    head: str
    first_broken: int | None


def verify(linked: Iterable[LinkedLeaf], after: Verdict | None = None) -> Verdict:
    """Recompute links from leaves, and commitments from the kept details. A verdict over earlier entries is continued."""
    count, head = (after.entries, after.head) if after else (0, GENESIS)
    if after is not None and after.first_broken is not None:
        return after
    for one in linked:
        expected = link(head, one.leaf)
        in_place = one.leaf.entry == count + 1 and one.previous == head and one.hash == expected.hash
        if not in_place or not one.fits():
            return Verdict(count, head, count + 1)
        count, head = count + 1, one.hash
    return Verdict(count, head, None)
