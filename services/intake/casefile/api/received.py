"""Route: a law has this country keep, in its own record, values that were taken back from it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.web.http import Done, Tx, Who, done
from contracts.form import Form
from contracts.types import KnownCode
from services.intake.casefile import use_cases

router = APIRouter(tags=["received"])


class RetentionForm(Form):
    law: Annotated[str, KnownCode("retention_law")]


@router.post(
    "/v1/cases/{case_id}/received/{disclosure_id}/retain",
    summary="After a recall: a law has our own record kept, with what we had written into it of hers",
)
async def retain_disclosure(
    case_id: UUID, disclosure_id: UUID, body: RetentionForm, actor: Who, tx: Tx, response: Response
) -> Done:
    """The received values are deleted already. Their sender is told the law, and she can be told."""
    await use_cases.retain(tx, actor, case_id, disclosure_id, body.law)
    return done(tx, response, disclosure_id, None)
