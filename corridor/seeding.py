"""`corridor seed`: fills the two countries of the story with invented people, as their staff would, through the public APIs alone."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from corridor.client import RefusedError
from corridor.journey import TooSlowError
from corridor.progress import Counter
from corridor.seed.beside import beside
from corridor.seed.journal import WHOLE, Journal
from corridor.seed.kinds import kind_of
from corridor.seed.life import Life, World
from corridor.seed.staff import Staff
from corridor.seed.wanted import Seeding
from deploy.local.people import story
from deploy.local.place import STATE
from deploy.local.trouble import Trouble

BESIDE = 0
"""The number of what is there beside cases."""


class UnfinishedError(Trouble):
    """Some lives did not come to their end; the message says how to go on."""


@dataclass(slots=True)
class _Tally:
    lives: int = 0
    failed: dict[int, Trouble] = field(default_factory=dict)


async def sow(wanted: Seeding, console: Console, state: Path = STATE) -> None:
    """Live the lives that are not whole yet. Raises NoStackError where no stack is up, UnfinishedError where one was refused."""
    began, made = time.monotonic(), _Tally()
    async with _world(wanted.seed, state) as world:
        due = [n for n in range(wanted.cases + 1) if world.journal.said(n, WHOLE) is None]
        numbers, ended = iter(due), itertools.count(1)
        with Counter(console, "Inventing people") as counter:
            counter.at(0, len(due))
            await _at_once(
                wanted.at_once, lambda: _live(world, numbers, made, lambda: counter.at(next(ended), len(due)))
            )
    _told(wanted, made, console, time.monotonic() - began)


async def _at_once(many: int, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """The first that fails ends all."""
    tasks = [asyncio.create_task(work()) for _ in range(many)]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _told(wanted: Seeding, made: _Tally, console: Console, took: float) -> None:
    here = wanted.cases - made.lives - len(made.failed.keys() - {BESIDE})
    console.print(
        f"{wanted.cases} invented people: {made.lives} came now, {here} were here already; it took {took:.0f} s.",
        soft_wrap=True,
    )
    if made.failed:
        number, error = min(made.failed.items())
        raise UnfinishedError(
            f"{len(made.failed)} did not come to the end, the first of them number {number} ({error});"
            " the same command goes on where it was"
        )


async def _live(world: World, numbers: Iterator[int], made: _Tally, told: Callable[[], None]) -> None:
    for number in numbers:
        try:
            await _one(world, number)
        except (RefusedError, TooSlowError) as error:
            made.failed[number] = error
        else:
            made.lives += number != BESIDE
        told()


async def _one(world: World, number: int) -> None:
    if number == BESIDE:
        life = Life(world, number, from_sender=True)
        await life.begin()
        await beside(life)
    else:
        kind = kind_of(world.seed, number)
        life = Life(world, number, from_sender=not kind.there)
        await life.begin()
        await kind.story(life)
    world.journal.write(number, WHOLE, life.case)


@asynccontextmanager
async def _world(seed: int, state: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        sender, receiver = [await Staff(code, state).enter(stack) for code in story().countries]
        journal = Journal(state / f"seed-{seed}.jsonl")
        stack.callback(journal.close)
        yield World(seed, sender, receiver, journal)
