"""The moves of a referral. The sender sends, cancels and corrects; the receiver does everything else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.web.http import Done, IfMatch, Tx, Who, done
from contracts.form import Form
from contracts.types import KnownCode, LinkedStay
from services.referral import use_cases
from services.referral.domain.facts import Fact
from services.referral.domain.referral import Referral
from services.referral.domain.states import Verb
from services.referral.parts import Running

router = APIRouter(prefix="/v1/referrals/{referral_id}", tags=["moves"])


class SendingForm(Form):
    linked_stay: LinkedStay = False


class Rejection(Form):
    reason: Annotated[str, KnownCode("referral_rejection")]


class Holding(Form):
    reason: Annotated[str, KnownCode("referral_hold")]


class Failure(Form):
    reason: Annotated[str, KnownCode("referral_failure")]


class Completion(Form):
    outcome: Annotated[str, KnownCode("referral_outcome")]


@dataclass(frozen=True, slots=True)
class Mover:
    """Moves one half for the caller of this request and answers with its new version."""

    actor: Actor
    tx: Transaction
    response: Response
    referral_id: UUID
    expected: int | None

    async def move(self, verb: Verb, made: Callable[[Referral], Sequence[Fact]]) -> Done:
        referral = await use_cases.move_referral(
            self.tx, self.actor, verb, self.referral_id, made, self.expected
        )
        return done(self.tx, self.response, referral.id, referral.version)


async def mover(referral_id: UUID, actor: Who, tx: Tx, response: Response, if_match: IfMatch) -> Mover:
    return Mover(actor, tx, response, referral_id, if_match)


Moving = Annotated[Mover, Depends(mover, scope="function")]


@router.post("/send", summary="Ask consent for the disclosure and offer the case; starts the response clock")
async def send_referral(
    referral_id: UUID,
    actor: Who,
    tx: Tx,
    running: Running,
    response: Response,
    if_match: IfMatch,
    body: SendingForm | None = None,
) -> Done:
    stays = body is not None and body.linked_stay
    clock = running.parts.response_clock
    referral = await use_cases.send_referral(tx, actor, clock, referral_id, if_match, linked_stay=stays)
    return done(tx, response, referral.id, referral.version)


@router.post("/accept", summary="The receiver takes the case on")
async def accept_referral(moving: Moving) -> Done:
    return await moving.move(Verb.ACCEPT, lambda r: r.accept(moving.tx.now))


@router.post("/reject", summary="The receiver declines, with a code")
async def reject_referral(body: Rejection, moving: Moving) -> Done:
    return await moving.move(Verb.REJECT, lambda r: r.reject(body.reason, moving.tx.now))


@router.post("/start", summary="The help begins")
async def start_referral(moving: Moving) -> Done:
    return await moving.move(Verb.START, lambda r: r.start(moving.tx.now))


@router.post("/hold", summary="The help pauses, with a code")
async def hold_referral(body: Holding, moving: Moving) -> Done:
    return await moving.move(Verb.HOLD, lambda r: r.hold(body.reason, moving.tx.now))


@router.post("/resume", summary="The help goes on")
async def resume_referral(moving: Moving) -> Done:
    return await moving.move(Verb.RESUME, lambda r: r.resume(moving.tx.now))


@router.post("/complete", summary="The help has ended, with its outcome; the sender sees it")
async def complete_referral(body: Completion, moving: Moving) -> Done:
    return await moving.move(Verb.COMPLETE, lambda r: r.complete(body.outcome, moving.tx.now))


@router.post("/fail", summary="The help could not be given, with a code")
async def fail_referral(body: Failure, moving: Moving) -> Done:
    return await moving.move(Verb.FAIL, lambda r: r.fail(body.reason, moving.tx.now))


@router.post("/cancel", summary="The sender takes the referral back")
async def cancel_referral(moving: Moving) -> Done:
    return await moving.move(Verb.CANCEL, lambda r: r.cancel(moving.tx.now))


@router.post(
    "/correct", summary="The sender marks it as entered in error; the receiver hears of a cancellation"
)
async def correct_referral(moving: Moving) -> Done:
    return await moving.move(Verb.CORRECT, lambda r: r.correct(moving.tx.now))
