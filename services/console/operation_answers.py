"""Answers of the services that an operator is shown, in the way of `answers`."""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from pydantic import BaseModel, RootModel

from services.console.answers import Move, Page
from services.console.asking import Question


class Health(BaseModel):
    status: str
    problems: dict[str, str] = {}
    degraded: dict[str, str] = {}


class StuckWork(BaseModel):
    id: UUID
    kind: str
    attempts: int
    last_error: str | None
    moves: list[Move]


class Cause(BaseModel):
    id: str
    reason: str
    place: str
    streams: int
    events: int
    since: datetime
    moves: list[Move]


class Causes(RootModel[list[Cause]]):
    """A list that is no page of a longer one."""


class ParkedEvent(BaseModel):
    """An event that stands still, never its content."""

    source: str
    stream: str
    sequence: int
    topic: str
    type: str | None
    reason: str
    place: str
    cause: str
    protects: bool
    parked_at: datetime
    moves: list[Move]

    @property
    def id(self) -> str:
        """Names it in an address: what it is of is no name for one."""
        named = f"{self.source}\n{self.stream}\n{self.sequence}"
        return sha256(named.encode()).hexdigest()[:20]


class Replay(BaseModel):
    state: str
    reason: str
    streams: int
    freed: int
    still_parked: int
    begun_at: datetime


class Partner(BaseModel):
    cell: str
    present: bool
    present_at: datetime | None
    window: int
    waiting: int
    trust_list_issued: datetime | None
    trust_list_stale: bool
    broker_trouble: str | None
    gaps: int
    chain_breaks: int
    quarantined: int
    closed: str | None


class Agreement(BaseModel):
    id: str
    version: int
    cells: list[str]
    purposes: list[str]
    valid_from: datetime
    valid_until: datetime
    suspended: bool
    moves: list[Move] = []


class Envelope(BaseModel):
    """One item of one envelope, out or in, never its content."""

    direction: str
    seq: int
    cell: str
    sender: str
    recipient: str
    at: datetime
    item_class: str
    case_reference: str | None
    state: str
    code: str | None


class Key(BaseModel):
    kid: str
    organisation: str
    use: str
    not_before: datetime | None
    not_after: datetime | None
    listed: bool
    lost_since: datetime | None
    moves: list[Move] = []


class Distrust(BaseModel):
    """A key or an agreement that counts no more here."""

    id: UUID
    kind: str
    state: str
    overdue: bool
    key: str | None
    organisation: str | None
    agreement_id: str | None
    agreement_version: int | None
    since: datetime
    ticket: str
    declared_by: str
    declared_at: datetime
    due_at: datetime
    moves: list[Move]


class Proposal(BaseModel):
    id: UUID
    change: str
    state: str
    expired: bool
    overdue: bool
    organisation: str
    name: str | None
    role: str | None
    type: str | None
    status: str | None
    worker: str | None
    staff_role: str | None
    cases_to: str | None
    cases_to_organisation: str | None
    ticket: str
    proposed_by: str
    proposed_at: datetime
    due_at: datetime
    moves: list[Move]


FAILED_WORK = Question("{service}", "list_failed_work", "/v1/work", Page[StuckWork])
OWN_WORK = Question("intake", "list_failed_work", "/v1/work", Page[StuckWork])
"""Of one service; whoever is shown it is shown that of each."""
CAUSES = Question("{service}", "list_parked_causes", "/v1/parked/causes", Causes)
PARKED_EVENTS = Question("{service}", "list_parked_events", "/v1/parked", Page[ParkedEvent])
REPLAYS = Question("{service}", "list_replays", "/v1/replays", Page[Replay])
READINESS = Question("{service}", "get_readiness", "/health/ready", Health)
PARTNERS = Question("exchange", "list_partners", "/v1/partners", Page[Partner])
AGREEMENTS = Question("exchange", "list_agreements", "/v1/agreements", Page[Agreement])
ENVELOPES = Question("exchange", "list_envelopes", "/v1/envelopes", Page[Envelope])
KEYS = Question("exchange", "list_keys", "/v1/keys", Page[Key])
DISTRUSTS = Question("exchange", "list_distrusts", "/v1/distrusts", Page[Distrust])
DISTRUST = Question("exchange", "get_distrust", "/v1/distrusts/{distrust_id}", Distrust)
PROPOSALS = Question("directory", "list_proposals", "/v1/proposals", Page[Proposal])
PROPOSAL = Question("directory", "get_proposal", "/v1/proposals/{proposal_id}", Proposal)
