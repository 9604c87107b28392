"""Pages: one case, all of whose parts are asked for at once."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console import answers
from services.console.answers import Move
from services.console.asking import PDF, Panel, Voice, at_once
from services.console.commands import COMMANDS, offered
from services.console.commands.field_forms import FLAGGED, FLAGS_SAVED
from services.console.names import names_of, organisations
from services.console.return_answers import RETURNS
from services.console.visiting import Who

router = APIRouter()
SHOWN = 20
OFFERING = ("notes", "tasks", "referrals", "returns", "closing")
"""The parts that offer something about the case besides the case itself."""
BESIDE = frozenset(
    {
        "assess_needs", "assess_age", "identify_case", "place_hold", "record_fields", "raise_task", "close_case", "resume_case",
    }
)  # fmt: skip
"""The forms that stand in a list, so that what is done every day stands first."""


@router.get("/cases/{case_id}")
async def show_case(
    case_id: UUID, who: Who, done: Annotated[str, Query(pattern=r"^[a-z_]{0,40}$")] = ""
) -> Response:
    found, panels = await at_once(who.voice.ask(answers.CASE, case_id=case_id), panels_of(who.voice, case_id))
    case = found.value
    holds = await who.voice.panel(answers.HOLDS, case_id=case_id) if case.on_hold else None
    free = offered(case.moves, *(_moves(panels[name]) for name in OFFERING))
    return who.page(
        "case.html",
        case=case,
        names=names_of(panels["organisations"]),
        buttons=[command for command in free if command.verb not in BESIDE],
        more=[command for command in free if command.verb in BESIDE],
        holds=holds,
        of_one=offered,
        beside=offered(_moves(panels["dependants"])),
        done=FLAGS_SAVED if done == FLAGGED else COMMANDS[done].done if done in COMMANDS else "",
        **panels,
    )


@router.get("/holds/{case_id}.{hold_id}/paper")
async def show_hold_paper(case_id: UUID, hold_id: UUID, who: Who) -> Response:
    """The certificate that she stays, as the service printed it. It is shown and not saved."""
    paper = await who.voice.paper(answers.HOLD_PAPER, case_id=case_id, hold_id=hold_id)
    return Response(paper, media_type=PDF, headers={"Content-Disposition": 'inline; filename="document.pdf"'})


async def panels_of(voice: Voice, case_id: UUID) -> dict[str, Panel[Any]]:
    """The parts of the page by their names, each with what its service answers."""
    of_case = {"case_id": case_id, "limit": SHOWN}
    asked = {
        "fields": voice.panel(answers.FIELDS, case_id=case_id),
        "needs": voice.panel(answers.NEEDS, case_id=case_id, query={"limit": 1}),
        "dependants": voice.panel(answers.DEPENDANTS, case_id=case_id),
        "notes": voice.panel(answers.NOTES, case_id=case_id, query={"limit": SHOWN}),
        "tasks": voice.panel(answers.TASKS, query={**of_case, "state": "open"}),
        "consents": voice.panel(answers.CONSENTS, case_id=case_id, query={"limit": SHOWN}),
        "referrals": voice.panel(answers.REFERRALS, query=of_case),
        "returns": voice.panel(RETURNS, query=of_case),
        "closing": voice.panel(answers.CLOSING, case_id=case_id),
        "timeline": voice.panel(answers.TIMELINE, case_id=case_id, query={"limit": 200}),
        "organisations": organisations(voice),
    }
    return dict(zip(asked, await at_once(*asked.values()), strict=True))


def _moves(panel: Panel[Any]) -> list[Move]:
    return [] if panel.value is None else panel.value.moves
