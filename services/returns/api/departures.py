"""The routes of clearance and departure: the two moves that something may stand in the way of."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from chassis.web.answers import problem_response
from chassis.web.http import Done, IfMatch, Who
from contracts.form import Form
from contracts.types import GivenInstant, KnownCode
from services.returns import sealing, use_cases
from services.returns.api.moving import Moving
from services.returns.domain.states import Verb
from services.returns.parts import Running
from services.returns.use_cases import Attempt

router = APIRouter(prefix="/v1/returns/{return_id}", tags=["moves"])

BLOCKED: dict[int | str, dict[str, Any]] = {
    409: {"description": "blocked: `code` is the first and `blocks` are all, of the list `return_block`"}
}


class DepartureForm(Form):
    """The form of a departure: when the receiver expects her, and at what kind of place they meet."""

    expected_at: GivenInstant
    handover: Annotated[str, KnownCode("handover_point")]


@dataclass(frozen=True, slots=True)
class AttemptReader:
    """Opens the sealed values about her before the request's transaction, because the vault is another database."""

    verb: Verb

    async def __call__(self, return_id: UUID, actor: Who, running: Running, if_match: IfMatch) -> Attempt:
        seen = await sealing.see(running, actor, self.verb, return_id)
        return Attempt(return_id, seen, running.parts.country, if_match)


@router.post(
    "/clear",
    summary="Clear her to return; 409 with the codes of what stands in the way",
    response_model=Done,
    responses=BLOCKED,
)
async def clear_return(
    attempt: Annotated[Attempt, Depends(AttemptReader(Verb.CLEAR))], moving: Moving
) -> Done | Response:
    cleared, blocked = await use_cases.clear_return(moving.tx, moving.actor, attempt)
    return problem_response(blocked) if blocked else moving.moved(cleared)


@router.post(
    "/depart",
    summary="She has left; everything that could stand in the way is asked again",
    response_model=Done,
    responses=BLOCKED,
)
async def depart_return(
    body: DepartureForm, attempt: Annotated[Attempt, Depends(AttemptReader(Verb.DEPART))], moving: Moving
) -> Done | Response:
    departed, blocked = await use_cases.depart_return(
        moving.tx, moving.actor, attempt, body.expected_at, body.handover
    )
    return problem_response(blocked) if blocked else moving.moved(departed)
