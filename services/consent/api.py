"""Routes for people: giving and ending consent, its receipt, and the ledger of what was disclosed under it."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from chassis.database import EVERYBODY, Origin, Transaction
from chassis.identity.access import hold_unerased, person_of, require, require_case
from chassis.printing import papers
from chassis.printing.api import PdfResponse
from chassis.printing.paper import PaperLanguage, pdf
from chassis.printing.words import paper_language
from chassis.problems import Unavailable
from chassis.service import Service
from chassis.vault.vault import Sealing
from chassis.web.http import (
    Done,
    IfMatch,
    Listing,
    Page,
    Seen,
    SeenExactly,
    Tx,
    Who,
    done,
    etag,
    following,
    one_transaction,
)
from chassis.web.listing import CountedListing, CountQuery, Order, SortQuery
from chassis.web.named import require_named
from chassis.web.positions import number, position, positioned
from chassis.web.worklist import RowQuery, count_of, page_of
from contracts.events.access import RecordReadV1
from contracts.types import Code
from services.consent import fencing, offers, queries, receipt_paper, use_cases, worklist_queries
from services.consent.domain.record import ConsentRecord
from services.consent.forms import AgreedForm, AnswerForm, ConfirmForm, RefusedForm
from services.consent.part_form import PartForm, ScopeForm
from services.consent.parts import Running
from services.consent.receipt import Receipt, receipt_of
from services.consent.store import records
from services.consent.use_cases import PreparedConsent

router = APIRouter(tags=["consent"])

COMPLETE, WAITING = 200, 202


class EndOutcome(Done):
    """The answer to an end of consent, which takes effect at once. `complete`: nothing of it can be sealed any more,
    whatever was under way.

    Where that is not yet so (202), it becomes so by itself; the record tells when, and asking again asks again.
    """

    complete: bool
    waiting_for: Annotated[list[queries.WaitingRecall], Field(description="of which it is not yet certain")]


ENDS: dict[int | str, dict[str, Any]] = {
    WAITING: {"model": EndOutcome, "description": "taken back; exchange has yet to confirm for what is named"}
}


async def _prepare_answer(case_id: UUID, body: AnswerForm, actor: Who, running: Running) -> PreparedConsent:
    """Names are sealed before the transaction begins, under the id that the record will have."""
    consent_id = uuid4()
    return await _prepared(consent_id, case_id, body, actor, running)


async def _prepare_renewal(
    consent_id: UUID, body: AgreedForm, actor: Who, running: Running
) -> PreparedConsent:
    case_id = await use_cases.case_of(running.database, actor, consent_id)
    return await _prepared(consent_id, case_id, body, actor, running)


async def _prepared(
    consent_id: UUID, case_id: UUID, body: AgreedForm | RefusedForm, actor: Who, running: Running
) -> PreparedConsent:
    sealed = await use_cases.seal_names(
        running.database, running.vault, actor, case_id, consent_id, body.names()
    )
    return PreparedConsent(consent_id, body.terms(running.clock()), sealed)


Answer = Annotated[PreparedConsent, Depends(_prepare_answer)]
Renewal = Annotated[PreparedConsent, Depends(_prepare_renewal)]


@router.post(
    "/v1/cases/{case_id}/consents", status_code=201, summary="Record that she gave or refused consent"
)
async def record_consent(
    case_id: UUID, body: AnswerForm, actor: Who, prepared: Answer, tx: Tx, response: Response
) -> Done:
    given = body.decision == "given"
    record = await use_cases.record_answer(tx, actor, case_id, prepared, given=given)
    where = f"/v1/consents/{record.id}"
    return done(tx, response, record.id, record.revision, status=201, location=where)


@router.get("/v1/cases/{case_id}/consents", summary="The consent records of a case, oldest first")
async def list_consents(
    case_id: UUID, actor: Who, tx: Tx, running: Running, page: Page
) -> Listing[queries.ConsentSummary]:
    await require_case(tx, actor, "consent.inspect", case_id)
    items = await queries.consents(tx, case_id, position(page.after), page.limit)
    _read(tx, case_id, "consent")
    return Listing(
        items=items,
        next=following(items, page, "created_at", "id"),
        moves=await offers.of_case(tx, actor, running, case_id),
    )


@router.get("/v1/consents", summary="Your organisation's consents on cases that you may read")
async def list_consents_across_cases(
    actor: Who,
    tx: Tx,
    page: Page,
    filters: Annotated[worklist_queries.ConsentFilters, Depends()],
    sort: SortQuery = Order.NEWEST,
    count: CountQuery = False,
) -> CountedListing[worklist_queries.ConsentRow]:
    require(actor, worklist_queries.READ, organisation=actor.organisation)
    asked = RowQuery(filters.asked(), sort)
    consents, after = worklist_queries.WORKLIST, position(page.after)
    items = await page_of(tx, actor, consents, asked, after=after, limit=page.limit)
    await require_named(tx, actor, worklist_queries.READ, asked.filters, items, page)
    counted = await count_of(tx, actor, consents, asked) if count else None
    return CountedListing(items=items, next=following(items, page, "sorted_at", "consent_id"), count=counted)


@router.get("/v1/consents/{consent_id}", summary="A consent record with all its revisions")
async def get_consent(
    consent_id: UUID, actor: Who, tx: Tx, running: Running, response: Response
) -> queries.ConsentView:
    case_id = await records.case_for(tx, actor, "consent.inspect", consent_id)
    view = await queries.consent(tx, consent_id)
    view.moves = await offers.of_record(tx, actor, running, consent_id)
    _read(tx, case_id, "consent", consent_id)
    response.headers["ETag"] = etag(view.revision)
    return view


@router.post(
    "/v1/consents/{consent_id}/renew",
    responses=ENDS,
    summary="She was asked again and agreed, to more or less",
)
async def renew_consent(
    consent_id: UUID,  # noqa: ARG001  # the dependency reads it
    body: AgreedForm,  # noqa: ARG001
    actor: Who,
    expected: Seen,
    prepared: Renewal,
    running: Running,
    request: Request,
    response: Response,
) -> EndOutcome:
    async with one_transaction(request, actor) as tx:
        record = await use_cases.renew(tx, actor, running.settings.cell, prepared, expected)
        remember_end(tx, response, record)
    return await settled(running, actor.origin(), record, response)


class Guardian(BaseModel):
    """The person who speaks for the child, as it was recorded, for the second person to look at."""

    consent_id: UUID
    name: str | None
    relationship: Annotated[str, Code("guardian_relationship")] | None


@router.get("/v1/consents/{consent_id}/guardian", summary="Who speaks for the child")
async def get_guardian(consent_id: UUID, actor: Who, running: Running, response: Response) -> Guardian:
    async with running.database.transaction(actor.origin()) as tx:
        case_id = await records.case_for(tx, actor, "consent.read", consent_id)
        response.headers["ETag"] = etag((await queries.consent(tx, consent_id)).revision)
        sealed = await queries.guardian(tx, consent_id)
        person_id = await person_of(tx, case_id)
        _read(tx, case_id, "consent", consent_id)
    places = [Sealing(person_id, f"consent.{what}", consent_id, text) for what, text in sealed.items()]
    opened = dict(zip(sealed, await running.vault.open_many(places), strict=True))
    response.headers["Cache-Control"] = "no-store"
    return Guardian(
        consent_id=consent_id,
        name=opened.get("guardian"),
        relationship=opened.get("guardian_relationship"),
    )


@router.post(
    "/v1/consents/{consent_id}/confirm-guardian",
    summary="A second person has looked at who speaks for the child; until then nothing is disclosed",
)
async def confirm_guardian(
    consent_id: UUID,
    body: ConfirmForm,  # noqa: ARG001  # saying it is the content
    actor: Who,
    tx: Tx,
    expected: SeenExactly,
    response: Response,
) -> Done:
    """`If-Match` says which speaker was looked at; `*` says of none."""
    record = await use_cases.confirm_guardian(tx, actor, consent_id, expected)
    return done(tx, response, record.id, record.revision)


@router.post(
    "/v1/consents/{consent_id}/withdraw",
    responses=ENDS,
    summary="She takes it back; nothing is asked, no reason needed",
)
async def withdraw_consent(consent_id: UUID, actor: Who, running: Running, response: Response) -> EndOutcome:
    """Sent again it does and answers the same anew, so an Idempotency-Key adds nothing and is passed over."""
    async with running.database.transaction(actor.origin()) as tx:
        record = await use_cases.withdraw(tx, actor, consent_id)
    return await settled(running, actor.origin(), record, response)


@router.post(
    "/v1/consents/{consent_id}/withdraw-part",
    responses=ENDS,
    summary="She takes a part back: recipients, purposes, categories; nothing is asked, no reason needed",
)
async def withdraw_part(
    consent_id: UUID, body: PartForm, actor: Who, running: Running, response: Response
) -> EndOutcome:
    """The rest of her consent stands. The command only takes away, so no version is asked for and sending it twice is
    no error.
    """
    async with running.database.transaction(actor.origin()) as tx:
        record = await use_cases.withdraw_part(tx, actor, running.settings.cell, consent_id, body.part())
    return await settled(running, actor.origin(), record, response)


@router.post("/v1/consents/{consent_id}/revoke", responses=ENDS, summary="Ended by another than the person")
async def revoke_consent(
    consent_id: UUID, actor: Who, running: Running, request: Request, expected: IfMatch, response: Response
) -> EndOutcome:
    async with one_transaction(request, actor) as tx:
        record = await use_cases.revoke(tx, actor, consent_id, expected)
        remember_end(tx, response, record)
    return await settled(running, actor.origin(), record, response)


@router.post(
    "/v1/grants/{disclosure_id}/withdraw",
    responses=ENDS,
    summary="She takes back, through those who have her now, what was disclosed to them inside this country",
)
async def withdraw_grant(
    disclosure_id: UUID, actor: Who, running: Running, response: Response, body: ScopeForm | None = None
) -> EndOutcome:
    """After a hand-over nobody need go back to the organisation that asked her then. A grant from abroad is withdrawn
    there.

    Without a body, all of her consent ends: nobody is left out because a form was.

    Her record is a row of the organisation that asked her, so row-level security is lifted; the use case asks for the
    right to this grant.
    """
    origin = replace(actor.origin(), rows_of=EVERYBODY)
    async with running.database.transaction(origin) as tx:
        whole = (body or ScopeForm()).scope == "all"
        record = await use_cases.withdraw_granted(
            tx, actor, running.settings.cell, disclosure_id, whole=whole
        )
    return await settled(running, origin, record, response)


def remember_end(tx: Transaction, response: Response, record: ConsentRecord) -> None:
    """Remember the answer as it is certain at the commit: complete only where nothing was under way."""
    done(tx, response, record.id, record.revision, status=WAITING if record.fence_due else COMPLETE)


async def settled(running: Service, origin: Origin, record: ConsentRecord, response: Response) -> EndOutcome:
    waiting = await fencing.settle(running, origin, record.id)
    response.status_code = WAITING if waiting else COMPLETE
    response.headers["ETag"] = etag(record.revision)
    return EndOutcome(id=record.id, version=record.revision, complete=not waiting, waiting_for=list(waiting))


@router.get("/v1/consents/{consent_id}/receipt", summary="Her receipt, signed")
async def get_receipt(consent_id: UUID, actor: Who, tx: Tx, running: Running) -> Receipt:
    case_id = await records.case_for(tx, actor, "consent.inspect", consent_id)
    view = await queries.consent(tx, consent_id)
    person_id = await person_of(tx, case_id)
    _read(tx, case_id, "consent", consent_id)
    return receipt_of(view, person_id, running.settings.cell, running.parts.signer)


@router.get(
    "/v1/consents/{consent_id}/receipt/paper",
    summary="Her receipt to print, in her language, with no word that would betray her",
    response_class=PdfResponse,
)
async def get_receipt_paper(
    consent_id: UUID, actor: Who, running: Running, language: Annotated[PaperLanguage | None, Query()] = None
) -> PdfResponse:
    """Without `language`, the one in which she was asked."""
    async with running.database.transaction(actor.origin()) as tx:
        case_id = await records.case_for(tx, actor, "consent.read", consent_id)
        view = await queries.consent(tx, consent_id)
        person_id = await person_of(tx, case_id)
        _read(tx, case_id, "consent", consent_id)
    printed = receipt_paper.printed(view)
    code = await papers.code_of(running, printed, person_id)
    async with running.database.transaction(actor.origin()) as tx:
        await records.case_for(tx, actor, "consent.read", consent_id)  # still allowed, now that it is shown
        await hold_unerased(tx, case_id)
        if (await records.record_of(tx, consent_id)).revision != view.revision:
            raise Unavailable("it has changed since it was read")
        await papers.remember(tx, printed, code)
    used = paper_language(language, view.terms.language or "", *running.settings.country.languages)
    check = papers.check_of(running, code, used)
    paper = receipt_paper.receipt_paper(view, used, running.settings.zone, check)
    return PdfResponse(await pdf(paper))


@router.get(
    "/v1/cases/{case_id}/ledger", summary="What was authorised, sealed, delivered, recalled and answered"
)
async def list_ledger_entries(case_id: UUID, actor: Who, tx: Tx, page: Page) -> Listing[queries.LedgerEntry]:
    await require_case(tx, actor, "consent.inspect", case_id)
    (after,) = positioned(page.after, number) or (0,)
    items = await queries.ledger(tx, case_id, after, page.limit)
    _read(tx, case_id, "ledger")
    return Listing(items=items, next=following(items, page, "position"))


@router.get("/v1/cases/{case_id}/grants", summary="What others' consents let this case's organisation do")
async def list_grants(
    case_id: UUID, actor: Who, tx: Tx, running: Running, page: Page
) -> Listing[queries.GrantedView]:
    await require_case(tx, actor, "consent.inspect", case_id)
    (after,) = positioned(page.after, UUID) or (None,)
    items = await queries.grants(tx, case_id, after, page.limit)
    await offers.of_grants(tx, actor, running, case_id, items)
    _read(tx, case_id, "disclosure")
    return Listing(items=items, next=following(items, page, "disclosure_id"))


def _read(tx: Transaction, case_id: UUID, resource: str, resource_id: UUID | None = None) -> None:
    tx.say(RecordReadV1(case_id=case_id, resource=resource, resource_id=resource_id))
