"""Routes: erasure on her request, and the report of her data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from chassis.clock import day_of
from chassis.database import Transaction
from chassis.identity.access import Rights, hold_case, rights_in
from chassis.identity.auth import Actor
from chassis.printing import papers
from chassis.printing.api import PdfResponse
from chassis.printing.paper import PaperLanguage, pdf
from chassis.printing.papers import PaperKind, PrintedPaper
from chassis.printing.words import paper_language
from chassis.problems import Unavailable
from chassis.service import Service
from chassis.vault.vault import Sealing
from chassis.web.code_lists import AcceptLanguage, preferred
from chassis.web.http import Done, Listing, Tx, Who, done
from chassis.web.moves import MoveView, Offer
from contracts.casefile.text import Paragraph
from contracts.form import Form
from contracts.internal import HeldData, HeldValue
from contracts.types import Code, KnownCode
from services.intake.casefile.domain.case import Case, CaseState
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.parts import Parts, Running
from services.intake.casefile.store import cases, dependants
from services.intake.rights import report_paper, store, use_cases
from services.intake.rights.domain.erasure import OPEN, Erasure, ErasureState, ErasureVerb
from services.intake.rights.domain.field_classes import REASON
from services.intake.rights.report import AccessReport, gather, report, without_names
from services.intake.rights.use_cases import CONFIRM, REQUEST
from services.intake.settings import Settings

router = APIRouter(tags=["rights"])
READ, REPORT = "erasure.read", "report.read"
ERASURE = "erasure"
"""The code of `recall_reason`."""
RIGHTS = {
    ErasureVerb.CANCEL: REQUEST,
    ErasureVerb.REFUSE: CONFIRM,
    ErasureVerb.CONFIRM: CONFIRM,
}


class ErasureForm(Form):
    """Her reason, in her words or the worker's. It is sealed, and goes with everything else."""

    reason: Paragraph


@dataclass(frozen=True, slots=True)
class _SealedRequest:
    id: UUID
    reason: str


async def _prepare(case_id: UUID, body: ErasureForm, actor: Who, service: Running) -> _SealedRequest:
    """Seal under the person's key before the transaction."""
    async with service.database.transaction(actor.origin()) as tx:
        person_id = await cases.person_of(tx, actor, REQUEST, case_id)
    erasure_id = uuid4()
    return _SealedRequest(erasure_id, await service.vault.seal(person_id, REASON, erasure_id, body.reason))


@router.post(
    "/v1/cases/{case_id}/erasures",
    status_code=201,
    summary="She asks that everything about her be erased; a second person decides",
)
async def request_erasure(
    case_id: UUID,
    actor: Who,
    sealed: Annotated[_SealedRequest, Depends(_prepare)],
    tx: Tx,
    response: Response,
) -> Done:
    await use_cases.request_erasure(tx, actor, case_id, sealed.id, sealed.reason)
    return done(tx, response, sealed.id, status=201, location=f"/v1/cases/{case_id}/erasures")


class ErasureView(BaseModel):
    """An erasure. `completed` says that the key is destroyed; old backups yield nothing once the wrapping key of `epoch` is
    destroyed too. `reason` is null when it has gone with everything else.
    """

    id: UUID
    case_id: UUID
    state: Annotated[ErasureState, Code("erasure_state")]
    reason: str | None
    organisation: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    confirmable_from: Annotated[
        datetime | None, Field(description="of a requested one: until then nobody can confirm it")
    ]
    law: Annotated[str, Code("retention_law")] | None
    destroyed_at: datetime | None
    epoch: str | None
    waits_for: Annotated[
        dict[str, int],
        Field(
            description="of a confirmed one: the services that still keep something under her key, and how many records"
        ),
    ] = {}
    waits_for_cases: Annotated[
        list[UUID],
        Field(
            description="of a requested one: merged cases of hers of which nobody has said whether they go too"
        ),
    ]
    linked_cases: Annotated[
        int,
        Field(
            description="of a requested one: open cases of persons who are linked with her; each stays, and nothing leads there any more"
        ),
    ] = 0
    moves: list[MoveView]


@router.get(
    "/v1/cases/{case_id}/erasures", summary="Erasures that she asked for, newest first, and where each stands"
)
async def list_erasures(
    case_id: UUID, actor: Who, service: Running, response: Response
) -> Listing[ErasureView]:
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, READ, case_id)
        found, permitted = await store.of_case(tx, case_id), await rights_in(tx, actor, case_id)
        open_ = [one for one in found if one.state is ErasureState.REQUESTED]
        undecided = {one.id: await store.undecided_cases(tx, one) for one in open_}
        linked = (await dependants.here(tx, [case_id])).get(case_id, 0)
        tx.say(record_read(case_id, "erasure"))
    reasons = await _reasons(service, found)
    waits = {one.id: await _waits_for(service, one) for one in found if one.state is ErasureState.CONFIRMED}
    response.headers["Cache-Control"] = "no-store"
    items = [
        _view(one, reasons.get(one.id), undecided.get(one.id, []), actor, service, permitted) for one in found
    ]
    for item in items:
        item.waits_for = waits.get(item.id, {})
        item.linked_cases = linked if item.state == ErasureState.REQUESTED else 0
    asks = case.state is not CaseState.ERASED and not any(one.state in OPEN for one in found)
    moves = service.commands.open([Offer("request_erasure", REQUEST, asks)], permitted, case_id=case_id)
    return Listing(items=items, moves=moves)


async def _reasons(service: Service, erasures: list[Erasure]) -> dict[UUID, str]:
    sealed = {one.id: Sealing(one.person_id, REASON, one.id, one.reason) for one in erasures if one.reason}
    opened = await service.vault.open_many(list(sealed.values()))
    return {key: text for key, text in zip(sealed, opened, strict=True) if text is not None}


async def _waits_for(service: Service, erasure: Erasure) -> dict[str, int]:
    held = await service.vault.held_by(erasure.person_id)
    return {name: count for name, count in held.items() if name != service.name}


def _view(
    erasure: Erasure,
    reason: str | None,
    undecided: list[UUID],
    actor: Actor,
    service: Service[Settings, Parts],
    permitted: Rights,
) -> ErasureView:
    until = erasure.requested_at + service.settings.erasure_wait
    early = {ErasureVerb.CONFIRM} if undecided or service.clock() < until else set()
    offers = [
        Offer(verb, right, verb not in early and erasure.lets(verb, actor.subject))
        for verb, right in RIGHTS.items()
    ]
    return ErasureView(
        id=erasure.id,
        case_id=erasure.case_id,
        state=erasure.state,
        reason=reason,
        organisation=erasure.organisation,
        requested_by=erasure.requested_by,
        requested_at=erasure.requested_at,
        decided_by=erasure.decided_by,
        decided_at=erasure.decided_at,
        waits_for_cases=undecided,
        confirmable_from=until if erasure.state is ErasureState.REQUESTED else None,
        law=erasure.law,
        destroyed_at=erasure.destroyed_at,
        epoch=erasure.epoch,
        moves=service.commands.open(offers, permitted, erasure_id=erasure.id),
    )


@router.post(
    "/v1/erasures/{erasure_id}/confirm",
    summary="As a second person: erase her. Nothing brings it back",
)
async def confirm_erasure(erasure_id: UUID, actor: Who, service: Running, tx: Tx, response: Response) -> Done:
    await use_cases.confirm_erasure(tx, actor, erasure_id, service.settings.erasure_wait)
    return done(tx, response, erasure_id)


class RefusalForm(Form):
    """The law under which everything is kept."""

    law: Annotated[str, KnownCode("retention_law")]


@router.post(
    "/v1/erasures/{erasure_id}/refuse",
    summary="As a second person: name the law that has everything kept; nothing is erased",
)
async def refuse_erasure(erasure_id: UUID, body: RefusalForm, actor: Who, tx: Tx, response: Response) -> Done:
    await use_cases.refuse_erasure(tx, actor, erasure_id, body.law)
    return done(tx, response, erasure_id)


@router.post(
    "/v1/erasures/{erasure_id}/cancel",
    summary="She does not want to be erased any more; until it is confirmed",
)
async def cancel_erasure(erasure_id: UUID, actor: Who, tx: Tx, response: Response) -> Done:
    await use_cases.cancel_erasure(tx, actor, erasure_id)
    return done(tx, response, erasure_id)


async def _held(service: Service, actor: Actor, action: str, case: Case) -> dict[str, HeldData]:
    """Everything that is held in this cell of the person of this case, for an actor who has this right still when all of it is there."""
    held = await gather(service, actor, case.id, case.person_id)
    async with service.database.transaction(actor.origin()) as tx:
        await _unerased_since(tx, actor, action, case)
        tx.say(record_read(case.id, "access-report"))
        return await without_names(tx, held)


async def _case(service: Service, actor: Actor, action: str, case_id: UUID) -> Case:
    async with service.database.transaction(actor.origin()) as tx:
        return await cases.get(tx, actor, action, case_id)


async def _unerased_since(tx: Transaction, actor: Actor, action: str, case: Case) -> None:
    """Nobody is shown after an erasure what was gathered before it. Raises Unavailable."""
    now = await cases.get(tx, actor, action, case.id)
    if (now.person_id, now.state is CaseState.ERASED) != (case.person_id, case.state is CaseState.ERASED):
        raise Unavailable("she was erased meanwhile, or referred again")


@router.get(
    "/v1/cases/{case_id}/access-report",
    summary="Everything that is held about her in this cell, for her to read and take along; logged",
)
async def get_access_report(
    case_id: UUID, actor: Who, service: Running, response: Response, accept_language: AcceptLanguage = None
) -> AccessReport:
    """Of members of staff it names the roles and organisations, and of nobody the name."""
    language = preferred(accept_language)
    held = await _held(service, actor, REPORT, await _case(service, actor, REPORT, case_id))
    response.headers.update(
        {"Cache-Control": "no-store", "Content-Language": language, "Vary": "Accept-Language"}
    )
    return report(case_id, held, language, service.settings.zone)


@router.get(
    "/v1/cases/{case_id}/access-report/paper",
    summary="The same to print, for her to take along; its first page tells nothing of her",
    response_class=PdfResponse,
)
async def get_access_report_paper(
    case_id: UUID, actor: Who, service: Running, language: Annotated[PaperLanguage | None, Query()] = None
) -> PdfResponse:
    """Without `language`, the country's own. Whatever the report needs, this needs, and it is logged alike."""
    used = paper_language(language, *service.settings.country.languages)
    zone = service.settings.zone
    case = await _case(service, actor, REPORT, case_id)
    held = await _held(service, actor, REPORT, case)
    shown = report(case_id, held, report_paper.label_language(used), zone)
    today = day_of(service.clock(), zone)
    code = await _number(service, actor, case, today)
    check = None if code is None else papers.check_of(service, code, used)
    return PdfResponse(await pdf(report_paper.paper_of(shown, used, today, check)))


async def _number(service: Service, actor: Actor, case: Case, today: date) -> str | None:
    """The number of a report that is printed today, remembered, for an actor who still may. None: of who is erased no paper is genuine."""
    if case.state is CaseState.ERASED:
        return None
    printed = PrintedPaper(PaperKind.REPORT, case.id, today.toordinal())
    code = await papers.code_of(service, printed, case.person_id)
    async with service.database.transaction(actor.origin()) as tx:
        await hold_case(tx, case.id)
        await _unerased_since(tx, actor, REPORT, case)
        await papers.remember(tx, printed, code)
    return code


class HeldKind(BaseModel):
    """How many rows of one kind a service holds; `kept_for` says why they stay."""

    service: str
    section: Annotated[str, Code("held_section")]
    rows: int
    kept_for: Annotated[str, Code("kept_reason")] | None


class ErasurePreview(BaseModel):
    """The effects that an erasure would have, or has had: nothing is decided by looking.

    `goes` and `stays` by kind; `asked` are the organisations that may read something or receive it yet, each asked to erase it, and `answered` what
    they did; `under_way` are the referrals and returns that are not over, which somebody has to end: she may be on the way. Other services' records under her key are
    in `sealed_under_her_key`: the key goes when they are released.
    """

    goes: list[HeldKind]
    stays: list[HeldKind]
    asked: list[list[HeldValue]]
    answered: list[list[HeldValue]]
    under_way: list[list[HeldValue]]
    sealed_under_her_key: dict[str, int]


@router.get(
    "/v1/cases/{case_id}/erasure-preview",
    summary="What would go if she were erased, what stays and why, and who would be asked; logged",
)
async def get_erasure_preview(
    case_id: UUID, actor: Who, service: Running, response: Response
) -> ErasurePreview:
    case = await _case(service, actor, READ, case_id)
    held = await _held(service, actor, READ, case)
    kinds = [
        HeldKind(service=name, section=section.section, rows=len(section.rows), kept_for=section.kept_for)
        for name, one in held.items()
        for section in one.sections
        if section.rows
    ]
    response.headers["Cache-Control"] = "no-store"
    return ErasurePreview(
        goes=[kind for kind in kinds if kind.kept_for is None],
        stays=[kind for kind in kinds if kind.kept_for is not None],
        asked=[
            row
            for row in rows_of(held, "disclosure")
            if _is_asked({value.name: value.value for value in row})
        ],
        answered=[row for row in rows_of(held, "sent") if any(value.name == "answer" for value in row)],
        under_way=[
            row
            for section in ("referral", "return")
            for row in rows_of(held, section)
            if all(value.name != "ended_at" for value in row)
        ],
        sealed_under_her_key=await service.vault.held_by(case.person_id),
    )


def _is_asked(disclosure: Mapping[str, Any]) -> bool:
    """True where she is disclosed, or was until the erasure: not where it was refused, or taken back for another reason before."""
    return "refusal" not in disclosure and disclosure.get("reason", ERASURE) == ERASURE


def rows_of(held: Mapping[str, HeldData], section: str) -> list[list[HeldValue]]:
    return [
        row.values
        for one in held.values()
        for part in one.sections
        if part.section == section
        for row in part.rows
    ]
