"""Answers of the services that a supervisor is shown, in the way of `answers`."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel

from services.console.answers import Move, Page
from services.console.asking import Question


class LateReferral(BaseModel):
    case_id: UUID
    case_reference: str | None
    workers: list[str]
    sender: str
    recipient: str
    respond_by: datetime | None
    waiting_for: str | None


class LateReturn(BaseModel):
    case_id: UUID
    case_reference: str | None
    workers: list[str]
    sender: str
    receiver: str
    state: str
    waiting_for: str | None


class Leave(BaseModel):
    id: UUID
    worker: str
    cover: str
    first_day: date
    last_day: date
    state: str
    left_out: list[UUID]
    version: int
    moves: list[Move]


class LoggedRead(BaseModel):
    time: datetime
    actor: str
    organisation: str
    purpose: str
    allowed: bool
    resource: str | None
    fields: list[str]
    action: str | None
    count: int


LATE_REFERRALS = Question("referral", "list_referrals", "/v1/referrals", Page[LateReferral])
LATE_RETURNS = Question("returns", "list_returns", "/v1/returns", Page[LateReturn])
LEAVES = Question("intake", "list_leaves", "/v1/leaves", Page[Leave])
READINGS = Question("audit", "list_readings", "/v1/cases/{case_id}/readings", Page[LoggedRead])
