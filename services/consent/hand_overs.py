"""One step for a worker who hands a person over: her answer, and with it the transfer that she agreed to, or neither
of them.
"""

from secrets import token_hex
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from chassis.database import Transaction
from chassis.directory import require_organisation
from chassis.identity.access import require_case
from chassis.identity.auth import Actor
from chassis.identity.closed import require_not_closed
from chassis.identity.linked import require_no_linked_case
from chassis.problems import Invalid
from chassis.service import Running
from chassis.web.http import Done, Tx, Who, done
from contracts.disclosure import TRANSFER
from contracts.events.access import RecordReadV1
from contracts.form import Form
from contracts.internal import Preview
from contracts.types import ChosenCode, KnownCode, LinkedStay, OrganisationId
from services.consent import queries, use_cases
from services.consent.domain.authorisation import Decision, decide
from services.consent.domain.facts import HandOverAsked
from services.consent.domain.record import Act, ConsentRecord
from services.consent.domain.request import Request
from services.consent.forms import AgreedForm
from services.consent.outgoing import outgoing
from services.consent.store import grounds, records
from services.consent.use_cases import PreparedConsent, answered

router = APIRouter(prefix="/v1/cases/{case_id}/hand-overs", tags=["hand-over"])

HAND_OVER = "case.hand-over"


class TransferForm(Form):
    """The transfer: to whom in this country, for what purpose, and which fields; her terms decide which of them are
    sent.
    """

    recipient: OrganisationId
    service: Annotated[str, KnownCode("service")]
    purpose: Annotated[str, ChosenCode("purpose")]
    urgency: Annotated[str, KnownCode("urgency")]
    fields: Annotated[list[Annotated[str, KnownCode("field")]], Field(min_length=1, max_length=200)]


class HandOverForm(Form):
    answer: AgreedForm
    transfer: TransferForm
    linked_stay: LinkedStay = False


async def _prepare(case_id: UUID, body: HandOverForm, actor: Who, running: Running) -> PreparedConsent:
    """Names are sealed before the transaction begins, under the id that the record will have."""
    consent_id, names = uuid4(), body.answer.names()
    sealed = await use_cases.seal_names(running.database, running.vault, actor, case_id, consent_id, names)
    return PreparedConsent(consent_id, body.answer.terms(running.clock()), sealed)


@router.post("/preview", summary="What would be handed over if she agreed to this; nothing is recorded")
async def preview_hand_over(
    case_id: UUID, body: HandOverForm, actor: Who, tx: Tx, running: Running
) -> Preview:
    request = await _request(tx, actor, running.settings.cell, case_id, body.transfer)
    names, terms = body.answer.names(), body.answer.terms(running.clock())
    await use_cases.check(tx, actor, case_id, terms)
    asked = ConsentRecord.asked(uuid4(), case_id, token_hex(use_cases.SALT_BYTES), terms, names)
    with answered():
        asked.give(Act(actor.subject, actor.organisation, await tx.clock()))
    held = [*await records.records_of(tx, case_id), asked]
    view = queries.preview_of(await _decided(tx, running.settings.cell, held, request))
    tx.say(RecordReadV1(case_id=case_id, resource="preview", fields=tuple(view.sent)))
    return view


@router.post("", status_code=201, summary="Record that she agreed, and hand her over")
async def hand_over_case(
    case_id: UUID,
    body: HandOverForm,
    actor: Who,
    prepared: Annotated[PreparedConsent, Depends(_prepare)],
    tx: Tx,
    running: Running,
    response: Response,
) -> Done:
    """Answers with the transfer's identifier; its progress stands under the submission."""
    cell = running.settings.cell
    request = await _request(tx, actor, cell, case_id, body.transfer)
    await require_not_closed(tx, case_id)
    await require_no_linked_case(tx, case_id, stays=body.linked_stay)
    await use_cases.record_answer(tx, actor, case_id, prepared, given=True)
    decision = await _decided(tx, cell, await records.records_of(tx, case_id), request)
    if decision.computed.refusal is not None:
        message = "what she agreed to does not allow this transfer"
        raise Invalid(
            errors=[{"loc": ["body", "transfer"], "msg": message, "code": decision.computed.refusal}]
        )
    tx.say(outgoing(HandOverAsked(decision.request, tx.now)))
    return done(tx, response, request.referral_id, status=201)


async def _request(
    tx: Transaction, actor: Actor, cell: str, case_id: UUID, transfer: TransferForm
) -> Request:
    await require_case(tx, actor, HAND_OVER, case_id)
    member = ("transfer", "recipient")
    listed = await require_organisation(tx, transfer.recipient, member, cell=cell, receives=True)
    return Request(
        referral_id=tx.new_id(),
        case_id=case_id,
        purpose=transfer.purpose,
        sender=actor.organisation,
        recipient=transfer.recipient,
        recipient_cell=listed.cell,
        recipient_role=listed.role,
        service=transfer.service,
        urgency=transfer.urgency,
        fields=tuple(sorted(set(transfer.fields))),
        kind=TRANSFER,
    )


async def _decided(tx: Transaction, cell: str, records: list[ConsentRecord], request: Request) -> Decision:
    now = await tx.clock()
    return decide(records, await grounds.ground(tx, cell, now, recipients=[request.recipient]), request, now)
