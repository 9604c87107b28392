"""The entries about matters that two cells share: which matters crossed, and which entries one auditor may release to the other's.

Nothing is among them that the other cell was not told of by the border itself, but for readings, of which it learns that a kind of
organisation read, and when.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from contracts.crossing import CROSSINGS, Crossing
from contracts.organisations import cell_of

READING = "record.read.v1"
AUTHORISED = "disclosure.authorised.v1"
ARRIVALS = ("disclosure.received.v1", "process.received.v1", "recall.received.v1", "correction.received.v1")
DEPARTURES = ("envelope.sealed.v1", "envelope.delivered.v1")
TELLING: Mapping[str, Crossing] = MappingProxyType({row.event.type: row for row in CROSSINGS})
MATTERS = ("disclosure_id", "referral_id", "return_id", "subject_id")
"""The members that name a matter, the narrowest first."""

CODES: Mapping[str, str] = MappingProxyType(
    {
        READING: "resource",
        "process.received.v1": "code",
        "envelope.refused.v1": "code",
        "disclosure.closed.v1": "answer",
        "recall.answered.v1": "answer",
    }
)
"""The member whose code goes with an entry. Reasons and outcomes have none here: they cross where her consent says so, and no other way."""

RELEASED = frozenset(
    {
        *ARRIVALS,
        *DEPARTURES,
        *TELLING,
        *CODES,
        AUTHORISED,
        "disclosure.recalled.v1",
        "disclosure.corrected.v1",
        "referral.received.v1",
        "referral.sent.v1",
    }
)
"""The events of which an entry may be released."""

ON_ITS_WAY = timedelta(minutes=1)
"""So long after an authorisation the log may not have heard yet that what was authorised was sealed."""


@dataclass(frozen=True, slots=True)
class MatterEntry:
    """An entry that names a matter, as far as its release needs it."""

    entry: int
    time: datetime
    type: str
    stream: str
    organisation: str
    hash: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry as the partner's auditor would see it."""

    entry: int
    at: datetime
    event: str
    about: UUID
    role: str | None
    code: str | None
    hash: str
    stream: str


def crossed(entries: Iterable[MatterEntry]) -> Mapping[str, frozenset[UUID]]:
    """Partner → the matters that crossed between it and this cell. A move that was to be told crossed where anything of its
    case did.
    """
    known = list(entries)
    found: dict[str, set[UUID]] = {}
    cases: set[tuple[str, str]] = set()
    for one in known:
        if (cell := _border(one)) is not None:
            cases.add((one.stream, cell))
            found.setdefault(cell, set()).update(_named(one))
    for one in known:
        if (cell := _told(one)) is not None and (one.stream, cell) in cases:
            found[cell].update(_named(one))
    return {cell: frozenset(matters) for cell, matters in found.items()}


def on_its_way(entries: Iterable[MatterEntry], own: str, now: datetime) -> Mapping[str, frozenset[UUID]]:
    """Partner → the matters that were authorised for it so lately that nobody can say yet that they did not cross."""
    found: dict[str, frozenset[UUID]] = {}
    for one in entries:
        if one.type != AUTHORISED or now - one.time >= ON_ITS_WAY:
            continue
        if (cell := str(one.details["recipient_cell"])) != own:
            found[cell] = found.get(cell, frozenset()).union(_named(one))
    return found


def releasable(
    entries: Iterable[MatterEntry], about: Collection[UUID], partner: str, roles: Mapping[str, str]
) -> list[ShownEntry]:
    """The entries about these matters, as far as each crossed between this cell and the partner; in the order of the log."""
    known = sorted(entries, key=lambda one: one.entry)
    shared = crossed(known).get(partner, frozenset())
    shown = (_shown(one, shared, shared.intersection(about), roles) for one in known)
    return [one for one in shown if one is not None]


def _shown(
    one: MatterEntry, shared: frozenset[UUID], asked: frozenset[UUID], roles: Mapping[str, str]
) -> ShownEntry | None:
    if one.type not in RELEASED or (one.type == READING and not one.details.get("allowed", True)):
        return None
    disclosure = one.details.get("disclosure_id")
    if disclosure is not None and UUID(disclosure) not in shared:
        return None  # of the same referral, but the partner never had this one
    about = next((matter for matter in _named(one) if matter in asked), None)
    if about is None:
        return None
    code = one.details.get(CODES[one.type]) if one.type in CODES else None
    role = roles.get(one.organisation)
    return ShownEntry(one.entry, one.time, one.type, about, role, code, one.hash, one.stream)


def _named(one: MatterEntry) -> Iterator[UUID]:
    names: Sequence[str] = ("resource_id",) if one.type == READING else MATTERS
    return (UUID(one.details[name]) for name in names if one.details.get(name))


def _border(one: MatterEntry) -> str | None:
    """The partner with whom what this entry names crossed the border."""
    if one.type in ARRIVALS:
        return str(one.details["sender_cell"])
    return str(one.details["recipient_cell"]) if one.type in DEPARTURES else None


def _told(one: MatterEntry) -> str | None:
    """The partner whom this move is told to."""
    row = TELLING.get(one.type)
    half = str(one.details.get("half"))
    if row is None or half not in row.subject.sides:
        return None
    return cell_of(str(one.details[row.subject.sides[row.subject.other(half)]]))
