"""Answers of intake about persons who are looked for, and cases that may be of one person, as far as the pages show them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from services.console.answers import Case, Move, Page, Values
from services.console.asking import Order, Paper, Question


class FoundCase(Case):
    band: str
    agrees: list[str]
    name: str | None
    born: str | None


class FieldPair(BaseModel):
    field: str
    case: Values | None
    other: Values | None
    same: bool


class OnePair(BaseModel):
    case: Case
    other: Case
    band: str | None
    agrees: list[str]
    fields: list[FieldPair]
    decision: str
    reason: str | None
    lead_id: UUID | None
    decided_at: datetime | None
    decided_by: str | None
    moves: list[Move]


SEARCH = Order("intake", "search_cases", "POST", "/v1/cases/search")
DUPLICATES = Question("intake", "list_duplicates", "/v1/cases/{case_id}/duplicates", Page[FoundCase])
PAIR = Question("intake", "get_pair", "/v1/cases/{case_id}/duplicates/{other_case_id}", OnePair)
ACCESS_REPORT = Paper("intake", "get_access_report_paper", "/v1/cases/{case_id}/access-report/paper")
