"""The call by which intake asks a service for everything that it holds about the person of a case."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from chassis.held import find_held, open_held
from chassis.identity.access import find_person, require
from chassis.web.http import Who
from contracts.events.access import RecordReadV1
from contracts.internal import PREFIX, HeldData

router = APIRouter(prefix=PREFIX, tags=["between services"])


@router.get(
    "/cases/{case_id}/held", summary="Everything that is held here about the person of a case; logged"
)
async def get_held(case_id: UUID, actor: Who, request: Request, response: Response) -> HeldData:
    service = request.app.state.service
    require(actor, "internal.held")
    async with service.database.transaction(actor.origin()) as tx:
        found = await find_held(tx, service.held, case_id)
        person_id = await find_person(tx, case_id)
        tx.say(RecordReadV1(case_id=case_id, resource="access-report"))
    response.headers["Cache-Control"] = "no-store"
    return await open_held(found, case_id, service.vault_if_any, person_id)
