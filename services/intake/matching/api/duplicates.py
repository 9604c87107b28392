"""Routes: cases that may be of one person."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.identity.access import require_case
from chassis.web.http import Listing, Who
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.parts import Running
from services.intake.matching import finding
from services.intake.matching.api.views import MatchView, shown
from services.intake.matching.domain.likeness import OFFERED

router = APIRouter(tags=["matching"])


@router.get(
    "/v1/cases/{case_id}/duplicates", summary="Cases that may be of the same person, the likeliest first"
)
async def list_duplicates(
    case_id: UUID, actor: Who, service: Running, response: Response
) -> Listing[MatchView]:
    """A person decides; nothing merges by itself."""
    async with service.database.transaction(actor.origin()) as tx:
        await require_case(tx, actor, "case.read", case_id)
    (mine,) = await finding.opened(service, actor, [case_id])
    found = await finding.find(service, actor, mine.fields, without=case_id, least=OFFERED)
    async with service.database.transaction(actor.origin()) as tx:
        await require_case(tx, actor, "case.read", case_id)  # still allowed, now that it is shown
        tx.say(record_read(case_id, "person"))
        views = await shown(tx, await finding.still_readable(tx, actor, found))
    response.headers["Cache-Control"] = "no-store"
    return Listing(items=views)
