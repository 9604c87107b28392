"""Pages: what was begun and is not submitted, the first page of an intake, each step, and all of it read back."""

from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from chassis.problems import NotFound
from services.console import draft_answers
from services.console.api.cases import Position
from services.console.api.form_page import hidden
from services.console.api.form_refusals import AWAY
from services.console.api.forms import begun_form, received, shown_again, typed_in
from services.console.asking import NotTheirs, Panel, ServiceAway
from services.console.commands import COMMANDS, offered
from services.console.commands.draft_forms import BEGIN, SUBMIT
from services.console.commands.form import DRAFT, Command
from services.console.commands.interview import SAVE, URGENT, Step, form_of, steps_of, steps_with
from services.console.draft_answers import IntakeForm, OneDraft, ScreeningResult
from services.console.visiting import Anybody, SignedIn, Who

router = APIRouter()
ROWS = 25


@router.get("/drafts")
async def list_drafts(who: Who, after: Position = "") -> Response:
    query = {"limit": ROWS} | ({"after": after} if after else {})
    begun = await who.voice.ask(draft_answers.DRAFTS, query=query)
    may_begin = any(move.verb == BEGIN.verb for move in begun.value.moves)
    return who.page("drafts.html", begun=begun.value, may_begin=may_begin, after=after)


@router.get("/drafts/{draft_id}")
async def show_draft(
    draft_id: UUID, who: Who, done: Annotated[str, Query(pattern=r"^[a-z_]{0,40}$")] = ""
) -> Response:
    found = await who.voice.ask(draft_answers.DRAFT, draft_id=draft_id)
    draft, steps = found.value, await _steps(who, found.value)
    buttons = [one for one in offered(draft.moves) if one.subject is DRAFT]
    if draft.worker == who.session.person.name:
        buttons = [one for one in buttons if one.verb != "take_draft"]
    submit = next((one for one in buttons if one.verb == "submit_draft"), None)
    unanswered = [
        number
        for number, step in enumerate(steps, 1)
        if step is not URGENT and not any(said for _, said in step.answers(draft, who.reader))
    ]
    return who.page(
        "draft.html", draft=draft, steps=steps, done=COMMANDS[done].done if done in COMMANDS else "",
        may_save=_may_save(draft), go_on=unanswered[0] if unanswered else 0, left=len(unanswered),
        buttons=[one for one in buttons if one is not submit], submit=submit,
        hidden=hidden(who, submit, str(draft_id), found) if submit else {}, result=await _result(who, draft),
    )  # fmt: skip


@router.get("/drafts/{draft_id}/{number:int}")
async def show_step(draft_id: UUID, number: int, who: Who) -> Response:
    found = await who.voice.ask(draft_answers.DRAFT, draft_id=draft_id)
    if not _may_save(found.value):
        return who.sent_to(DRAFT.page_of(draft_id))
    steps = await _steps(who, found.value)
    form = _form(who, found.value, steps, number)
    if before := await who.typed_before():
        return await shown_again(who, form, str(draft_id), before)
    return await begun_form(who, form, str(draft_id), steps[number - 1].kept(found.value), found)


@router.post("/drafts/{draft_id}/{number:int}")
async def send_step(draft_id: UUID, number: int, visitor: Anybody, request: Request) -> Response:
    if visitor.session is None:
        return await received(visitor, request, BEGIN, str(draft_id))  # shows what was typed; nothing is sent
    who = SignedIn(visitor.request, visitor.service, visitor.reader, visitor.session)
    try:
        draft = (await who.voice.ask(draft_answers.DRAFT, draft_id=draft_id)).value
        form = _form(who, draft, await _steps(who, draft), number)
    except ServiceAway:
        return who.page("session-over.html", 503, away=AWAY, typed=await typed_in(request, BEGIN))
    return await received(visitor, request, form, str(draft_id))


@router.post("/drafts/{draft_id}/submit_draft")
async def submit_draft(draft_id: UUID, visitor: Anybody, request: Request) -> Response:
    """As every form is sent; what is refused of the questions of a form is named as they were asked."""
    command = SUBMIT
    if visitor.session is not None:
        who = SignedIn(visitor.request, visitor.service, visitor.reader, visitor.session)
        command = replace(SUBMIT, elsewhere={**SUBMIT.elsewhere, **await _asked(who, draft_id)})
    return await received(visitor, request, command, str(draft_id))


async def _asked(who: SignedIn, draft_id: UUID) -> dict[str, str]:
    """The questions of the form by their names; none where there is no form, or it cannot be read now."""
    try:
        form = await _form_asked(who, (await who.voice.ask(draft_answers.DRAFT, draft_id=draft_id)).value)
    except (NotTheirs, ServiceAway):
        return {}
    return {one.question: one.ask for section in (form.sections if form else ()) for one in section.questions}


def _may_save(draft: OneDraft) -> bool:
    return any(move.verb == SAVE.operation for move in draft.moves)


def _form(who: SignedIn, draft: OneDraft, steps: list[Step], number: int) -> Command:
    if not 1 <= number <= len(steps):
        raise NotFound
    return form_of(draft, steps, number, who.reader)


async def _steps(who: SignedIn, draft: OneDraft) -> list[Step]:
    """Steps of an intake, with its form, or the questions of the version of the checklist with which a screening was begun."""
    if draft.checklist is None:
        form = await _form_asked(who, draft)
        return list(steps_of(None) if form is None else steps_with(form))
    asked = await who.voice.ask(
        draft_answers.CHECKLIST,
        query={"language": who.reader.language},
        checklist=draft.checklist,
        version=draft.checklist_version,
    )
    return list(steps_of(asked.value))


async def _form_asked(who: SignedIn, draft: OneDraft) -> IntakeForm | None:
    """The version of the form with which it was begun; None for none, and where its file is gone."""
    if draft.form is None:
        return None
    query = {"language": who.reader.language}
    try:
        asked = await who.voice.ask(
            draft_answers.FORM, query=query, form=draft.form, version=draft.form_version
        )
    except NotTheirs:
        return None
    return asked.value


async def _result(who: SignedIn, draft: OneDraft) -> Panel[ScreeningResult] | None:
    if draft.checklist is None or draft.result_id is None:
        return None
    return await who.voice.panel(draft_answers.SCREENING, case_id=draft.case_id, screening_id=draft.result_id)
