"""Routes: the team board, by which a supervisor sees who has too much and what nobody has, and gives many cases to one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks
from pydantic import BaseModel, Field

from chassis.directory import openers
from chassis.identity.access import require, rights_of
from chassis.identity.references import references_of
from chassis.service import Running
from chassis.web import attempts
from chassis.web.http import Listing, Tx, Who
from chassis.web.moves import Offer
from contracts.form import Form
from contracts.types import Code, Pseudonym
from services.intake.casework import queries, use_cases
from services.intake.casework.use_cases import ASSIGN_MANY, AssignmentResult

router = APIRouter(prefix="/v1/team", tags=["team"])
READ = "team.read"


@router.get("", summary="What each of your organisation has, what is late, and what nobody has")
async def list_team(actor: Who, tx: Tx, service: Running) -> Listing[queries.Load]:
    require(actor, READ, organisation=actor.organisation)
    staff = sorted(await openers(tx, actor.organisation))
    moves = service.commands.open([Offer("assign_cases", ASSIGN_MANY)], rights_of(actor))
    return Listing(items=await queries.loads(tx, actor.organisation, staff), moves=moves)


class CasesForm(Form):
    """`worker` has each of the cases too; with `instead_of`, in the place of that worker, where that one has it."""

    case_ids: Annotated[list[UUID], Field(min_length=1, max_length=100)]
    worker: Pseudonym
    instead_of: Pseudonym | None = None


class GivenCase(BaseModel):
    """`unchanged`: the worker has it already. `not-theirs`: the one whose place was to be taken has it not."""

    id: UUID
    case_reference: str | None
    result: Annotated[str, Code("assignment_result")]


class GivenCases(BaseModel):
    items: list[GivenCase]


@router.post("/assign", summary="Give many cases to a worker at once, with an answer for each")
async def assign_cases(
    body: CasesForm, actor: Who, tx: Tx, service: Running, after: BackgroundTasks
) -> GivenCases:
    given, refused = await use_cases.assign_cases(tx, actor, body.case_ids, body.worker, body.instead_of)
    for attempt in refused:
        if attempt.known:
            after.add_task(
                attempts.note, service.database, attempt
            )  # after the answer, so that no time tells
    known = await references_of(tx, [one for one in given if given[one] is not AssignmentResult.NOT_FOUND])
    items = [GivenCase(id=one, case_reference=known.get(one), result=result) for one, result in given.items()]
    return GivenCases(items=items)
