"""The extract of a cell's audit log that its auditor releases to the partner's: the request, the refusal, and what is released.

An entry is shown by its hash, not by its content: the content has a case of that cell and the worker's pseudonym. What is said of it
besides is signed with it, and the hash binds the partner: on the day when the two logs are laid side by side, it must fit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from contracts.merkle import LONGEST_PATH, stands_in

MAX_ABOUT = 20
"""The most matters of one request."""
MAX_ENTRIES = 40
"""The most entries of one part of an extract."""
MAX_PARTS = 25
MOST_ENTRIES = MAX_ENTRIES * MAX_PARTS
"""The most entries that an auditor releases of one request, and the most that are named to stay."""
MAX_OPEN = 20
"""The most requests of one partner that wait for an answer: whoever fishes waits for a person each time."""
EXTRACT_WITHIN = timedelta(days=14)
"""An auditor answers a request of the partner's within this; later it is overdue on both lists."""


@dataclass(frozen=True, slots=True)
class ExtractRequest:
    """The request of an auditor. `about` are disclosures, referrals and returns by the identifiers that both cells know.

    `withdrawn`: it is taken back, and said whole, so that it may arrive before the request does. An earlier release takes it for the request.
    """

    request_id: UUID
    about: tuple[UUID, ...]
    reason: str
    kind: Literal["extract_request"] = "extract_request"
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class ExtractRefusal:
    """The answer to a request of which nothing is released; `code` is of the list `extract_refusal`."""

    request_id: UUID
    code: str
    kind: Literal["extract_refusal"] = "extract_refusal"


@dataclass(frozen=True, slots=True)
class LogHead:
    """The log as it was: its length, the hash that covers all of it, and the root of the tree over the hashes of its entries.

    `path` leads from the last entry to the root, so that the two are of one log.
    """

    entries: int
    hash: str
    root: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReleasedEntry:
    """An entry of the partner's log about one of the matters. `role` is what kind of organisation it was, never which; `code`
    is what goes with the event, where that has crossed anyway or is no more than what was read.
    """

    entry: int
    at: datetime
    event: str
    about: UUID
    hash: str
    path: tuple[str, ...]
    role: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Extract:
    """One part of the answer. It repeats what was asked; `withheld` entries about the same matters were not released."""

    request_id: UUID
    about: tuple[UUID, ...]
    reason: str
    part: int
    parts: int
    withheld: int
    head: LogHead
    entries: tuple[ReleasedEntry, ...]
    kind: Literal["extract"] = "extract"


def is_numbered(extract: Extract) -> bool:
    """True for a part that an answer can have."""
    return 1 <= extract.part <= extract.parts <= MAX_PARTS


def fault(extract: Extract) -> str | None:
    """Why one part is not what an honest partner sends, in words for an auditor; None where it is."""
    head = extract.head
    numbers = [one.entry for one in extract.entries]
    faults = {
        "is no part of so many": not is_numbered(extract),
        "has no entries, or more than a part may have": not 0 < len(numbers) <= MAX_ENTRIES,
        "withholds less than nothing, or more than could be named": not 0 <= extract.withheld <= MOST_ENTRIES,
        "tells a head that its own root does not cover": not _stands(
            head.entries, head.hash, head.path, head
        ),
        "has an entry twice, or in the wrong order": numbers != sorted(set(numbers)),
    }
    found = next((sentence for sentence, holds in faults.items() if holds), None)
    return found or next((wrong for one in extract.entries if (wrong := _fault_of(one, extract))), None)


def _fault_of(one: ReleasedEntry, extract: Extract) -> str | None:
    if one.about not in extract.about:
        return f"has entry {one.entry}, which is about nothing that was asked for"
    if not _stands(one.entry, one.hash, one.path, extract.head):
        return f"has entry {one.entry}, which does not stand in the log of the head"
    return None


def fault_of_some(parts: Sequence[Extract]) -> str | None:
    """Why parts that are each without fault contradict one another, in words for an auditor; None where they do not."""
    told = {(one.request_id, one.about, one.reason, one.parts, one.withheld, one.head) for one in parts}
    if len(told) != 1:
        return "the parts are not of one answer"
    if len({one.part for one in parts}) < len(parts):
        return "a part is there twice"
    numbers = [one.entry for part in sorted(parts, key=lambda one: one.part) for one in part.entries]
    return None if numbers == sorted(set(numbers)) else "an entry stands in two parts, or in the wrong order"


def fault_of_all(parts: Sequence[Extract]) -> str | None:
    """Why parts that are each without fault are not the whole answer, in words for an auditor; None where they are."""
    return fault_of_some(parts) or ("a part is missing" if len(parts) < parts[0].parts else None)


def _stands(entry: int, digest: str, path: Sequence[str], head: LogHead) -> bool:
    hashes: Iterable[str] = (digest, head.root, *path)
    if len(path) > LONGEST_PATH or not all(map(_is_hash, hashes)):
        return False
    return stands_in(entry, digest, path, head.entries, head.root)


def _is_hash(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")
