"""Routes: close a case with a reason, and resume it. What protects her goes on in a closed case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from chassis.identity.access import rights_in
from chassis.problems import WrongState
from chassis.service import Running, Service
from chassis.vault.vault import Sealing
from chassis.web.http import Done, IfMatch, Tx, Who, done, etag
from chassis.web.moves import MoveView, Offer
from contracts.casefile.text import Paragraph
from contracts.form import Form
from contracts.types import Code, KnownCode, LinkedStay
from services.intake.casefile.api.prepared import case_to_write
from services.intake.casefile.domain.case import Case, CaseVerb, passes
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.sealing import open_json, seal_json
from services.intake.casefile.store import cases
from services.intake.casefile.store.cases import ACTIONS
from services.intake.casework import use_cases
from services.intake.casework.domain.field_classes import CLOSING, RESUMPTION
from services.intake.casework.sealing import closing_record
from services.intake.casework.store import closings
from services.intake.casework.store.closings import CaseClosing

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["closing"])


class ClosingForm(Form):
    """Why nobody works on the case any more. Reason and note are sealed: they say something about her."""

    reason: Annotated[str, KnownCode("case_closure")]
    note: Paragraph | None = None
    linked_stay: LinkedStay = False


class ResumptionForm(Form):
    reason: Annotated[str, KnownCode("case_resumption")]
    note: Paragraph | None = None


@dataclass(frozen=True, slots=True)
class _SealedReason:
    closing_id: UUID
    why: str
    linked_stay: bool = False


async def _close(case_id: UUID, body: ClosingForm, actor: Who, service: Running) -> _SealedReason:
    case = await case_to_write(service, actor, CaseVerb.CLOSE, case_id)
    closing_id = uuid4()
    why = await _sealed(service, case, CLOSING, closing_id, body.model_dump())
    return _SealedReason(closing_id, why, body.linked_stay)


async def _resume(case_id: UUID, body: ResumptionForm, actor: Who, service: Running) -> _SealedReason:
    case = await case_to_write(service, actor, CaseVerb.RESUME, case_id)
    async with service.database.transaction(actor.origin()) as tx:
        closing = await closings.last(tx, case_id)
    if closing is None:
        raise WrongState
    return _SealedReason(closing.id, await _sealed(service, case, RESUMPTION, closing.id, body.model_dump()))


async def _sealed(
    service: Service, case: Case, field_class: str, closing_id: UUID, value: dict[str, Any]
) -> str:
    return await seal_json(service.vault, case.person_id, field_class, closing_record(closing_id), value)


@router.post("/close", summary="Close a case: nobody works on it any more; what protects her goes on")
async def close_case(
    case_id: UUID,
    actor: Who,
    seen: IfMatch,
    prepared: Annotated[_SealedReason, Depends(_close)],
    tx: Tx,
    response: Response,
) -> Done:
    case = await use_cases.close_case(
        tx, actor, case_id, seen, prepared.closing_id, prepared.why, linked_stay=prepared.linked_stay
    )
    return done(tx, response, case_id, case.version)


@router.post("/resume", summary="Work on a closed case again")
async def resume_case(
    case_id: UUID,
    actor: Who,
    seen: IfMatch,
    prepared: Annotated[_SealedReason, Depends(_resume)],
    tx: Tx,
    response: Response,
) -> Done:
    case = await use_cases.resume_case(tx, actor, case_id, seen, prepared.why)
    return done(tx, response, case_id, case.version)


class ReasonView(BaseModel):
    """Null where the person's key was destroyed."""

    reason: str | None
    note: str | None
    by: str
    at: datetime


class ClosingView(BaseModel):
    """The state of a case, why it was closed last, and resumed. `blocked_by`: what somebody still waits for."""

    case_id: UUID
    state: Annotated[str, Code("case_state")]
    closed: ReasonView | None
    resumed: ReasonView | None
    blocked_by: list[Annotated[str, Code("case_block")]]
    moves: list[MoveView]


@router.get("/closing", summary="Whether a case may be closed, and why it was; the reading is logged")
async def get_closing(case_id: UUID, actor: Who, service: Running, response: Response) -> ClosingView:
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, "case.read", case_id)
        closing, blocks = await closings.last(tx, case_id), await closings.blocks(tx, case_id)
        rights = await rights_in(tx, actor, case_id)
        tx.say(record_read(case_id, "case"))
    offers = [
        Offer(f"{verb}_case", ACTIONS[verb], passes(case.state, verb), blocked_by)
        for verb, blocked_by in ((CaseVerb.CLOSE, blocks), (CaseVerb.RESUME, ()))
    ]
    closed, resumed = await _reasons(service, case, closing)
    response.headers["Cache-Control"] = "no-store"
    response.headers["ETag"] = etag(case.version)
    return ClosingView(
        case_id=case_id,
        state=case.state,
        closed=closed,
        resumed=resumed,
        blocked_by=blocks if passes(case.state, CaseVerb.CLOSE) else [],
        moves=service.commands.open(offers, rights, case_id=case_id),
    )


async def _reasons(
    service: Service, case: Case, closing: CaseClosing | None
) -> tuple[ReasonView | None, ReasonView | None]:
    if closing is None:
        return None, None
    record = closing_record(closing.id)
    sealed = [Sealing(case.person_id, CLOSING, record, closing.closed_for)]
    if closing.resumed_for is not None:
        sealed.append(Sealing(case.person_id, RESUMPTION, record, closing.resumed_for))
    opened = await open_json(service.vault, sealed)
    closed = _reason(opened[0], closing.closed_by, closing.closed_at)
    if closing.resumed_by is None or closing.resumed_at is None:
        return closed, None
    return closed, _reason(opened[1], closing.resumed_by, closing.resumed_at)


def _reason(words: dict[str, Any] | None, by: str, at: datetime) -> ReasonView:
    said = words or {"reason": None, "note": None}
    return ReasonView(reason=said["reason"], note=said["note"], by=by, at=at)
