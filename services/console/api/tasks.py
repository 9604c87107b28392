"""Pages: one task."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.answers import TASK
from services.console.commands import COMMANDS, offered
from services.console.visiting import Who

router = APIRouter()


@router.get("/tasks/{task_id}")
async def show_task(
    task_id: UUID, who: Who, done: Annotated[str, Query(pattern=r"^[a-z_]{0,40}$")] = ""
) -> Response:
    task = (await who.voice.ask(TASK, task_id=task_id)).value
    said = COMMANDS[done].done if done in COMMANDS else ""
    return who.page("task.html", task=task, buttons=offered(task.moves), done=said)
