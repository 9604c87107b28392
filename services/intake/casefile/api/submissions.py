"""Routes: the progress of one's own submissions. Nothing about the person, and nothing of the acts of others for her."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from chassis.identity.access import require, require_case
from chassis.web.http import Listing, Page, Tx, Who, following
from chassis.web.positions import position
from contracts.casefile.reference import ShownReference
from contracts.types import Code
from services.intake.casefile import queries
from services.intake.casefile.outgoing import record_read

router = APIRouter(prefix="/v1/submissions", tags=["submissions"])


class Submission(BaseModel):
    """`to` is the organisation to which its submitter handed the case over, or offered it last."""

    id: UUID
    reference: ShownReference
    submitted_at: datetime
    state: Annotated[str, Code("submission_state")]
    to: str | None
    at: datetime


@router.get("", summary="The cases that you submitted, newest first, and how far each got")
async def list_submissions(actor: Who, tx: Tx, page: Page) -> Listing[Submission]:
    require(actor, queries.SUBMISSION)
    rows = await queries.submissions(tx, actor, after=position(page.after), limit=page.limit)
    items = [_view(row) for row in rows]
    return Listing(items=items, next=following(rows, page, "opened_at", "id"))


@router.get("/{case_id}", summary="How far your submission got, and nothing else")
async def get_submission(case_id: UUID, actor: Who, tx: Tx) -> Submission:
    await require_case(tx, actor, queries.SUBMISSION, case_id)
    row = await queries.submission(tx, actor, case_id)
    tx.say(record_read(case_id, "submission"))
    return _view(row)


_STATES = {"requested": "sent", "received": "received", "accepted": "accepted"}
"""State of the transfer → state of the submission. After any other end the transfer was not accepted, and the case is
here.
"""


def _view(row: queries.SubmissionRow) -> Submission:
    state = "submitted" if row.transfer_state is None else _STATES.get(row.transfer_state, "not_accepted")
    return Submission(
        id=row.id,
        reference=row.reference,
        submitted_at=row.opened_at,
        state=state,
        to=row.transfer_to,
        at=row.transfer_at or row.opened_at,
    )
