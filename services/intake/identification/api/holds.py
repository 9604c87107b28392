"""Routes: holds on removal."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AwareDatetime

from chassis.identity.access import require_case, rights_in
from chassis.service import Running
from chassis.web.http import Done, Tx, Who, done
from contracts.form import Form
from services.intake.casefile.outgoing import record_read
from services.intake.identification import queries, use_cases

router = APIRouter(tags=["status"])


class HoldForm(Form):
    """`until` defaults to the shortest reflection period, thirty days."""

    until: AwareDatetime | None = None


@router.post("/v1/cases/{case_id}/holds", status_code=201, summary="Place a hold on removal")
async def place_hold(case_id: UUID, body: HoldForm, actor: Who, tx: Tx, response: Response) -> Done:
    hold_id = await use_cases.place_hold(tx, actor, case_id, body.until)
    return done(tx, response, hold_id, status=201)


@router.get("/v1/cases/{case_id}/holds", summary="That holds exist and until when, never why")
async def list_holds(case_id: UUID, actor: Who, tx: Tx, service: Running) -> list[queries.HoldView]:
    await require_case(tx, actor, "case.read", case_id)
    tx.say(record_read(case_id, "case"))
    return await queries.holds(tx, case_id, service.commands, await rights_in(tx, actor, case_id))


@router.delete("/v1/cases/{case_id}/holds/{hold_id}", summary="Lift a hold; it stays on record")
async def lift_hold(case_id: UUID, hold_id: UUID, actor: Who, tx: Tx, response: Response) -> Done:
    await use_cases.lift_hold(tx, actor, case_id, hold_id)
    return done(tx, response, hold_id)
