"""Route: the team board, by which a supervisor sees who has too much and what nobody has."""

from fastapi import APIRouter

from chassis.directory import openers
from chassis.identity.access import require
from chassis.web.http import Listing, Tx, Who
from services.intake.casework import queries

router = APIRouter(prefix="/v1/team", tags=["team"])
READ = "team.read"


@router.get("", summary="What each of your organisation has, what is late, and what nobody has")
async def list_team(actor: Who, tx: Tx) -> Listing[queries.Load]:
    require(actor, READ, organisation=actor.organisation)
    staff = sorted(await openers(tx, actor.organisation))
    return Listing(items=await queries.loads(tx, actor.organisation, staff))
