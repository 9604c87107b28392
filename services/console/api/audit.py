"""Pages of an auditor: the state of the log, a search, one page per case, and a file. What was typed goes by POST."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from services.console.api.cases import Code, Position
from services.console.asking import NotTheirs, OrderRefused, at_once
from services.console.commands import COMMANDS, offered
from services.console.log_answers import (
    ACCOUNT,
    ACCOUNT_PARTS,
    ENTRIES,
    EXPORT,
    EXTRACT,
    EXTRACTS,
    HEAD,
    RECALLS,
    VERIFICATIONS,
)
from services.console.names import names_of, organisations
from services.console.sought import NAMES, Sought, UnreadableSearch, faults_of
from services.console.visiting import SignedIn, Who, WhoByForm
from services.console.words import marked

router = APIRouter()
ROWS, LATEST = 25, 5
UNKNOWN = marked("Nothing was ever logged of this here. Check whether it is written as it should be.")
TOO_WIDE = marked(
    "Name a case, a person, an organisation or a matter, or a first and a last day that are at most 31 days apart."
)
Typed = Annotated[str, Form(max_length=80)]


@router.get("/audit")
async def show_log(who: Who, done: Code = "") -> Response:
    voice = who.voice
    head, verifications, recalls = await at_once(
        voice.ask(HEAD),
        voice.panel(VERIFICATIONS, query={"limit": LATEST}),
        voice.panel(RECALLS, query={"limit": ROWS}),
    )
    moves = [] if verifications.value is None else verifications.value.moves
    return who.page(
        "audit.html", head=head.value, verifications=verifications, recalls=recalls, sought={}, faults={},
        buttons=offered(moves), done=COMMANDS[done].done if done in COMMANDS else "",
    )  # fmt: skip


async def _sought(
    reference: Typed = "",
    actor: Typed = "",
    organisation: Typed = "",
    purpose: Typed = "",
    event: Typed = "",
    about: Typed = "",
    first_day: Typed = "",
    last_day: Typed = "",
) -> Sought:
    said = (reference, actor, organisation, purpose, event, about, first_day, last_day)
    return Sought({name: value.strip() for name, value in zip(NAMES, said, strict=True)})


SoughtByForm = Annotated[Sought, Depends(_sought)]


@router.get("/audit/search")
@router.get("/audit/export")
async def show_log_again(who: Who) -> Response:
    """Where somebody comes who chooses another language after a search: what was typed stands in no address."""
    return who.sent_to("/audit")


@router.post("/audit/search")
async def search_log(
    who: WhoByForm, sought: SoughtByForm, after: Annotated[str, Form(max_length=400)] = ""
) -> Response:
    try:
        query: dict[str, Any] = {**await _query(who, sought), "limit": ROWS}
        if after:
            query["after"] = after
        found = await who.voice.ask(ENTRIES, query=query)
    except (UnreadableSearch, OrderRefused, NotTheirs) as error:
        return await _searched(who, sought, HTTPStatus.UNPROCESSABLE_ENTITY, **_faults(error))
    return await _searched(who, sought, HTTPStatus.OK, entries=found.value, after=after)


@router.post("/audit/export")
async def export_entries(
    who: WhoByForm, sought: SoughtByForm, form: Annotated[str, Form(pattern=r"^(jsonl|csv)$")] = "jsonl"
) -> Response:
    """The file as the log makes it, byte by byte: its last line has the hash of all that stands before."""
    try:
        file = await who.voice.file(EXPORT, {**await _query(who, sought), "form": form})
    except (UnreadableSearch, OrderRefused, NotTheirs) as error:
        told = _faults(error)
        told["said"] = told["said"] or ("" if told["faults"] else TOO_WIDE)
        return await _searched(who, sought, HTTPStatus.UNPROCESSABLE_ENTITY, **told)
    kept = {name: file.headers[name] for name in ("content-type", "content-disposition")}
    return StreamingResponse(file.aiter_bytes(), headers=kept, background=BackgroundTask(file.aclose))


async def _query(who: SignedIn, sought: Sought) -> dict[str, str]:
    """The directory is asked where an organisation was typed."""
    known = names_of(await organisations(who.voice)) if sought.typed["organisation"] else {}
    return sought.query(who.reader.zone, known)


def _faults(error: Exception) -> dict[str, Any]:
    faults: Mapping[str, str] = {}
    if isinstance(error, UnreadableSearch):
        faults = error.faults
    elif isinstance(error, OrderRefused):
        faults = faults_of(error.errors)
    return {"faults": faults, "said": UNKNOWN if isinstance(error, NotTheirs) else ""}


async def _searched(who: SignedIn, sought: Sought, status: int, **more: Any) -> Response:
    """Whoever has no log is told that there is no such page, and not that nothing was found."""
    _, known = await at_once(who.voice.ask(HEAD), organisations(who.voice))
    shown = {"faults": {}, "said": "", "entries": None, "after": "", **more}
    return who.page("search.html", status, sought=sought.typed, names=names_of(known), **shown)


@router.get("/extracts")
async def list_extracts(who: Who, after: Position = "") -> Response:
    query = {"limit": ROWS, **({"after": after} if after else {})}
    found = (await who.voice.ask(EXTRACTS, query=query)).value
    return who.page("extracts.html", extracts=found, buttons=offered(found.moves), after=after)


@router.get("/extracts/{request_id}")
async def show_extract(request_id: UUID, who: Who, done: Code = "") -> Response:
    found = (await who.voice.ask(EXTRACT, request_id=request_id)).value
    said = COMMANDS[done].done if done in COMMANDS else ""
    return who.page("extract.html", view=found, buttons=offered(found.moves), done=said)


@router.get("/audit/cases/{case_id}")
async def show_account(case_id: UUID, who: Who) -> Response:
    found, known = await at_once(who.voice.ask(ACCOUNT, case_id=case_id), organisations(who.voice))
    parts = {name: getattr(found.value, name) for name in ACCOUNT_PARTS}
    return who.page("account.html", case_id=case_id, parts=parts, names=names_of(known), after="")


Part = Annotated[str, Path(pattern=f"^({'|'.join(ACCOUNT_PARTS)})$")]


@router.get("/audit/cases/{case_id}/{part}")
async def show_account_part(case_id: UUID, part: Part, who: Who, after: Position = "") -> Response:
    query = {"limit": ROWS, **({"after": after} if after else {})}
    found, known = await at_once(
        who.voice.ask(ACCOUNT_PARTS[part], case_id=case_id, query=query), organisations(who.voice)
    )
    return who.page(
        "account.html", case_id=case_id, parts={part: found.value}, names=names_of(known), after=after
    )
