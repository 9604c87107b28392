"""Pages: files of cases that go out. Each is made by interchange, shown to whoever asked for it, and passed through as it is."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from services.console.api.cases import Code, Position
from services.console.commands import COMMANDS, offered
from services.console.file_answers import EXPORT, EXPORT_FILE, EXPORTS
from services.console.visiting import Who
from services.console.words import marked

router = APIRouter()
ROWS = 50
WORDS: dict[str, Any] = {
    "formats": {"csv": "CSV", "xlsx": "XLSX", "workbook": marked("The workbook of the standard")},
    "states": {
        "running": marked("Being made"),
        "ready": marked("Ready"),
        "failed": marked("Not made"),
        "gone": marked("Gone"),
    },
    "failures": {
        "too-large": marked("It would be larger than 5 MB. Choose fewer days."),
        "too-many-cases": marked("These are more than 5,000 cases. Choose fewer days."),
        "took-too-long": marked("It took too long. Try again."),
        "unreadable": marked("It could not be made. Tell your operator."),
    },
}
"""The words for what has no code list."""


@router.get("/exports")
async def list_exports(who: Who, after: Position = "") -> Response:
    query = {"limit": ROWS, **({"after": after} if after else {})}
    found = (await who.voice.ask(EXPORTS, query=query)).value
    return who.page("exports.html", exports=found, buttons=offered(found.moves), after=after, **WORDS)


@router.get("/exports/{export_id}")
async def show_export(export_id: UUID, who: Who, done: Code = "") -> Response:
    one = (await who.voice.ask(EXPORT, export_id=export_id)).value
    said = COMMANDS[done].done if done in COMMANDS else ""
    return who.page("export.html", one=one, buttons=offered(one.moves), done=said, **WORDS)


@router.get("/exports/{export_id}/file")
async def fetch_export(export_id: UUID, who: Who) -> Response:
    file = await who.voice.file(EXPORT_FILE, {}, export_id=export_id)
    kept = {name: file.headers[name] for name in ("content-type", "content-disposition")}
    return StreamingResponse(file.aiter_bytes(), headers=kept, background=BackgroundTask(file.aclose))
