"""Ends tasks within a time, however they take their cancellation.

`asyncio.wait_for`, `asyncio.timeout` and `await task` after `task.cancel()` wait without a bound for a task that
swallows its cancellation, and database and broker clients do that while a server does not answer. Code that stops
something uses these functions instead.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Coroutine, Iterable
from pathlib import Path
from types import FrameType
from typing import Any

CUT_OFF_SECONDS = 2.0
ASK_AGAIN_SECONDS = 0.5
_OTHERS = re.compile(r"site-packages|/lib/python")

log = logging.getLogger(__name__)


async def cut_off(tasks: Iterable[asyncio.Task[Any]], seconds: float = CUT_OFF_SECONDS) -> None:
    """Cancel, again and again, for at most so many seconds. Nobody waits for a task that ends later."""
    late = set(tasks)
    until = asyncio.get_running_loop().time() + seconds
    while late:
        for task in late:
            task.cancel()
        ended, late = await asyncio.wait(late, timeout=min(ASK_AGAIN_SECONDS, seconds))
        for task in ended:
            _forget(task)
        if asyncio.get_running_loop().time() >= until:
            break
    for task in late:
        log.error(
            "%s does not end although it was cut off; it waits at %s", task.get_name(), waiting_at(task)
        )
        task.add_done_callback(_forget)


async def within(seconds: float, work: Awaitable[Any]) -> bool:
    """Run the work to its end, or cut it off after so many seconds. True if it ended; an exception of the work is
    raised.
    """
    task = asyncio.ensure_future(_awaited(work))
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done():
            task.result()
            return True
        return False
    finally:
        await cut_off([task])


def left_over() -> set[asyncio.Task[Any]]:
    """Tasks of this event loop that were cancelled and have not ended."""
    return {task for task in asyncio.all_tasks() if task.cancelling() and task is not asyncio.current_task()}


def waiting_at(task: asyncio.Task[Any]) -> str:
    """The place where the task stands, for an operator: file and line of the innermost of our own coroutines, without
    data.
    """
    frame, inner = None, task.get_coro()
    while inner is not None:
        here = _frame(inner)
        if here is not None and (frame is None or _OTHERS.search(here.f_code.co_filename) is None):
            frame = here
        inner = _awaits(inner)
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}" if frame else "unknown"


def _forget(task: asyncio.Task[Any]) -> None:
    """Look at the task's exception, so that asyncio tells nobody of it when the task is collected."""
    if not task.cancelled():
        task.exception()


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work


def _frame(coroutine: Coroutine[Any, Any, Any] | Any) -> FrameType | None:
    return getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)


def _awaits(coroutine: Any) -> Any:
    return getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)
