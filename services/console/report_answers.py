"""Answers about what somebody told without a case: calls to the hotline, and incidents, in the way of `answers`."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, RootModel

from services.console.answers import Move, Page
from services.console.asking import Question


class Call(BaseModel):
    """A call without a word of it."""

    id: UUID
    case_id: UUID | None
    case_reference: str | None
    worker: str
    kind: str
    urgency: str
    state: str
    flagged: bool
    agreed: str | None
    reason: str | None
    started_at: datetime
    ends_at: datetime | None
    updated_at: datetime
    updated_by: str


class Callback(BaseModel):
    way: str
    contact: str
    safe: str


class OneCall(Call):
    language: str | None
    text: str | None
    callback: Callback | None
    flags: list[str]
    moves: list[Move]


class Incident(BaseModel):
    """An incident without a word of it."""

    id: UUID
    organisation: str
    kind: str
    province: str | None
    month: str
    certainty: str
    with_all: bool
    shared_with: list[str] | None
    state: str
    reason: str | None


class OneIncident(Incident):
    recorded_at: datetime | None
    recorded_by: str | None
    updated_at: datetime | None
    updated_by: str | None
    text: str | None
    moves: list[Move]


class Province(BaseModel):
    code: str
    name: str


class Provinces(RootModel[list[Province]]):
    """A list that is no page of a longer one."""


class Cell(BaseModel):
    code: str
    count: int | None


class MonthTable(BaseModel):
    name: str
    total: int | None
    cells: list[Cell]


class Trends(BaseModel):
    month: str
    at_least: int
    tables: list[MonthTable]


CALLS = Question("intake", "list_calls", "/v1/calls", Page[Call])
CALL = Question("intake", "get_call", "/v1/calls/{call_id}", OneCall)
INCIDENTS = Question("intake", "list_incidents", "/v1/incidents", Page[Incident])
INCIDENT = Question("intake", "get_incident", "/v1/incidents/{incident_id}", OneIncident)
PROVINCES = Question("intake", "list_provinces", "/v1/provinces", Provinces)
TRENDS = Question("intake", "get_trends", "/v1/incidents/trends/{month}", Trends)
