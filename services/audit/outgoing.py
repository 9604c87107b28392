"""The events that audit says: about an entry that it wrote, and about requests for the other half of a case."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from contracts.border.extract import MAX_ENTRIES
from contracts.events.audit import DisclosureLoggedV1
from contracts.events.consent import DisclosureAuthorisedV1
from contracts.events.extracts import (
    ExtractedEntry,
    ExtractHead,
    ExtractPreparedV1,
    ExtractRefusedV1,
    ExtractReleasedV1,
    ExtractRequestedV1,
    ExtractWithdrawnV1,
)
from services.audit.domain.extract import ExtractCase, ExtractRefused
from services.audit.domain.other_half import ShownEntry


def logged(event: Any, entry: int, head: str) -> DisclosureLoggedV1 | None:
    """The proof that a disclosure stood in the log before it was sealed; None for every other event."""
    if not isinstance(event, DisclosureAuthorisedV1):
        return None
    return DisclosureLoggedV1(
        case_id=event.case_id, disclosure_id=event.disclosure_id, entry=entry, chain_head=head
    )


def outgoing(fact: ExtractRefused) -> ExtractRefusedV1:
    return ExtractRefusedV1(request_id=fact.request_id, recipient_cell=fact.partner, reason=fact.code)


def requested(asked: ExtractCase) -> ExtractRequestedV1:
    return ExtractRequestedV1(
        case_id=_case(asked),
        request_id=asked.id,
        recipient_cell=asked.partner,
        about=asked.about,
        reason=asked.reason,
        due_at=asked.due_at,
    )


def withdrawn(asked: ExtractCase) -> ExtractWithdrawnV1:
    return ExtractWithdrawnV1(
        case_id=_case(asked),
        request_id=asked.id,
        recipient_cell=asked.partner,
        about=asked.about,
        reason=asked.reason,
    )


def _case(asked: ExtractCase) -> UUID:
    if asked.case_id is None:
        raise ValueError("only a request of ours names a case")
    return asked.case_id


def released(asked: ExtractCase, chosen: Sequence[ShownEntry]) -> Iterator[ExtractReleasedV1]:
    """On the trail of each case that the entries are of."""
    for stream in sorted({one.stream for one in chosen}):
        entries = tuple(one.entry for one in chosen if one.stream == stream)
        yield ExtractReleasedV1(
            case_id=UUID(stream), request_id=asked.id, recipient_cell=asked.partner, entries=entries
        )


def prepared(
    asked: ExtractCase, head: ExtractHead, entries: Sequence[ExtractedEntry]
) -> Iterator[ExtractPreparedV1]:
    """The parts of what goes to the partner's auditor."""
    pages = [entries[first : first + MAX_ENTRIES] for first in range(0, len(entries), MAX_ENTRIES)]
    for number, page in enumerate(pages, 1):
        yield ExtractPreparedV1(
            request_id=asked.id,
            recipient_cell=asked.partner,
            about=asked.about,
            reason=asked.reason,
            part=number,
            parts=len(pages),
            withheld=asked.withheld,
            head=head,
            entries=tuple(page),
        )
