"""Pages: files of cases that come in. A file goes through to interchange, which alone reads it; it is looked at first, and then chosen again."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from chassis.problems import NotFound
from services.console.answers import Page
from services.console.api.cases import Code, Position
from services.console.api.form_refusals import AGAIN, AWAY
from services.console.asking import OrderRefused, ServiceAway, at_once, made_by
from services.console.file_answers import (
    IMPORT,
    IMPORTED_ROWS,
    IMPORTS,
    REFUSED_ROWS,
    START_IMPORT,
    DryRun,
    Import,
)
from services.console.refusals import OF_A_FILE, OF_A_ROW, OTHER, TOO_LARGE
from services.console.uploading import SentFile, sent_file
from services.console.visiting import Anybody, SignedIn, Who
from services.console.words import marked

router = APIRouter()
PATH = f"/imports/ours/{START_IMPORT.operation}"
ROWS, SHOWN = 50, 100
OTHER_FILE = marked("This is not the file that was looked at before. Below stands what is in it.")
BEGUN = marked("The import has begun.")
OUTCOMES = {
    "opened": marked("Became a case"),
    "duplicate": marked("Was a case already"),
    "refused": marked("Not taken"),
}
"""Of a row, by the word of the service."""


@router.get("/imports")
async def list_imports(who: Who, after: Position = "") -> Response:
    query = {"limit": ROWS, **({"after": after} if after else {})}
    found = await who.voice.ask(IMPORTS, query=query)
    return who.page("imports.html", imports=found.value, may_import=_may(found.value), after=after)


def _may(imports: Page[Import]) -> bool:
    return any(move.verb == START_IMPORT.operation for move in imports.moves)


@router.get(PATH)
async def show_upload(who: Who) -> Response:
    if not _may((await who.voice.ask(IMPORTS, query={"limit": 1})).value):
        raise NotFound
    return _form(who, SentFile({}))


@router.post(PATH)
async def send_upload(visitor: Anybody, request: Request) -> Response:
    sent = await sent_file(request)
    if visitor.session is None:
        return visitor.not_sent(sent.typed)
    who = SignedIn(visitor.request, visitor.service, visitor.reader, visitor.session)
    key = sent.said("key")
    if not who.session.secret.fits(sent.said("token"), START_IMPORT.operation, key):
        return _form(who, sent.anew(), said=AGAIN, status=422)
    if sent.too_large or sent.content is None:
        fault = TOO_LARGE if sent.too_large else OF_A_FILE["missing"]
        return _form(who, sent, fault=fault, status=422)
    try:
        return await _looked_at(who, sent) if sent.said("checked") == "" else await _loaded(who, sent, key)
    except ServiceAway:
        return _form(who, sent, said=AWAY, key=key, status=HTTPStatus.SERVICE_UNAVAILABLE)
    except OrderRefused as refused:
        return _refused(who, sent, refused)


async def _loaded(who: SignedIn, sent: SentFile, key: str) -> Response:
    """The import itself, of the very file that was looked at; of another one it is said what is in it."""
    if not who.session.secret.fits(sent.said("checked"), *_bound(sent)):
        return await _looked_at(who, sent, OTHER_FILE)
    told = await who.voice.upload(START_IMPORT, sent.content or b"", _query(sent), key)
    return who.sent_to(f"/imports/{made_by(told)}?done={START_IMPORT.operation}")


async def _looked_at(who: SignedIn, sent: SentFile, said: str = "") -> Response:
    query = {**_query(sent), "dry_run": True}
    told = DryRun.model_validate(await who.voice.upload(START_IMPORT, sent.content or b"", query))
    checked = who.session.secret.form_token(*_bound(sent))
    return _form(who, sent, said=said, result=told, checked=checked)


def _bound(sent: SentFile) -> tuple[str, ...]:
    """The file that was looked at, and how it was read."""
    return "looked-at", sent.digest, sent.said("same_rows")


def _query(sent: SentFile) -> dict[str, Any]:
    return {"same_rows": "separate"} if sent.said("same_rows") else {}


def _form(who: SignedIn, sent: SentFile, *, key: str = "", status: int = 200, **more: Any) -> Response:
    hidden = {"key": key, "token": sent.said("token")} if key else who.new_form(START_IMPORT.operation)
    hidden["checked"] = sent.said("checked")
    shown = {"said": "", "fault": "", "place": 0, "result": None, "checked": "", **more}
    return who.page(
        "import-file.html", status, path_sent=PATH, hidden=hidden, same_rows=sent.said("same_rows"), reasons=OF_A_ROW,
        other=OTHER, most=SHOWN, **shown,
    )  # fmt: skip


def _refused(who: SignedIn, sent: SentFile, refused: OrderRefused) -> Response:
    """A file that is refused as a whole: why, and in which column."""
    if refused.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return _form(who, sent, fault=TOO_LARGE, status=422)
    error = next(iter(refused.errors), {})
    numbers = [part for part in error.get("loc", ()) if isinstance(part, int)]
    fault = OF_A_FILE.get(str(error.get("code")), OTHER)
    return _form(who, sent, fault=fault, place=next(iter(numbers), 0), status=422)


Outcome = Annotated[str, Query(pattern=r"^(|opened|duplicate|refused)$")]


@router.get("/imports/{import_id}")
async def show_import(
    import_id: UUID, who: Who, outcome: Outcome = "", after: Position = "", done: Code = ""
) -> Response:
    query: dict[str, Any] = {"limit": ROWS} | ({"after": after} if after else {})
    rows = REFUSED_ROWS if outcome == "refused" else IMPORTED_ROWS
    named = {"outcome": outcome} if outcome in {"opened", "duplicate"} else {}
    found, listed = await at_once(
        who.voice.ask(IMPORT, import_id=import_id),
        who.voice.panel(rows, import_id=import_id, query={**query, **named}),
    )
    return who.page(
        "import.html", one=found.value, rows=listed, outcomes=OUTCOMES, outcome=outcome, after=after,
        reasons=OF_A_ROW, other=OTHER, done=BEGUN if done == START_IMPORT.operation else "",
    )  # fmt: skip
