"""Routes of a pair of cases: both side by side, and the decision whether they are of one person."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from chassis.database import Transaction
from chassis.identity.access import require_case, rights_in
from chassis.identity.auth import Actor
from chassis.problems import NotFound
from chassis.web.http import Done, IfMatch, Tx, Who, done, etag
from chassis.web.moves import MoveView, Offer
from contracts.casefile.fields import FIELDS, FieldValue, from_text
from contracts.events.access import RecordReadV1
from contracts.form import Form
from contracts.types import Code, KnownCode
from services.intake.casefile import queries
from services.intake.casefile.domain.pair import PairState
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.parts import Running
from services.intake.casefile.store import pairs
from services.intake.casefile.store.pairs import PairRow
from services.intake.casefile.worklist_queries import CaseSummary
from services.intake.matching import finding, use_cases
from services.intake.matching.domain.likeness import Likeness, likeness
from services.intake.matching.finding import Match
from services.intake.matching.store.candidates import Candidate
from services.intake.matching.use_cases import DECIDE

router = APIRouter(prefix="/v1/cases/{case_id}/duplicates/{other_case_id}", tags=["matching"])


class FieldPair(BaseModel):
    """One field of both cases; null where it is not known there. `same`: both have one value."""

    field: Annotated[str, Code("field")]
    case: FieldValue | None
    other: FieldValue | None
    same: bool


class PairView(BaseModel):
    """Two cases side by side, with what may be read of each now, and what somebody decided. `version` 0: nobody yet."""

    case: CaseSummary
    other: CaseSummary
    band: Annotated[str, Code("match_band")] | None
    agrees: list[Annotated[str, Code("match_agreement")]]
    fields: list[FieldPair]
    decision: Annotated[str, Code("pair_decision")]
    reason: Annotated[str, Code("pair_reason")] | None
    lead_id: UUID | None
    decided_at: datetime | None
    decided_by: str | None
    version: int
    moves: list[MoveView] = []


@router.get("", summary="Two cases side by side: what agrees, what differs; a reading of both")
async def get_pair(
    case_id: UUID, other_case_id: UUID, actor: Who, service: Running, response: Response
) -> PairView:
    async with service.database.transaction(actor.origin()) as tx:
        await _require_both(tx, actor, case_id, other_case_id)
    mine, theirs = await finding.opened(service, actor, [case_id, other_case_id], tuple(FIELDS))
    alike = likeness(mine.fields, theirs.fields)
    async with service.database.transaction(actor.origin()) as tx:
        await _require_both(tx, actor, case_id, other_case_id)  # still allowed, now that it is shown
        both = [Match(one, alike) for one in (mine, theirs)]
        if len(await finding.still_readable(tx, actor, both)) != len(both):
            raise NotFound  # something received was recalled meanwhile; asked again, it is left out
        cases = await queries.summaries(tx, [case_id, other_case_id])
        row = await pairs.of_two(tx, case_id, other_case_id)
        tx.say(*(read for one in (mine, theirs) for read in _readings(one)))
        rights = [await rights_in(tx, actor, one) for one in (case_id, other_case_id)]
    view = _view(cases, mine, theirs, alike, row)
    view.moves = service.commands.open(
        [Offer("decide_pair", DECIDE)],
        lambda action: all(permitted(action) for permitted in rights),
        case_id=case_id,
        other_case_id=other_case_id,
    )
    response.headers["ETag"] = etag(view.version)
    response.headers["Cache-Control"] = "no-store"
    return view


async def _require_both(tx: Transaction, actor: Actor, case_id: UUID, other_case_id: UUID) -> None:
    """Raises CaseRefused, and NotFound for a case beside itself."""
    for one in (case_id, other_case_id):
        await require_case(tx, actor, "case.read", one)
    if case_id == other_case_id:
        raise NotFound


def _readings(one: Candidate) -> Iterator[RecordReadV1]:
    received = {name for names in one.received.values() for name in names}
    own = tuple(name for name in one.fields if name not in received)
    yield record_read(one.case_id, "case-fields", fields=own)
    for disclosure_id, names in one.received.items():
        yield record_read(one.case_id, "received-fields", disclosure_id, tuple(names))


def _view(
    cases: Mapping[UUID, CaseSummary],
    mine: Candidate,
    theirs: Candidate,
    alike: Likeness,
    row: PairRow | None,
) -> PairView:
    names = [name for name in FIELDS if name in {*mine.fields, *theirs.fields}]
    return PairView(
        case=cases[mine.case_id],
        other=cases[theirs.case_id],
        band=alike.band,
        agrees=list(alike.agreements),
        fields=[_compared(name, mine.fields.get(name), theirs.fields.get(name)) for name in names],
        decision=PairState.UNDECIDED if row is None else row.decision,
        reason=None if row is None else row.reason,
        lead_id=None if row is None else row.lead_id,
        decided_at=None if row is None else row.decided_at,
        decided_by=None if row is None else row.decided_by,
        version=0 if row is None else row.version,
    )


def _compared(name: str, mine: str | None, theirs: str | None) -> FieldPair:
    values = [None if text is None else from_text(name, text) for text in (mine, theirs)]
    return FieldPair(field=name, case=values[0], other=values[1], same=mine == theirs)


class DecisionForm(Form):
    """The decision whether both are of one person, and what it rests on. Of one person, the case in the path leads the other."""

    decision: Annotated[str, KnownCode("pair_decision")]
    reason: Annotated[str, KnownCode("pair_reason")]


@router.post("/decision", summary="Say whether both cases are of one person, or take that back")
async def decide_pair(
    case_id: UUID,
    other_case_id: UUID,
    body: DecisionForm,
    actor: Who,
    tx: Tx,
    seen: IfMatch,
    response: Response,
) -> Done:
    pair = await use_cases.decide(
        tx, actor, case_id, other_case_id, seen, PairState(body.decision), body.reason
    )
    return done(tx, response, other_case_id, pair.version)
