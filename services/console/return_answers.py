"""Answers of the service returns, as far as the pages show them, in the way of `answers`."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from services.console.answers import CountedPage, Move, Page
from services.console.asking import Question


class Return(BaseModel):
    return_id: UUID
    case_id: UUID
    case_reference: str | None
    half: str
    state: str
    sender: str
    receiver: str
    result: str | None
    requested_at: datetime
    expected_at: datetime | None
    late: bool
    waiting_for: str | None


class ListedReturn(Return):
    workers: list[str]


class Block(BaseModel):
    code: str
    organisation: str
    who: str
    service: str
    route: str


class OneReturn(Return):
    moves: list[Move]
    blocks: list[Block]
    reason: str | None
    outcome: str | None
    handover: str | None
    escorted: bool | None
    overdue_at: datetime | None
    counselled_at: datetime | None
    decided_at: datetime | None
    confirmed_at: datetime | None
    assessed_at: datetime | None
    cleared_at: datetime | None
    suspended_at: datetime | None
    departed_at: datetime | None
    missed_at: datetime | None
    turned_back_at: datetime | None
    arrived_at: datetime | None
    closed_at: datetime | None
    withdrawn_at: datetime | None


class Assessment(BaseModel):
    result: str
    grounds: str | None
    assessor: str
    assessed_at: datetime


class Check(BaseModel):
    check: str
    standing: bool
    valid_until: date | None
    grounds: str | None
    recorded_by: str
    recorded_at: datetime


class Certificate(BaseModel):
    issued_on: date
    valid_until: date


class Fitness(BaseModel):
    """A clinician's findings: a text of this form among the checks."""

    fit: bool
    assessed_on: date
    weeks: int | None = None
    multiple: bool = False
    birth_on: date | None = None
    newborn: bool = False
    escort: bool = False
    certificate: Certificate | None = None


RETURNS = Question("returns", "list_returns", "/v1/returns", CountedPage[ListedReturn])
RETURN = Question("returns", "get_return", "/v1/returns/{return_id}", OneReturn)
ASSESSMENT = Question("returns", "get_assessment", "/v1/returns/{return_id}/assessment", Assessment)
CHECKS = Question("returns", "list_checks", "/v1/returns/{return_id}/checks", Page[Check])
