"""The signed body of an envelope as bytes: JSON checked member by member, and padded so that its size tells little."""

import json
from functools import cache

from pydantic import TypeAdapter, ValidationError

from services.exchange.domain.items import Claims, ControlContent

BUCKETS = (2_048, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072, 262_144, 460_000)
"""Bytes of the signed body. The largest becomes about 820 kB once signed and encrypted: what the broker still takes."""


class TooLargeToSeal(ValueError):
    """More than the largest bucket holds."""


class Unparsable(ValueError):
    """The signed body is not claims of ours. Echoes nothing of it."""


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
    """Raises Unparsable; a member that stands twice is no JSON of ours."""
    try:
        return _claims().validate_python(json.loads(raw, object_pairs_hook=_once))
    except (ValidationError, ValueError, RecursionError):
        raise Unparsable("not the claims of an envelope") from None


def control_to_json(content: ControlContent) -> dict[str, object]:
    """A control item's content as the work row keeps it: operational only."""
    document: dict[str, object] = _control().dump_python(content, mode="json", exclude_none=True)
    return document


def control_from_json(document: object) -> ControlContent:
    return _control().validate_python(document)


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a member stands twice")
    return value
