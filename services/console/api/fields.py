"""Pages: what is known of her, one field of it to record or correct, by its number, and her urgent flags to raise or lower."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from chassis.problems import NotFound
from contracts.casefile.fields import FIELDS
from services.console import answers
from services.console.api.consents import Done
from services.console.api.forms import begun_form, received, shown_again
from services.console.asking import at_once
from services.console.commands.field_forms import DONE, NAMES, RECORD, flags_form, form_of, standing, stands
from services.console.commands.form import Command
from services.console.visiting import Anybody, Visitor, Who

router = APIRouter()


@router.get("/cases/{case_id}/fields")
async def list_fields(case_id: UUID, who: Who, done: Done = "") -> Response:
    case, found = await at_once(
        who.voice.ask(answers.CASE, case_id=case_id), who.voice.ask(answers.FIELDS, case_id=case_id)
    )
    numbered = list(enumerate(NAMES, 1))
    recorded = [(number, name) for number, name in numbered if name in found.value.fields]
    others: dict[str, list[tuple[int, str]]] = {}
    for number, name in numbered:
        if name not in found.value.fields:
            others.setdefault(FIELDS[name].category, []).append((number, name))
    return who.page(
        "known-fields.html", case_id=case_id, values=found.value.fields, recorded=recorded, others=others,
        may_record=any(move.verb == RECORD.operation for move in case.value.moves),
        done=DONE if done == RECORD.operation else "",
    )  # fmt: skip


@router.get("/cases/{case_id}/fields/{number:int}")
async def show_field(case_id: UUID, number: int, who: Who) -> Response:
    form = _form(who, case_id, number)
    if before := await who.typed_before():
        return await shown_again(who, form, str(case_id), before)
    case, found = await at_once(
        who.voice.ask(answers.CASE, case_id=case_id), who.voice.ask(answers.FIELDS, case_id=case_id)
    )
    return await begun_form(who, form, str(case_id), stands(number, found.value), case)


@router.post("/cases/{case_id}/fields/{number:int}")
async def send_field(case_id: UUID, number: int, visitor: Anybody, request: Request) -> Response:
    return await received(visitor, request, _form(visitor, case_id, number), str(case_id))


@router.get("/cases/{case_id}/flags")
async def show_flags(case_id: UUID, who: Who) -> Response:
    form = flags_form(case_id)
    if before := await who.typed_before():
        return await shown_again(who, form, str(case_id), before)
    case, found = await at_once(
        who.voice.ask(answers.CASE, case_id=case_id), who.voice.ask(answers.FIELDS, case_id=case_id)
    )
    return await begun_form(who, form, str(case_id), standing(found.value), case)


@router.post("/cases/{case_id}/flags")
async def send_flags(case_id: UUID, visitor: Anybody, request: Request) -> Response:
    return await received(visitor, request, flags_form(case_id), str(case_id))


def _form(visitor: Visitor, case_id: UUID, number: int) -> Command:
    if not 1 <= number <= len(NAMES):
        raise NotFound
    return form_of(case_id, number, visitor.reader.field(NAMES[number - 1]))
