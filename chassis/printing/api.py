"""The route by which anybody may ask whether a printed paper is genuine: no token, and nothing else is answered."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from chassis.clock import day_of
from chassis.printing import papers
from chassis.printing.paper import FILE_NAME
from chassis.printing.papers import Standing
from chassis.printing.questions import PER_CALLER, QuestionLimit, count_question
from chassis.service import Running
from chassis.web.token_first import NO_TOKEN

Typed = Annotated[
    str,
    Path(min_length=16, max_length=24, pattern=r"^[0-9A-Za-z \-]+$", description="as it stands on the paper"),
]


class PaperAnswer(BaseModel):
    """Neither whose paper it is nor what stands on it. `since`: the day of the place from which on it has been in force."""

    genuine: bool
    in_force: Annotated[bool | None, Field(description="null: of this kind of paper it is not told")]
    since: date | None


class PdfResponse(Response):
    """A paper to print. It is kept by nobody on the way, and its file name tells nothing."""

    media_type = "application/pdf"

    def __init__(self, content: bytes, status_code: int = 200) -> None:
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{FILE_NAME}"',
        }
        super().__init__(content, status_code, headers)


def paper_routes(standing: Standing | None = None) -> APIRouter:
    """`standing` says of a paper of this service whether it is in force. None: that is told to nobody."""
    router, callers = APIRouter(tags=["papers"]), QuestionLimit(PER_CALLER)

    @router.get(
        "/v1/papers/{code}",
        summary="Whether a printed paper is genuine, and in force",
        openapi_extra=NO_TOKEN,
    )
    async def get_paper(code: Typed, request: Request, running: Running) -> PaperAnswer:
        count_question(callers, request)
        database = running.database
        async with database.transaction(database.system()) as tx:
            paper = await papers.find(tx, code)
            if paper is None:
                return PaperAnswer(genuine=False, in_force=False, since=None)
            if standing is None:
                return PaperAnswer(genuine=True, in_force=None, since=None)
            found = await standing(tx, paper, await tx.clock())
        since = None if found.since is None else day_of(found.since, running.settings.zone)
        return PaperAnswer(genuine=True, in_force=found.in_force, since=since)

    return router
