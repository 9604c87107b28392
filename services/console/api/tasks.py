"""Pages: the tasks that are open, one of them, and a new one of the team, which is about no case."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.console.answers import TASK, TASKS
from services.console.api.cases import Code, Position
from services.console.api.forms import begun_form, received, shown_again
from services.console.commands import COMMANDS, offered
from services.console.commands.form import OURS
from services.console.commands.work_forms import RAISE_TEAM_TASK
from services.console.visiting import Anybody, Who
from services.console.worklist import ROWS, TASK_VIEWS, query_of

router = APIRouter()


@router.get("/tasks")
async def list_tasks(who: Who, view: Code = "mine", after: Position = "") -> Response:
    view = view if view in TASK_VIEWS else "mine"
    query = {**query_of(who, TASK_VIEWS[view]), "limit": ROWS, **({"after": after} if after else {})}
    found = await who.voice.ask(TASKS, query=query)
    return who.page(
        "tasks.html",
        tasks=found.value,
        views=TASK_VIEWS,
        view=view,
        after=after,
        may_raise=bool(offered(found.value.moves)),
    )


@router.get("/tasks/ours/raise_task")
async def show_team_task(who: Who) -> Response:
    if before := await who.typed_before():
        return await shown_again(who, RAISE_TEAM_TASK, OURS, before)
    return await begun_form(who, RAISE_TEAM_TASK, OURS, {})


@router.post("/tasks/ours/raise_task")
async def send_team_task(visitor: Anybody, request: Request) -> Response:
    return await received(visitor, request, RAISE_TEAM_TASK, OURS)


@router.get("/tasks/{task_id}")
async def show_task(
    task_id: UUID, who: Who, done: Annotated[str, Query(pattern=r"^[a-z_]{0,40}$")] = ""
) -> Response:
    task = (await who.voice.ask(TASK, task_id=task_id)).value
    said = COMMANDS[done].done if done in COMMANDS else ""
    return who.page("task.html", task=task, buttons=offered(task.moves), done=said)
