"""Answers that a client may keep, because they are about nobody and the same for everybody: with an ETag, and 304 while nothing has changed."""

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header, Response
from fastapi.responses import JSONResponse

FRESH = "private, no-cache"
"""A client may keep it, and asks whether it is still the same before each use."""

IfNoneMatch = Annotated[
    str | None, Header(max_length=400, description="an ETag of before: 304 where nothing has changed")
]
UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "nothing has changed since the ETag of If-None-Match"}
}


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A body with its ETag, which follows from every byte of it: a corrected word makes a new one."""

    data: bytes
    tag: str
    language: str

    @classmethod
    def of(cls, value: Any, language: str) -> "KeptAnswer":
        data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(data, f'"{hashlib.sha256(data).hexdigest()[:16]}"', language)

    def response(self, seen: str | None) -> Response:
        """The whole, or 304 to a client that has it already."""
        headers = {
            "ETag": self.tag,
            "Content-Language": self.language,
            "Vary": "Accept-Language, Authorization",
            "Cache-Control": FRESH,
        }
        if seen is not None and self.tag in {one.strip().removeprefix("W/") for one in seen.split(",")}:
            return Response(status_code=304, headers=headers)
        return Response(self.data, media_type=JSONResponse.media_type, headers=headers)
