"""Routes of drafts: begin an intake or a screening, save it half-way, take up a colleague's, submit, abandon, resume."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from chassis.identity.access import require, rights_in, rights_of
from chassis.identity.auth import Actor
from chassis.service import Running, Service
from chassis.web.http import Done, IfMatch, Listing, Page, Seen, Tx, Who, done, etag, following
from chassis.web.moves import MoveView, Offer
from chassis.web.named import require_named
from chassis.web.positions import position
from contracts.casefile.own_number import OwnNumber
from contracts.casefile.urgent import FLAGS
from contracts.checklist.forms import ListCode
from contracts.form import Form
from contracts.types import GivenInstant, KnownCode, Pseudonym
from services.intake.casefile.api.cases import FieldsForm, Flag, OpenedBy, person_of
from services.intake.casefile.api.prepared import case_to_write
from services.intake.casefile.domain.case import Case, CaseVerb, urgency_of
from services.intake.casefile.flagging import sealed_flags
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.store import cases
from services.intake.drafts import queries, store, use_cases
from services.intake.drafts.content import begun, merged, require_known, require_of_kind, saved, whole
from services.intake.drafts.domain.draft import Draft, DraftKind, DraftState, DraftVerb, passes
from services.intake.drafts.sealing import open_content, seal_content
from services.intake.drafts.use_cases import NewDraft, RemindAt, SealedContent, SubmittedDraft
from services.intake.identification.domain import checklist

router = APIRouter(tags=["drafts"])
DRAFT = "/v1/drafts/{draft_id}"

Answers = Annotated[
    dict[str, Annotated[str, KnownCode("answer")] | None],
    Field(max_length=300, description="answers by indicator; null takes one back"),
]


FormAnswers = Annotated[
    dict[str, str | list[str] | None],
    Field(
        max_length=300,
        description="answers by question of the form that it was begun with; null takes one back",
    ),
]


class SavedIntakeForm(Form):
    """The answers so far; everything may be missing, and a value may be half of one. Only names are checked now."""

    channel: OpenedBy | None = None
    urgency: Annotated[str, KnownCode("urgency")] | None = None
    fields: Annotated[FieldsForm | None, Field(description="each by itself; null takes one back")] = None
    own_number: OwnNumber | None = None
    languages: Annotated[list[Annotated[str, KnownCode("language")]] | None, Field(max_length=2)] = None
    flags: Annotated[
        list[Flag] | None,
        Field(max_length=len(FLAGS), description="urgent flags; a new one is told to a supervisor at once"),
    ] = None


class IntakeDraftForm(SavedIntakeForm):
    """An intake as it is begun. `form` is one of the cell's own (`GET /v1/forms`), and stays what was begun with."""

    form: ListCode | None = None


class SaveDraftForm(SavedIntakeForm):
    """Members that are not named stay. `answers` are a screening's, everything else is an intake's."""

    answers: Answers | None = None
    form_answers: FormAnswers | None = None


class ScreeningDraftForm(Form):
    checklist: Annotated[str, KnownCode("checklist")]
    answers: Annotated[Answers, Field(default_factory=dict)]


def _reminders(service: Service) -> RemindAt:
    def remind_at(urgency: str, start: datetime) -> datetime:
        return service.settings.country.response_clock.deadlines(urgency, start).remind_at

    return remind_at


async def _begun_intake(body: IntakeDraftForm, request: Request, actor: Who, service: Running) -> NewDraft:
    """The person's key first, under identifiers that a retry of the same command finds again."""
    require(actor, store.WRITE_DRAFT, organisation=actor.organisation)
    content = begun(service, body.model_dump(exclude_unset=True))
    draft_id = await _identifier(request, actor, service)
    person_id = person_of(draft_id)
    await service.vault.create(person_id)
    flags = frozenset(body.flags or [])
    draft = Draft(
        draft_id,
        DraftKind.INTAKE,
        draft_id,
        person_id,
        actor.organisation,
        actor.subject,
        service.clock(),
        urgency_of(body.urgency or "routine", flags),
        content=await seal_content(service.vault, person_id, draft_id, content),
        flagged=bool(flags),
    )
    return NewDraft(draft)


async def _identifier(request: Request, actor: Actor, service: Service) -> UUID:
    key = request.headers.get("idempotency-key")
    return await service.own_key.identifier("draft", actor.issuer, actor.subject, key)


@router.post("/v1/drafts", status_code=201, summary="Begin an intake that nobody else hears of yet")
async def draft_case(
    actor: Who, new: Annotated[NewDraft, Depends(_begun_intake)], tx: Tx, service: Running, response: Response
) -> Done:
    return await _begun(tx, actor, new, service, response)


async def _begun_screening(
    case_id: UUID, body: ScreeningDraftForm, request: Request, actor: Who, service: Running
) -> NewDraft:
    case = await case_to_write(service, actor, CaseVerb.SCREEN, case_id)
    asked = checklist.checklists()[body.checklist]
    require_known(asked, body.answers)
    content = merged({}, {"answers": body.answers})
    draft_id = await _identifier(request, actor, service)
    raised = asked.raised(content["answers"])
    draft = Draft(
        draft_id,
        DraftKind.SCREENING,
        case_id,
        case.person_id,
        actor.organisation,
        actor.subject,
        service.clock(),
        case.urgency,
        checklist=asked.code,
        checklist_version=asked.version,
        content=await seal_content(service.vault, case.person_id, draft_id, content),
        flagged=bool(raised),
    )
    return NewDraft(draft, await sealed_flags(service, actor, case, raised) if raised else None)


@router.post(
    "/v1/cases/{case_id}/screening-drafts", status_code=201, summary="Begin a screening to be saved half-way"
)
async def draft_screening(
    actor: Who,
    new: Annotated[NewDraft, Depends(_begun_screening)],
    tx: Tx,
    service: Running,
    response: Response,
) -> Done:
    return await _begun(tx, actor, new, service, response)


async def _begun(tx: Tx, actor: Actor, new: NewDraft, service: Service, response: Response) -> Done:
    draft = await use_cases.begin_draft(tx, actor, new, _reminders(service), service.today())
    where = f"/v1/drafts/{draft.id}"
    return done(tx, response, draft.id, draft.version, status=201, location=where)


@dataclass(frozen=True, slots=True)
class DraftFilters:
    """The filters of the drafts; each that is given must hold."""

    kind: Annotated[Annotated[str, KnownCode("draft_kind")] | None, Query(description="only these")] = None
    state: Annotated[Annotated[str, KnownCode("draft_state")], Query(description="only these")] = (
        DraftState.OPEN
    )
    worker: Annotated[Pseudonym | None, Query(description="only those that this worker has")] = None
    flagged: Annotated[bool | None, Query(description="only those with an urgent flag, or without")] = None
    case_id: Annotated[UUID | None, Query(description="only the screenings of this case")] = None
    started_before: Annotated[
        GivenInstant | None, Query(description="only those that stand for longer than since this instant")
    ] = None


@router.get("/v1/drafts", summary="What was begun in your organisation and is not submitted, oldest first")
async def list_drafts(
    actor: Who, tx: Tx, page: Page, service: Running, filters: Annotated[DraftFilters, Depends()]
) -> Listing[queries.DraftSummary]:
    require(actor, "case.read", organisation=actor.organisation)
    asked = {name: value for name, value in asdict(filters).items() if value is not None}
    items = await queries.drafts(tx, actor, asked, after=position(page.after), limit=page.limit)
    await require_named(tx, actor, store.SCREEN, asked, items, page)
    moves = service.commands.open([Offer("draft_case", store.WRITE_DRAFT)], rights_of(actor))
    return Listing(items=items, next=following(items, page, "started_at", "id"), moves=moves)


class DraftView(queries.DraftSummary):
    """A draft with what was saved. Of one that was submitted or cleared nothing is left here."""

    channel: str | None = None
    fields: Annotated[dict[str, str | list[str]], Field(default_factory=dict)]
    languages: Annotated[list[str], Field(default_factory=list)]
    flags: Annotated[list[str], Field(default_factory=list)]
    answers: Annotated[dict[str, str], Field(default_factory=dict)]
    form: Annotated[str | None, Field(description="the form that the intake was begun with")] = None
    form_version: str | None = None
    form_answers: Annotated[dict[str, str | list[str]], Field(default_factory=dict)]
    own_number: str | None = None
    moves: Annotated[list[MoveView], Field(default_factory=list)]


_VERBS = (DraftVerb.SAVE, DraftVerb.TAKE, DraftVerb.SUBMIT, DraftVerb.ABANDON, DraftVerb.RESUME)


@router.get(DRAFT, summary="A draft with what was saved, opened for you and logged")
async def get_draft(draft_id: UUID, actor: Who, service: Running, response: Response) -> DraftView:
    async with service.database.transaction(actor.origin()) as tx:
        draft = await store.get(tx, actor, draft_id)
        shown = await queries.draft(tx, draft_id)
        permitted = await _rights(tx, actor, draft)
        tx.say(record_read(draft.case_id, "draft", draft_id))
    content = await open_content(service.vault, draft)
    response.headers["Cache-Control"] = "no-store"
    response.headers["ETag"] = etag(draft.version)
    view = DraftView.model_validate({**shown.model_dump(), **content, "urgency": shown.urgency})
    action = _action(draft)
    offers = [Offer(f"{verb}_draft", action, _open_to(draft, verb)) for verb in _VERBS]
    view.moves = service.commands.open(offers, permitted, draft_id=draft_id)
    return view


def _action(draft: Draft) -> str:
    return store.WRITE_DRAFT if draft.kind is DraftKind.INTAKE else store.SCREEN


def _open_to(draft: Draft, verb: DraftVerb) -> bool:
    return passes(draft.state, verb) and not (verb is DraftVerb.ABANDON and draft.stands)


async def _rights(tx: Any, actor: Actor, draft: Draft) -> Callable[[str], bool]:
    if draft.kind is DraftKind.INTAKE:
        return rights_of(actor)
    return await rights_in(tx, actor, draft.case_id)


async def _looked_at(service: Service, actor: Actor, draft_id: UUID) -> tuple[Draft, Case | None]:
    """The draft as it is now and the case of a screening, in a short transaction of its own."""
    async with service.database.transaction(actor.origin()) as tx:
        draft = await store.get(tx, actor, draft_id)
        if draft.kind is DraftKind.INTAKE:
            return draft, None
        return draft, await cases.get(tx, actor, store.SCREEN, draft.case_id)


async def _saved(draft_id: UUID, body: SaveDraftForm, actor: Who, service: Running) -> SealedContent | None:
    draft, case = await _looked_at(service, actor, draft_id)
    if not passes(draft.state, DraftVerb.SAVE):
        return None
    sent = body.model_dump(exclude_unset=True)
    require_of_kind(draft, sent)
    return await saved(service, actor, draft, case, sent)


@router.patch(DRAFT, summary="Save a draft half-way")
async def save_draft(
    draft_id: UUID,
    actor: Who,
    seen: Seen,
    content: Annotated[SealedContent | None, Depends(_saved)],
    tx: Tx,
    service: Running,
    response: Response,
) -> Done:
    draft = await use_cases.save_draft(
        tx, actor, draft_id, seen, content, _reminders(service), service.today()
    )
    return done(tx, response, draft_id, draft.version)


@router.post(f"{DRAFT}/take", summary="Take up a draft, a colleague's or one of your own")
async def take_draft(draft_id: UUID, actor: Who, seen: IfMatch, tx: Tx, response: Response) -> Done:
    draft = await use_cases.take_draft(tx, actor, draft_id, seen)
    return done(tx, response, draft_id, draft.version)


async def _whole(draft_id: UUID, actor: Who, service: Running) -> SubmittedDraft | None:
    draft, _ = await _looked_at(service, actor, draft_id)
    return await whole(service, actor, draft) if passes(draft.state, DraftVerb.SUBMIT) else None


@router.post(
    f"{DRAFT}/submit", summary="Submit a draft: the intake opens its case, the screening gives its result"
)
async def submit_draft(
    draft_id: UUID,
    actor: Who,
    seen: IfMatch,
    submitted: Annotated[SubmittedDraft | None, Depends(_whole)],
    tx: Tx,
    service: Running,
    response: Response,
) -> Done:
    draft = await use_cases.submit_draft(tx, actor, draft_id, seen, submitted, service.today())
    where = f"/v1/cases/{draft.case_id}"
    if draft.kind is DraftKind.SCREENING:
        where += f"/screenings/{draft.result_id}"
    return done(tx, response, draft.result_id or draft_id, draft.version, location=where)


class AbandonForm(Form):
    reason: Annotated[str, KnownCode("draft_abandonment")]


@router.post(f"{DRAFT}/abandon", summary="Give a draft up; it can be resumed for seven days")
async def abandon_draft(
    draft_id: UUID, body: AbandonForm, actor: Who, seen: IfMatch, tx: Tx, response: Response
) -> Done:
    draft = await use_cases.abandon_draft(tx, actor, draft_id, seen, body.reason)
    return done(tx, response, draft_id, draft.version)


@router.post(f"{DRAFT}/resume", summary="Resume a draft that was given up")
async def resume_draft(
    draft_id: UUID, actor: Who, seen: IfMatch, tx: Tx, service: Running, response: Response
) -> Done:
    draft = await use_cases.resume_draft(tx, actor, draft_id, seen, _reminders(service))
    return done(tx, response, draft_id, draft.version)
