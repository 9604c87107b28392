"""Pages: a person is looked for, cases that may be of one person, two of them side by side, and all that is held about one.

What is looked for is sent by POST, stands in no address and is not kept.
"""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Query
from pydantic import ValidationError
from starlette.responses import Response

from services.console.answers import CASES, Page
from services.console.asking import PDF, OrderRefused, Panel, ServiceAway, at_once
from services.console.commands import COMMANDS, offered
from services.console.matching_answers import ACCESS_REPORT, DUPLICATES, PAIR, SEARCH, FoundCase
from services.console.visiting import SignedIn, Who, WhoByForm
from services.console.words import marked

router = APIRouter()
NAMES = ("name", "born", "document", "telephone", "own_number")
NOTHING = marked("Write at least a name, a number of a paper, a telephone number or your own number")
UNREADABLE = marked("This cannot be read as it is written, or is too short to find anybody by")
ALONE = marked("Your own number is looked for alone: leave the others empty")
Text = Annotated[str, Form(max_length=300)]
DECISIONS = ("undecided", "same-person", "different-persons")


@router.get("/search")
async def begin_search(who: Who) -> Response:
    await who.voice.ask(
        CASES, query={"limit": 1, "names": "none"}
    )  # whoever has no list of cases finds no search
    return _page(who, {})


@router.post("/search")
async def search_person(
    who: WhoByForm, name: Text = "", born: Text = "", document: Text = "", telephone: Text = "", own_number: Text = "",
    after: Annotated[str, Form(max_length=400)] = "",
) -> Response:  # fmt: skip
    typed = dict(
        zip(NAMES, (one.strip() for one in (name, born, document, telephone, own_number)), strict=True)
    )
    sought = {name: said for name, said in typed.items() if said}
    if not sought.keys() - {"born"}:
        return _page(who, typed, {"name": NOTHING})
    if "own_number" in sought and len(sought) > 1:
        return _page(who, typed, {"own_number": ALONE})
    try:
        told = await who.voice.told(SEARCH, sought, str(uuid4()), "", query={"after": after} if after else {})
        found = Page[FoundCase].model_validate(told)
    except (ServiceAway, ValidationError):
        return _page(who, typed, away=True)
    except OrderRefused as refused:
        wrong = {part for error in refused.errors for part in error.get("loc", ()) if part in NAMES}
        return _page(who, typed, dict.fromkeys(wrong or {"name"}, UNREADABLE))
    return _page(who, typed, found=found, after=after)


def _page(
    who: SignedIn,
    typed: Mapping[str, str],
    faults: Mapping[str, str] | None = None,
    *,
    found: Page[FoundCase] | None = None,
    away: bool = False,
    after: str = "",
) -> Response:
    status = 422 if faults else 503 if away else 200
    return who.page(
        "find.html", status, typed=typed, faults=faults or {}, found=found, away=away, after=after
    )


@router.get("/cases/{case_id}/duplicates")
async def list_duplicates(case_id: UUID, who: Who) -> Response:
    asked = [
        who.voice.ask(DUPLICATES, case_id=case_id, query={"decision": DECISIONS[0]}),
        *(who.voice.panel(DUPLICATES, case_id=case_id, query={"decision": one}) for one in DECISIONS[1:]),
    ]
    first, *others = await at_once(*asked)
    lists = dict(zip(DECISIONS, [Panel(first), *others], strict=True))
    return who.page("duplicates.html", case_id=case_id, lists=lists)


@router.get("/cases/{case_id}/access-report")
async def show_access_report(case_id: UUID, who: Who) -> Response:
    """The paper with everything that is held about her, as the service printed it. It is shown and not saved."""
    paper = await who.voice.paper(ACCESS_REPORT, case_id=case_id)
    return Response(paper, media_type=PDF, headers={"Content-Disposition": 'inline; filename="document.pdf"'})


@router.get("/pairs/{case_id}.{other_case_id}")
async def show_pair(
    case_id: UUID, other_case_id: UUID, who: Who, done: Annotated[str, Query(pattern=r"^[a-z_]{0,40}$")] = ""
) -> Response:
    found = await who.voice.ask(PAIR, case_id=case_id, other_case_id=other_case_id)
    return who.page(
        "pair.html", pair=found.value, case_id=case_id, other_case_id=other_case_id, buttons=offered(found.value.moves),
        done=COMMANDS[done].done if done in COMMANDS else "",
    )  # fmt: skip
