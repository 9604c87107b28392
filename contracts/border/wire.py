"""The signed body of an envelope as bytes: JSON checked member by member, and padded so that its size tells little."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import NoReturn

from pydantic import TypeAdapter, ValidationError

from contracts.border.extract import Extract
from contracts.border.items import (
    Claims,
    ControlContent,
    ControlItem,
    DisclosureItem,
    Item,
    ItemClass,
    ProcessItem,
    Receipt,
)
from contracts.strict_json import once

BUCKETS = (2_048, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072, 262_144, 460_000)
"""Bytes of the signed body. The largest becomes about 820 kB once signed and encrypted: what the broker still takes."""


MAX_NUMBER = 2**53
"""The end of JSON's whole numbers; a larger number from a partner fits no column of ours either."""

MAX_DEPTH, MAX_MEMBERS, MAX_CHARACTERS = 10, 1_000, 4_000
MAX_YEARS = 10


class TooLargeToSeal(ValueError):
    """More than the largest bucket holds."""


class UnparsableClaims(ValueError):
    """The signed body is not claims of ours. The error echoes nothing of it."""


@cache
def _claims() -> TypeAdapter[Claims]:
    return TypeAdapter(Claims)


@cache
def _control() -> TypeAdapter[ControlContent]:
    return TypeAdapter(ControlContent)


def to_bytes(claims: Claims) -> bytes:
    """JSON padded to the next bucket. Raises TooLargeToSeal."""
    document = _claims().dump_python(claims, mode="json", by_alias=True, exclude_none=True)
    document["pad"] = ""
    bare = _json(document)
    bucket = next((size for size in BUCKETS if size >= len(bare)), None)
    if bucket is None:
        raise TooLargeToSeal(f"an envelope may have at most {BUCKETS[-1]} bytes")
    document["pad"] = "0" * (bucket - len(bare))
    return _json(document)


def from_bytes(raw: bytes) -> Claims:
    """The claims in the signed body. Raises UnparsableClaims, also for a member that stands twice: that is no JSON of
    ours.
    """
    try:
        document = json.loads(
            raw, object_pairs_hook=once, parse_int=_number, parse_float=_refuse, parse_constant=_refuse
        )
        _require_bounded({**document, "pad": ""} if isinstance(document, dict) else document)
        _require_one_content(document)
        return _with_bounded_times(_claims().validate_python(document))
    except (ValidationError, ValueError, OverflowError, OSError, RecursionError):
        raise UnparsableClaims("not the claims of an envelope") from None


def control_to_json(content: ControlContent) -> dict[str, object]:
    """A control item's content as the work row keeps it: operational only."""
    document: dict[str, object] = _control().dump_python(content, mode="json", exclude_none=True)
    return document


def control_from_json(document: object) -> ControlContent:
    return _control().validate_python(document)


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _number(digits: str) -> int:
    """A whole number that every database, clock and counter of ours takes."""
    number = int(digits) if len(digits) <= len(str(MAX_NUMBER)) else MAX_NUMBER
    if not 0 <= number < MAX_NUMBER:
        raise ValueError("a number is out of range")
    return number


def _refuse(_: str) -> NoReturn:
    raise ValueError("an envelope has whole numbers alone")


def _require_bounded(value: object, depth: int = 0) -> None:
    """No list, object, text or nesting is larger than an honest envelope needs."""
    if isinstance(value, str):
        fits = len(value) <= MAX_CHARACTERS
    elif isinstance(value, dict | list):
        fits = len(value) <= MAX_MEMBERS and depth < MAX_DEPTH
        members = [*value, *value.values()] if isinstance(value, dict) else value
        for member in members if fits else ():
            _require_bounded(member, depth + 1)
    else:
        fits = True
    if not fits:
        raise ValueError("larger than an envelope may be")


def _with_bounded_times(claims: Claims) -> Claims:
    """Every time has its zone and lies in a decade around the envelope, so that none overflows when it is compared or stored."""
    issued = datetime.fromtimestamp(claims.iat, UTC)
    for item in claims.items:
        for moment in _moments(item):
            if moment.tzinfo is None or abs(moment.year - issued.year) > MAX_YEARS:
                raise ValueError("a time is without zone or far away")
    return claims


def _moments(item: Item) -> Iterator[datetime]:
    match item:
        case ProcessItem():
            yield item.process.at
            if item.process.journey is not None:
                yield item.process.journey.expected_at
        case DisclosureItem():
            yield item.disclosure.consent.expiry
        case ControlItem(control=Receipt(at=at)):
            yield at
        case ControlItem(control=Extract(entries=entries)):
            yield from (entry.at for entry in entries)


def _require_one_content(document: object) -> None:
    """An item has the content that its class names, and no other beside it: nothing rides along unchecked."""
    items = document.get("items") if isinstance(document, dict) else None
    for item in items if isinstance(items, list) else ():
        if not isinstance(item, dict) or [n for n in ItemClass if item.get(n) is not None] != [
            item.get("item_class")
        ]:
            raise ValueError("an item has one content")
