"""The calls that another service may make: who has a case now, and the authorised fields at the moment of sealing."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.access import require, standing
from chassis.http import Tx, Who
from chassis.service import Running
from chassis.standing import Standing, StandingForm
from contracts.fields import FieldValue, from_text
from contracts.types import KnownCode
from services.intake.outgoing import record_read
from services.intake.sealing import open_fields, vault_of
from services.intake.store import cases, records

router = APIRouter(tags=["internal"])


class DisclosableForm(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    disclosure_id: UUID
    fields: Annotated[list[Annotated[str, KnownCode("field")]], Field(min_length=1, max_length=100)]


@router.post(
    "/internal/v1/cases/{case_id}/standing",
    summary="Whether somebody may do something with a case, as it is now",
)
async def post_standing(case_id: UUID, body: StandingForm, actor: Who, tx: Tx) -> Standing:
    require(actor, "internal.standing")
    return await standing(tx, actor.policies, body.principal(actor), body.action, case_id)


@router.post(
    "/internal/v1/cases/{case_id}/disclosable", summary="The values of these own fields, and no more"
)
async def post_disclosable(
    case_id: UUID, body: DisclosableForm, actor: Who, service: Running, response: Response
) -> dict[str, FieldValue]:
    """Field → value, without those that nobody has recorded. What came from elsewhere is never passed on."""
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, "internal.disclosable", case_id)
        own = await records.own_fields(tx, case_id)
        asked = {name: own[name] for name in body.fields if name in own}
        tx.say(record_read(case_id, "disclosure", body.disclosure_id, tuple(asked)))
    opened = await open_fields(vault_of(service), case.person_id, case_id, asked)
    response.headers["Cache-Control"] = "no-store"
    return {name: from_text(name, text) for name, text in opened.items()}
