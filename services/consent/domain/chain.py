"""Revisions of a consent record, each linked to the one before by hash, so that no later hand can change one unseen."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import rfc8785

from services.consent.domain.states import State
from services.consent.domain.terms import Terms, instant

FIRST = "0" * 64
"""The link of the first revision, which has none before it."""


class BrokenChain(Exception):
    """A revision does not match its hash, or does not follow the one before; names the revision's number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"revision {number} does not fit the chain")
        self.number = number


@dataclass(frozen=True, slots=True)
class Revision:
    """One entry. `sealed` maps the kind of a name (`witness`, `interpreter`, `guardian`) to its ciphertext."""

    consent_id: UUID
    case_id: UUID
    number: int
    state: State
    at: datetime
    by: str
    organisation: str
    terms: Terms
    sealed: dict[str, str]
    previous: str
    hash: str = ""

    def body(self) -> dict[str, Any]:
        """The content that is hashed, without the salt."""
        return {
            "consent_id": str(self.consent_id),
            "case_id": str(self.case_id),
            "revision": self.number,
            "state": str(self.state),
            "at": instant(self.at),
            "by": self.by,
            "organisation": self.organisation,
            "terms": self.terms.as_json(),
            "sealed": dict(self.sealed),
            "previous": self.previous,
        }


def digest(body: dict[str, Any], salt: str) -> str:
    """SHA-256 over the RFC 8785 JSON of the body and the record's random salt: never a bare hash of her words."""
    return hashlib.sha256(rfc8785.dumps({**body, "salt": salt})).hexdigest()


def verify(bodies: Iterable[tuple[dict[str, Any], str]], salt: str) -> int:
    """Check bodies with their stored hashes, oldest first; answers how many there are. Raises BrokenChain."""
    previous, count = FIRST, 0
    for count, (body, stored) in enumerate(bodies, start=1):
        if body.get("revision") != count or body.get("previous") != previous or digest(body, salt) != stored:
            raise BrokenChain(count)
        previous = stored
    return count
