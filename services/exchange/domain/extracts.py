"""Questions of auditors of two cells to one another: each event of audit is a control item for the partner's authority."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from contracts.border.extract import (
    Extract,
    ExtractRefusal,
    ExtractRequest,
    LogHead,
    ReleasedEntry,
    fault,
    fault_of_all,
    fault_of_some,
)
from contracts.events.extracts import (
    ExtractedEntry,
    ExtractHead,
    ExtractPreparedV1,
    ExtractRefusedV1,
    ExtractRequestedV1,
    ExtractWithdrawnV1,
)
from services.exchange.domain.facts import ControlDue

NOT_IN_AGREEMENT, NOT_SOUND = "not-in-agreement", "not-sound"
"""Codes of `extract_refusal` that the border finds."""


def request_due(event: ExtractRequestedV1) -> ControlDue:
    """The request has its own identifier as item, so that what answers it is known to be asked for."""
    request = ExtractRequest(event.request_id, event.about, event.reason)
    return ControlDue(event.request_id, event.recipient_cell, request)


def withdrawal_due(event: ExtractWithdrawnV1) -> list[ControlDue]:
    """Nothing where an audit of an earlier release does not say what was asked."""
    if event.reason is None:
        return []
    request = ExtractRequest(event.request_id, event.about, event.reason, withdrawn=True)
    return [ControlDue(uuid5(event.request_id, "withdrawal"), event.recipient_cell, request)]


def refusal_due(request_id: UUID, cell: str, code: str) -> ControlDue:
    return ControlDue(uuid5(request_id, "refusal"), cell, ExtractRefusal(request_id, code))


def refused_due(event: ExtractRefusedV1) -> ControlDue:
    return refusal_due(event.request_id, event.recipient_cell, event.reason)


def part_due(event: ExtractPreparedV1) -> ControlDue:
    extract = Extract(
        request_id=event.request_id,
        about=event.about,
        reason=event.reason,
        part=event.part,
        parts=event.parts,
        withheld=event.withheld,
        head=LogHead(**event.head.model_dump()),
        entries=tuple(ReleasedEntry(**one.model_dump()) for one in event.entries),
    )
    return ControlDue(uuid5(event.request_id, f"part|{event.part}"), event.recipient_cell, extract)


def is_sound(parts: Sequence[Extract], asked: ExtractRequest) -> bool:
    """True for parts that an honest partner sends in answer to this request, whether others are still to come or not."""
    answers = all((one.about, one.reason) == (asked.about, asked.reason) for one in parts)
    return answers and not any(map(fault, parts)) and fault_of_some(parts) is None


def is_answered(parts: Sequence[Extract], asked: ExtractRequest) -> bool:
    """True where nothing can be added to these parts: they are the whole answer, or none that holds."""
    return bool(parts) and (not is_sound(parts, asked) or fault_of_all(parts) is None)


def told(extract: Extract) -> dict[str, Any]:
    """The content of a part, as the event says it inside the cell."""
    return {
        "request_id": extract.request_id,
        "part": extract.part,
        "parts": extract.parts,
        "withheld": extract.withheld,
        "head": ExtractHead.model_validate(extract.head, from_attributes=True),
        "entries": tuple(ExtractedEntry.model_validate(one, from_attributes=True) for one in extract.entries),
    }
