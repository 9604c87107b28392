"""Routes: calls to the hotline, from the first word to a case, or to nothing."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.identity.access import require, rights_in, rights_of
from chassis.identity.auth import Actor
from chassis.service import Running, Service
from chassis.web.http import Done, IfMatch, Listing, Page, Seen, Tx, Who, done, etag, following
from chassis.web.moves import MoveView, Offer
from chassis.web.named import require_named
from chassis.web.positions import position
from contracts.types import Code, GivenInstant, KnownCode
from services.intake.casefile.api.cases import OpenForm, person_of, sealed_case
from services.intake.casefile.api.prepared import case_to_write, checked_fields
from services.intake.casefile.domain.case import CaseVerb, passes
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.store import cases
from services.intake.casework.store import tasks
from services.intake.reports import queries, use_cases
from services.intake.reports.api.forms import (
    AttachCallForm,
    CallbackForm,
    CallCaseForm,
    CloseCallForm,
    SaveCallForm,
    StartCallForm,
)
from services.intake.reports.content import (
    content_of,
    found_call,
    hers,
    merged,
    new_steps,
    nobodys,
    saved,
    times_of,
    urgency_in,
)
from services.intake.reports.domain.calls import Call, CallVerb, own_key
from services.intake.reports.sealing import make_own_key, open_call, seal_call
from services.intake.reports.store import calls
from services.intake.reports.use_cases import CallCase, MovedCall, NewCall, SavedCall

router = APIRouter(prefix="/v1/calls", tags=["calls"])
CALL = "/{call_id}"
HOTLINE = "hotline"
"""The channel of a case that a call became."""
OPEN_CASE = "case.open"


async def _started(body: StartCallForm, request: Request, actor: Who, service: Running) -> NewCall:
    """A key of its own first, which nothing else will ever be under."""
    require(actor, calls.WRITE, organisation=actor.organisation)
    key = request.headers.get("idempotency-key")
    call_id = await service.own_key.identifier("call", actor.issuer, actor.subject, key)
    content = merged({}, body.model_dump(exclude={"kind"}))
    owner, flags = own_key(call_id, 0), content.get("flags", [])
    await make_own_key(service.vault, owner)
    words = await seal_call(service.vault, call_id, owner, 0, content)
    call = Call(
        call_id,
        actor.organisation,
        actor.subject,
        body.kind,
        urgency_in(content),
        service.clock(),
        owner,
        words.content,
        flagged=bool(flags),
    )
    return NewCall(call, await new_steps(service, flags))


@router.post("", status_code=201, summary="Write down a call to the hotline; no name is asked for")
async def start_call(
    actor: Who, new: Annotated[NewCall, Depends(_started)], tx: Tx, service: Running, response: Response
) -> Done:
    call = await use_cases.start_call(tx, actor, new, times_of(service))
    return done(tx, response, call.id, call.version, status=201, location=f"/v1/calls/{call.id}")


@dataclass(frozen=True, slots=True)
class CallFilters:
    """The filters of a list of calls; each that is given must hold."""

    state: Annotated[Annotated[str, KnownCode("call_state")] | None, Query(description="only these")] = None
    mine: Annotated[bool | None, Query(description="only those that you took")] = None
    kind: Annotated[Annotated[str, KnownCode("call_kind")] | None, Query(description="only these")] = None
    urgency: Annotated[Annotated[str, KnownCode("urgency")] | None, Query(description="only these")] = None
    flagged: Annotated[bool | None, Query(description="only those with an urgent flag, or without")] = None
    since: Annotated[GivenInstant | None, Query(description="only those from this instant on")] = None
    case_id: Annotated[UUID | None, Query(description="only those that are part of this case")] = None

    def asked(self, actor: Actor) -> dict[str, object]:
        plain = {name: value for name, value in asdict(self).items() if name != "mine" and value is not None}
        return {**plain, "mine": actor.subject} if self.mine else plain


@router.get("", summary="The calls of your organisation, newest first, without a word of them")
async def list_calls(
    actor: Who, tx: Tx, page: Page, service: Running, filters: Annotated[CallFilters, Depends()]
) -> Listing[queries.CallSummary]:
    require(actor, calls.READ, organisation=actor.organisation)
    asked = filters.asked(actor)
    items = await queries.calls(tx, actor, asked, position(page.after), page.limit)
    await require_named(tx, actor, calls.READ, asked, items, page)
    moves = service.commands.open([Offer("start_call", calls.WRITE)], rights_of(actor))
    return Listing(items=items, next=following(items, page, "started_at", "id"), moves=moves)


class CallView(queries.CallSummary):
    """A call with what was said. Nothing of it is left where it was cleared, or erased with her in whose case it is."""

    language: Annotated[str, Code("language")] | None = None
    text: str | None = None
    callback: CallbackForm | None = None
    flags: list[str] = []
    moves: list[MoveView] = []


@router.get(CALL, summary="A call with what was said, opened for you and logged")
async def get_call(call_id: UUID, actor: Who, service: Running, response: Response) -> CallView:
    async with service.database.transaction(actor.origin()) as tx:
        call = await calls.get(tx, actor, calls.READ, call_id)
        shown = await queries.call(tx, call_id)
        moves = await _offers(tx, actor, call, service)
        tx.say(record_read(call.case_id or call_id, "call", call_id))
    content = await open_call(service.vault, call) or {}
    response.headers["Cache-Control"] = "no-store"
    response.headers["ETag"] = etag(call.version)
    view = CallView.model_validate({**content, **shown.model_dump()})
    view.moves = moves
    return view


async def _offers(tx: Tx, actor: Actor, call: Call, service: Service) -> list[MoveView]:
    """The moves of the call; taking it out of a case is asked of that case."""
    open_steps = await tasks.has_open_steps(tx, call.id)
    gates = {
        "save_call": call.passes(CallVerb.SAVE),
        "close_call": call.passes(CallVerb.CLOSE) and not open_steps,
        "reopen_call": call.passes(CallVerb.REOPEN),
        "attach_call": call.passes(CallVerb.ATTACH),
        "open_call_case": call.passes(CallVerb.ATTACH) and rights_of(actor)(OPEN_CASE),
    }
    offers = [Offer(route, calls.WRITE, gate) for route, gate in gates.items()]
    permitted = rights_of(actor)
    if call.case_id is not None:
        case = await cases.read(tx, call.case_id)
        lets = case is not None and passes(case.state, CaseVerb.DETACH_CALL)
        lets = lets and not await calls.is_erasure_requested(tx, call.case_id)
        offers.append(Offer("detach_call", calls.WRITE, call.passes(CallVerb.DETACH) and lets))
        permitted = await rights_in(tx, actor, call.case_id)
    return service.commands.open(offers, permitted, call_id=call.id)


async def _saved(call_id: UUID, body: SaveCallForm, actor: Who, service: Running) -> SavedCall | None:
    call = (await found_call(service, actor, call_id)).call
    if not call.passes(CallVerb.SAVE):
        return None
    return await saved(service, call, body.model_dump(exclude_unset=True))


@router.patch(CALL, summary="Save what else was said in a call")
async def save_call(
    call_id: UUID,
    actor: Who,
    seen: Seen,
    words: Annotated[SavedCall | None, Depends(_saved)],
    tx: Tx,
    service: Running,
    response: Response,
) -> Done:
    call = await use_cases.save_call(tx, actor, call_id, seen, words, times_of(service))
    return done(tx, response, call_id, call.version)


@router.post(f"{CALL}/close", summary="Close a call, with the reason")
async def close_call(
    call_id: UUID,
    body: CloseCallForm,
    actor: Who,
    seen: IfMatch,
    tx: Tx,
    service: Running,
    response: Response,
) -> Done:
    call = await use_cases.close_call(tx, actor, call_id, seen, body.reason, times_of(service))
    return done(tx, response, call_id, call.version)


@router.post(f"{CALL}/reopen", summary="Open a call again that was closed too early")
async def reopen_call(
    call_id: UUID, actor: Who, seen: IfMatch, tx: Tx, service: Running, response: Response
) -> Done:
    call = await use_cases.reopen_call(tx, actor, call_id, seen, times_of(service))
    return done(tx, response, call_id, call.version)


async def _attached(call_id: UUID, body: AttachCallForm, actor: Who, service: Running) -> MovedCall | None:
    case = await case_to_write(service, actor, CaseVerb.ATTACH_CALL, body.case_id)
    found = await found_call(service, actor, call_id)
    if not found.call.passes(CallVerb.ATTACH):
        return None
    return await hers(service, found, case.person_id, await content_of(service, found.call))


@router.post(f"{CALL}/attach", summary="Make a call part of a case of yours, as she consented")
async def attach_call(
    call_id: UUID,
    body: AttachCallForm,
    actor: Who,
    seen: IfMatch,
    moved: Annotated[MovedCall | None, Depends(_attached)],
    tx: Tx,
    response: Response,
) -> Done:
    call = await use_cases.attach_call(tx, actor, call_id, seen, body.case_id, body.agreed, moved)
    return done(tx, response, call_id, call.version)


async def _opened(
    call_id: UUID, body: CallCaseForm, request: Request, actor: Who, service: Running
) -> CallCase | None:
    require(actor, OPEN_CASE, organisation=actor.organisation)
    found = await found_call(service, actor, call_id)
    if not found.call.passes(CallVerb.ATTACH):
        return None
    content = await content_of(service, found.call)
    form = _case_form(body, content)
    fields = checked_fields(service, form.all_fields())
    key = request.headers.get("idempotency-key")
    case_id = await service.own_key.identifier("call-case", actor.issuer, actor.subject, key)
    person_id = person_of(case_id)
    await service.vault.create(person_id)
    case = await sealed_case(service, actor.organisation, form, fields, case_id, form.channel)
    return CallCase(case, await hers(service, found, person_id, content))


def _case_form(body: CallCaseForm, content: dict[str, Any]) -> OpenForm:
    spoken = [content["language"]] if "language" in content else []
    return OpenForm(
        channel=HOTLINE,
        urgency=body.urgency or urgency_in(content),
        fields=body.fields,
        languages=spoken if body.languages is None else body.languages,
        flags=content.get("flags", []) if body.flags is None else body.flags,
    )


@router.post(f"{CALL}/case", status_code=201, summary="Open a case with this call in it, as she consented")
async def open_call_case(
    call_id: UUID,
    body: CallCaseForm,
    actor: Who,
    seen: IfMatch,
    prepared: Annotated[CallCase | None, Depends(_opened)],
    tx: Tx,
    service: Running,
    response: Response,
) -> Done:
    case = await use_cases.open_call_case(tx, actor, call_id, seen, prepared, body.agreed, service.today())
    return done(tx, response, case.id, case.version, status=201, location=f"/v1/cases/{case.id}")


async def _detached(call_id: UUID, actor: Who, service: Running) -> MovedCall | None:
    found = await found_call(service, actor, call_id)
    if found.call.case_id is None:
        return None
    case = await case_to_write(service, actor, CaseVerb.DETACH_CALL, found.call.case_id)
    return await nobodys(service, found, case)


@router.post(f"{CALL}/detach", summary="Take a call out of a case: it was another's, or she takes it back")
async def detach_call(
    call_id: UUID,
    actor: Who,
    seen: IfMatch,
    moved: Annotated[MovedCall | None, Depends(_detached)],
    tx: Tx,
    service: Running,
    response: Response,
) -> Done:
    call = await use_cases.detach_call(tx, actor, call_id, seen, moved, times_of(service))
    return done(tx, response, call_id, call.version)
