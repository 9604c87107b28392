"""Pages of a supervisor: the team, its cases given on, who is away, and who has seen a person's data."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from services.console.answers import CASES, TEAM
from services.console.api.cases import Code, Position
from services.console.api.forms import begun_form
from services.console.asking import at_once
from services.console.commands import COMMANDS, offered
from services.console.commands.form import OURS
from services.console.names import names_of, organisations
from services.console.team_answers import LATE_REFERRALS, LATE_RETURNS, LEAVES, READINGS
from services.console.visiting import Who, WhoByForm

router = APIRouter()
ROWS, LATEST = 25, 25
GIVEN = "assign_cases"


@router.get("/team")
async def show_team(who: Who) -> Response:
    voice, late = who.voice, {"late": True, "limit": LATEST}
    team, unattended, referrals, returns, known = await at_once(
        voice.ask(TEAM),
        voice.panel(CASES, query={"unattended": True, "names": "none", "limit": LATEST}),
        voice.panel(LATE_REFERRALS, query=late),
        voice.panel(LATE_RETURNS, query=late),
        organisations(voice),
    )
    gives = any(command.verb == GIVEN for command in offered(team.value.moves))
    return who.page(
        "team.html", loads=team.value.items, unattended=unattended, referrals=referrals, returns=returns,
        names=names_of(known), gives=gives,
    )  # fmt: skip


@router.get("/team/cases")
async def show_team_again(who: Who) -> Response:
    """Where somebody comes who chooses another language, or loads it again, after choosing a worker."""
    return who.sent_to("/team")


@router.post("/team/cases")
async def choose_worker(who: WhoByForm, worker: Annotated[str, Form(max_length=80)] = "") -> Response:
    """The cases of one worker, whose name stands in no address."""
    return await begun_form(who, COMMANDS[GIVEN], OURS, {"instead_of": [worker] if worker else []})


@router.get("/leaves")
async def list_leaves(who: Who, done: Code = "", after: Position = "") -> Response:
    query = {"limit": ROWS, **({"after": after} if after else {})}
    found = await who.voice.ask(LEAVES, query=query)
    said = COMMANDS[done].done if done in COMMANDS else ""
    return who.page(
        "leaves.html",
        leaves=found.value,
        moves={leave.id: offered(leave.moves) for leave in found.value.items},
        buttons=offered(found.value.moves),
        after=after,
        done=said,
    )


@router.get("/cases/{case_id}/readings")
async def list_readings(
    case_id: UUID,
    who: Who,
    only: Annotated[str, Query(pattern=r"^(|looked|refused)$")] = "",
    after: Position = "",
) -> Response:
    """The readings of what is known about her, and the attempts at it. That this was looked at is on record too."""
    query: dict[str, object] = {"limit": ROWS}
    if only:
        query["allowed"] = only == "looked"
    if after:
        query["after"] = after
    found, known = await at_once(
        who.voice.ask(READINGS, case_id=case_id, query=query), organisations(who.voice)
    )
    return who.page(
        "readings.html",
        case_id=case_id,
        readings=found.value,
        names=names_of(known),
        only=only,
        after=after,
    )
