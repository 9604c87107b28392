"""The moves of a return. The sending half decides, assesses, clears and departs; the receiving half arrives and closes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict

from chassis.auth import Actor
from chassis.database import Transaction
from chassis.http import Done, IfMatch, Tx, Who, done
from chassis.problems import problem_response
from chassis.service import Running
from contracts.text import Paragraph
from contracts.types import KnownCode
from services.returns import use_cases
from services.returns.domain.assisted_return import Return
from services.returns.domain.facts import Fact
from services.returns.grounds import seal_grounds

router = APIRouter(prefix="/v1/returns/{return_id}", tags=["moves"])


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AssessmentForm(Form):
    """`grounds` are hers: they are kept under her key and never cross the border with the result."""

    result: Annotated[str, KnownCode("risk_result")]
    grounds: Paragraph | None = None


class ClosingForm(Form):
    outcome: Annotated[str, KnownCode("return_outcome")]


@dataclass(frozen=True, slots=True)
class Mover:
    """Moves one half for the caller of this request and answers with its new version."""

    actor: Actor
    tx: Transaction
    response: Response
    return_id: UUID
    expected: int | None

    async def move(self, action: str, verb: Callable[[Return], Sequence[Fact]]) -> Done:
        moved = await use_cases.move_return(self.tx, self.actor, action, self.return_id, verb, self.expected)
        return done(self.tx, self.response, moved.id, moved.version)


def mover(return_id: UUID, actor: Who, tx: Tx, response: Response, if_match: IfMatch) -> Mover:
    return Mover(actor, tx, response, return_id, if_match)


Moving = Annotated[Mover, Depends(mover, scope="function")]


@dataclass(frozen=True, slots=True)
class SealedAssessment:
    result: str
    grounds: str | None


async def sealed_assessment(
    return_id: UUID, body: AssessmentForm, actor: Who, running: Running
) -> SealedAssessment:
    """Comes before the request's transaction, because the vault is another database."""
    if body.grounds is None:
        return SealedAssessment(body.result, None)
    return SealedAssessment(body.result, await seal_grounds(running, actor, return_id, body.grounds))


@router.post("/decide", summary="She has decided to return, informed and by her own will")
async def decide_return(moving: Moving) -> Done:
    return await moving.move("return.decide", lambda r: r.decide(moving.tx.now))


@router.post("/assess", summary="The risk assessment: its result, and its grounds under her key")
async def assess_return(
    sealed: Annotated[SealedAssessment, Depends(sealed_assessment)], moving: Moving
) -> Done:
    def assess(found: Return) -> Sequence[Fact]:
        return found.assess(sealed.result, sealed.grounds, moving.actor.subject, moving.tx.now)

    return await moving.move("return.assess", assess)


@router.post(
    "/clear",
    summary="Clear her to return; 409 with the code of what blocks it",
    response_model=Done,
    responses={409: {"description": "blocked; the code is of the list `return_block`"}},
)
async def clear_return(
    return_id: UUID, actor: Who, tx: Tx, response: Response, if_match: IfMatch
) -> Done | Response:
    cleared, blocked = await use_cases.clear_return(tx, actor, return_id, if_match)
    return problem_response(blocked) if blocked else done(tx, response, cleared.id, cleared.version)


@router.post("/depart", summary="She has left")
async def depart_return(moving: Moving) -> Done:
    return await moving.move("return.depart", lambda r: r.depart(moving.tx.now))


@router.post("/arrive", summary="The receiver confirms that she has arrived")
async def arrive_return(moving: Moving) -> Done:
    return await moving.move("return.arrive", lambda r: r.arrive(moving.tx.now))


@router.post("/close", summary="The receiver closes the return with its outcome")
async def close_return(body: ClosingForm, moving: Moving) -> Done:
    return await moving.move("return.close", lambda r: r.close(body.outcome, moving.tx.now))


@router.post("/withdraw", summary="She has changed her mind, before departure; no reason is asked")
async def withdraw_return(return_id: UUID, actor: Who, tx: Tx, response: Response) -> Done:
    """No version is asked for: a page that is old must not stand in her way."""
    withdrawn = await use_cases.move_return(
        tx, actor, "return.withdraw", return_id, lambda r: r.withdraw(tx.now)
    )
    return done(tx, response, withdrawn.id, withdrawn.version)
