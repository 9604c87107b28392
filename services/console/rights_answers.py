"""Answers of intake about an erasure that she asks for, as far as the pages show them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.console.answers import Move, Page
from services.console.asking import Question


class Erasure(BaseModel):
    id: UUID
    state: str
    reason: str | None
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    confirmable_from: datetime | None
    law: str | None
    destroyed_at: datetime | None
    waits_for: dict[str, int]
    waits_for_cases: list[UUID]
    linked_cases: int
    moves: list[Move]


class HeldKind(BaseModel):
    section: str
    rows: int
    kept_for: str | None


class HeldValue(BaseModel):
    name: str
    value: Any
    code_list: str | None


class ErasurePreview(BaseModel):
    goes: list[HeldKind]
    stays: list[HeldKind]
    asked: list[list[HeldValue]]
    answered: list[list[HeldValue]]
    under_way: list[list[HeldValue]]


ERASURES = Question("intake", "list_erasures", "/v1/cases/{case_id}/erasures", Page[Erasure])
PREVIEW = Question("intake", "get_erasure_preview", "/v1/cases/{case_id}/erasure-preview", ErasurePreview)
