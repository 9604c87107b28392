"""The lines of an export of an audit log, read back. A line that would be written in other bytes than it has is no line of one."""

import csv
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.audit.domain.chain import Leaf, LinkedLeaf, Record
from services.audit.domain.exported import (
    COLUMNS,
    LAST,
    Form,
    last_line,
    line_of,
    line_sha256,
    without_guard,
)
from services.audit.domain.sought import Sought


class ExportFilter(BaseModel):
    """The filter of an export, by the names of the route."""

    model_config = ConfigDict(extra="forbid", strict=True)

    case_id: UUID | None = None
    actor: str | None = None
    organisation: str | None = None
    purpose: str | None = None
    type: str | None = None
    about: UUID | None = None
    since: AwareDatetime | None = Field(None, alias="from")
    until: AwareDatetime | None = Field(None, alias="to")


class ExportEnding(BaseModel):
    """The last line of an export."""

    model_config = ConfigDict(extra="forbid", strict=True)

    filter: ExportFilter
    position: int
    form: Form
    entries: int
    sha256: str
    line_sha256: str

    @property
    def sought(self) -> Sought:
        return Sought(**self.filter.model_dump())

    @property
    def asked(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.filter.model_dump(mode="json", by_alias=True, exclude_none=True)
        return found


def told_by(line: bytes) -> ExportEnding:
    """The last line. Raises ValueError, LookupError, TypeError or csv.Error where it is none, or was changed."""
    text = line.decode()
    body = json.loads(_cells(text)[1] if text.startswith(f"{LAST},") else text)[LAST]
    told = ExportEnding.model_validate_json(json.dumps(body))
    if last_line(body, told.form) != line:
        raise ValueError("not in its form")
    if not hmac.compare_digest(line_sha256(body), told.line_sha256):
        raise ValueError("the line was changed")
    return told


def entry_of(line: bytes, form: Form) -> LinkedLeaf:
    """The entry of a line. Raises as `told_by`."""
    told = json.loads(line) if form is Form.JSONL else _of_csv(line)
    values = {name: told[name] for name in Leaf.__slots__} | {"time": datetime.fromisoformat(told["time"])}
    record = Record(bytes.fromhex(told["salt"]), told["details"])
    linked = LinkedLeaf(Leaf(**values), told["previous"], told["hash"], record)
    if line_of(linked, form) != line:
        raise ValueError("not in its form")
    return linked


def _of_csv(line: bytes) -> dict[str, Any]:
    told: dict[str, Any] = dict(
        zip(COLUMNS, (without_guard(cell) for cell in _cells(line.decode())), strict=True)
    )
    return told | {"entry": int(told["entry"]), "details": json.loads(told["details"])}


def _cells(line: str) -> list[str]:
    return next(csv.reader([line], strict=True))
