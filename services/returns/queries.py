"""The reads: the worklist and one half of a return, straight to the answers of the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import Rights
from chassis.identity.auth import Actor
from chassis.identity.references import reference_column
from chassis.problems import NotFound
from chassis.tables import one_of
from chassis.web.listing import true_or_not
from chassis.web.moves import Commands, MoveView, Offer
from chassis.web.worklist import AwaitedParty, CaseRowFilters, ListedOnCase, Worklist
from contracts.casefile.reference import ShownReference
from contracts.codes import codes
from contracts.types import CaseId, Cell, Code, KnownCode, OrganisationId, Pseudonym
from services.returns.domain.assisted_return import Return
from services.returns.domain.blocks import SUPPLIERS
from services.returns.domain.case import CaseKnowledge
from services.returns.domain.states import BEFORE_DEPARTURE, MOVES, ON_THE_WAY, Half, State, Verb
from services.returns.store.returns import action_of


class ReturnSummary(BaseModel):
    """One half as a worklist shows it."""

    return_id: UUID
    half: Annotated[str, Code("return_half")]
    case_id: CaseId
    case_reference: ShownReference
    state: Annotated[str, Code("return_state")]
    sender: OrganisationId
    receiver: OrganisationId
    receiver_cell: Cell
    result: Annotated[
        Annotated[str, Code("risk_result")] | None,
        Field(description="the receiving half is told it with the clearance"),
    ]
    reason: Annotated[
        Annotated[str, Code("return_suspension")] | None, Field(description="why it was suspended last")
    ]
    requested_at: Annotated[datetime, Field(description="for the receiving half: when it was heard of")]
    expected_at: Annotated[datetime | None, Field(description="when the receiver expects her")]
    overdue_at: Annotated[
        datetime | None, Field(description="when the clock found that nobody had said whether she arrived")
    ]
    late: Annotated[bool, Field(description="the clock found that nobody had said whether she arrived")]
    waiting_for: Annotated[
        Annotated[str, Code("awaited_party")] | None, Field(description="whose move is next; null: nobody's")
    ]
    version: int


class ListedReturn(ReturnSummary, ListedOnCase):
    pass


@dataclass(frozen=True, slots=True)
class ReturnFilters(CaseRowFilters):
    half: Annotated[
        Half | None, Query(description="only where she leaves you, or only where she arrives")
    ] = None
    state: Annotated[Annotated[str, KnownCode("return_state")] | None, Query(description="only these")] = None
    partner: Annotated[
        OrganisationId | None, Query(description="only those with this organisation on the other side")
    ] = None
    waiting_for: Annotated[AwaitedParty | None, Query(description="only those whose move is theirs")] = None
    late: Annotated[bool | None, Query(description="only those who should have arrived by now, or not")] = (
        None
    )


class BlockView(BaseModel):
    """A block, and its supplier: which organisation, who in it, and by which route of which service."""

    code: Annotated[str, Code("return_block")]
    missing: str
    organisation: OrganisationId
    who: str
    service: str
    route: str


class ReturnView(ReturnSummary):
    moves: list[MoveView] = []
    blocks: Annotated[
        list[BlockView],
        Field(description="what would stand in the way of a clearance or departure by you, now"),
    ] = []
    outcome: Annotated[
        str | None, Field(description="of `return_outcome`; null where her consent does not let it be told")
    ]
    handover: Annotated[str, Code("handover_point")] | None
    escorted: bool | None
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


class AssessmentView(BaseModel):
    """The newest risk assessment, with its grounds in clear."""

    return_id: UUID
    result: Annotated[str, Code("risk_result")]
    grounds: Annotated[str | None, Field(description="null where there are none, or were erased")]
    assessor: Pseudonym
    assessed_at: datetime


class CheckView(BaseModel):
    """The newest check of a kind, with its grounds in clear; for fitness they are the whole assessment, as JSON."""

    check: Annotated[str, Code("return_check")]
    standing: bool
    valid_until: date | None
    grounds: str | None
    recorded_by: Pseudonym
    recorded_at: datetime


_SOURCE = "returns.returns as r"
_LATE = f"r.state in {one_of(ON_THE_WAY)} and r.overdue_at is not null"
# Until she departs the sender prepares; then whoever awaits her says what comes. As the index `returns_by_waiting`.
_WAITING = (
    f"case when r.state in {one_of(BEFORE_DEPARTURE)} then"
    f" case r.half when '{Half.SENDING}' then '{AwaitedParty.OWN}' else '{AwaitedParty.PARTNER}' end"
    f" when r.state in {one_of(ON_THE_WAY | {State.ARRIVED})} then"
    f" case r.half when '{Half.RECEIVING}' then '{AwaitedParty.OWN}' else '{AwaitedParty.PARTNER}' end end"
)
_COLUMNS = (
    f"r.*, r.id as return_id, {reference_column('r.case_id')} as case_reference, {_LATE} as late,"
    f" {_WAITING} as waiting_for"
)
_ONE = text(f"select {_COLUMNS} from {_SOURCE} where r.id = :id and r.half = :half")
WORKLIST = Worklist(
    view=ListedReturn,
    action="return.read",
    columns=_COLUMNS,
    source=_SOURCE,
    made_at="r.requested_at",
    due_at="r.expected_at",
    due=f"r.state in {one_of(ON_THE_WAY)} and r.expected_at is not null",
    filters={
        "half": "r.half = :half",
        "state": "r.state = :state",
        "partner": f"case r.half when '{Half.SENDING}' then r.receiver else r.sender end = :partner",
        "waiting_for": f"({_WAITING}) = :waiting_for",
        "late": true_or_not(_LATE),
    },
)
_ASSESSMENT = text(
    "select id as return_id, result, grounds, assessor, assessed_at from returns.returns"
    " where id = :id and half = :half and half = 'sending' and result is not null"
)


async def assisted_return(tx: Transaction, return_id: UUID, half: str) -> ReturnView:
    """One half that the actor was allowed to read."""
    row = (await tx.execute(_ONE, {"id": return_id, "half": half})).one()
    return ReturnView.model_validate(row, from_attributes=True)


async def assessment(tx: Transaction, return_id: UUID, half: str) -> AssessmentView:
    """The newest risk assessment, its grounds still sealed. Raises NotFound where nothing was assessed; the receiving
    half never has one.
    """
    row = (await tx.execute(_ASSESSMENT, {"id": return_id, "half": half})).first()
    if row is None:
        raise NotFound
    return AssessmentView.model_validate(row, from_attributes=True)


def block_views(found: Return, case: CaseKnowledge, blocks: Sequence[str], now: datetime) -> list[BlockView]:
    """Each block with who can supply what is missing; identifiers that are known here stand in the route."""
    held = next((str(i) for i, until in case.holds.items() if until is not None and until > now), "{hold_id}")
    names = {"return_id": found.id, "case_id": found.case_id, "receiver": found.receiver, "hold_id": held}
    return [_block_view(found, code, {name: str(value) for name, value in names.items()}) for code in blocks]


_ROUTES: Mapping[Verb, tuple[str, ...]] = {Verb.CHECK: ("record_check", "assess_fitness")}
"""The verbs whose routes have another name: `counsel` is `counsel_return`."""


def moves(
    found: Return, actor: Actor, commands: Commands, permitted: Rights, blocked: Sequence[str]
) -> list[MoveView]:
    """The moves that may be made with this half now. A command moves the half of the caller's own organisation, and
    no other.
    """
    if found.organisation != actor.organisation:
        return []
    offers = [
        Offer(
            route,
            action_of(verb),
            found.passes(verb),
            blocked if verb in {Verb.CLEAR, Verb.DEPART} else (),
        )
        for verb in MOVES[found.half]
        for route in _ROUTES.get(verb, (f"{verb}_return",))
    ]
    return commands.open(offers, permitted, return_id=found.id)


def _block_view(found: Return, code: str, names: Mapping[str, str]) -> BlockView:
    supplier, route = SUPPLIERS[code], SUPPLIERS[code].route
    for name, value in names.items():
        route = route.replace(f"{{{name}}}", value)
    return BlockView(
        code=code,
        missing=codes("return_block")[code],
        organisation=found.receiver if supplier.receiver else found.sender,
        who=supplier.who,
        service=supplier.service,
        route=route,
    )


def check_views(found: Return, texts: Mapping[str, str]) -> list[CheckView]:
    return [
        CheckView(
            check=kind,
            standing=check.standing,
            valid_until=check.valid_until,
            grounds=texts.get(kind),
            recorded_by=check.by,
            recorded_at=check.at,
        )
        for kind, check in sorted(found.checks.items())
    ]
