"""The routes of a return's other moves, which need no preparation and cannot be blocked."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.web.http import Done, Tx, Who, done
from contracts.form import Form
from contracts.types import KnownCode
from services.returns import use_cases
from services.returns.api.moving import Moving
from services.returns.domain.states import Verb

router = APIRouter(prefix="/v1/returns/{return_id}", tags=["moves"])


class DecisionForm(Form):
    """Her decision. The worker who records it says both: without either it is no decision of hers."""

    informed: Literal[True]
    own_will: Literal[True]


class ConfirmationForm(Form):
    own_will: Literal[True]


class SuspensionForm(Form):
    reason: Annotated[str, KnownCode("return_suspension")]


class ClosingForm(Form):
    outcome: Annotated[str, KnownCode("return_outcome")]


@router.post("/counsel", summary="She was told what awaits her, and what stays open to her here")
async def counsel_return(moving: Moving) -> Done:
    return await moving.move(Verb.COUNSEL, lambda r: r.counsel(moving.tx.now))


@router.post("/decide", summary="She has decided to return, informed and by her own will")
async def decide_return(body: DecisionForm, moving: Moving) -> Done:  # noqa: ARG001  # both members are required
    return await moving.move(Verb.DECIDE, lambda r: r.decide(moving.tx.now))


@router.post("/confirm", summary="She was asked again and stands by her decision; it counts for 72 hours")
async def confirm_return(body: ConfirmationForm, moving: Moving) -> Done:  # noqa: ARG001  # it is required
    return await moving.move(Verb.CONFIRM, lambda r: r.confirm(moving.tx.now))


@router.post("/suspend", summary="Nothing goes on until it is resumed")
async def suspend_return(body: SuspensionForm, moving: Moving) -> Done:
    return await moving.move(Verb.SUSPEND, lambda r: r.suspend(body.reason, moving.tx.now))


@router.post("/resume", summary="Prepare again what was suspended or turned back; it must be cleared again")
async def resume_return(moving: Moving) -> Done:
    return await moving.move(Verb.RESUME, lambda r: r.resume(moving.tx.now))


@router.post("/turn-back", summary="She was turned back on the way, and is where she left")
async def turn_back_return(moving: Moving) -> Done:
    return await moving.move(Verb.TURN_BACK, lambda r: r.turn_back(moving.tx.now))


@router.post("/miss", summary="She did not arrive; either side says it")
async def miss_return(moving: Moving) -> Done:
    return await moving.move(Verb.MISS, lambda r: r.miss(moving.tx.now))


@router.post("/arrive", summary="The receiver confirms that she has arrived")
async def arrive_return(moving: Moving) -> Done:
    return await moving.move(Verb.ARRIVE, lambda r: r.arrive(moving.tx.now))


@router.post(
    "/close", summary="Close the return with its outcome: the receiver after her arrival, else the sender"
)
async def close_return(body: ClosingForm, moving: Moving) -> Done:
    closed = await use_cases.close_return(
        moving.tx, moving.actor, moving.return_id, body.outcome, moving.expected
    )
    return moving.moved(closed)


@router.post(
    "/withdraw", summary="She has changed her mind, at any time before she arrives; no reason is asked"
)
async def withdraw_return(return_id: UUID, actor: Who, tx: Tx, response: Response) -> Done:
    """No version is asked for: an old page must not stand in her way."""
    withdrawn = await use_cases.move_return(tx, actor, Verb.WITHDRAW, return_id, lambda r: r.withdraw(tx.now))
    return done(tx, response, withdrawn.id, withdrawn.version)
