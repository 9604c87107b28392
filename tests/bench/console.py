"""`python -m tests.bench.console`: the console's page of a case against the slowest of the API calls behind it, on a cell with a process for each service.

In turns: the page, as a browser that is signed in asks for it; the calls behind it, by the console's own code and at once, as the console makes
them; and the same one after another. Exits with 1 where in the median the page takes longer than the slowest call behind it by more than the gate.
"""

import argparse
import asyncio
import secrets
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import uvloop

from corridor.client import Person
from corridor.sign_in import address, token
from corridor.story import PERSON
from deploy.local.patience import Patience
from deploy.local.stack import Stack
from deploy.local.testing import Run
from services.console import answers
from services.console.api.case import panels_of
from services.console.asking import Answer, Question, T, Voice, at_once
from tests.console.browsing import Browser

GATE, TURNS, FIRST = 1.5, 60, 5
CELL, WORKER = "TH", "th.worker"
PEERS = ("intake", "consent", "referral", "returns", "audit", "directory")


@dataclass(frozen=True)
class TimedVoice(Voice):
    """The console's voice, which writes down for each call how long its answer took. With `turn` the calls go one after another."""

    turn: AbstractAsyncContextManager[Any] = field(default_factory=nullcontext)
    took: dict[str, float] = field(default_factory=dict)

    async def ask(
        self, question: Question[T], /, *, query: Mapping[str, Any] | None = None, **places: object
    ) -> Answer[T]:
        async with self.turn:
            began = time.perf_counter()
            try:
                return await Voice.ask(self, question, query=query, **places)
            finally:
                self.took[question.operation] = (time.perf_counter() - began) * 1000


@dataclass(slots=True)
class Measured:
    """Milliseconds, each turn: of the page, of the slowest call behind it, and of each call that is made alone."""

    page: list[float] = field(default_factory=list)
    behind: list[float] = field(default_factory=list)
    alone: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def ratio(self) -> float:
        return statistics.median(self.page) / statistics.median(self.behind)

    def __str__(self) -> str:
        medians = {name: statistics.median(took) for name, took in self.alone.items()}
        slowest = max(medians, key=lambda name: medians[name])
        page, behind = statistics.median(self.page), statistics.median(self.behind)
        return (
            f"page of a case  p50 {page:.1f} ms; slowest of {len(medians)} calls behind it p50 {behind:.1f}, ratio {self.ratio:.2f} of {GATE:g}\n"
            f"                calls that are made one after another: slowest {slowest} {medians[slowest]:.1f} ({page / medians[slowest]:.2f}), "
            f"all of them {sum(medians.values()):.1f}"
        )


async def asked(voice: TimedVoice, case_id: UUID) -> bool:
    """Every call of the page; True where each was answered."""
    _, panels = await at_once(voice.ask(answers.CASE, case_id=case_id), panels_of(voice, case_id))
    return all(panel.value is not None for panel in panels.values())


async def signed_in(base: str) -> Browser:
    """A browser that sends cookies which want TLS without it, as any does to its own machine, and Python's does not."""
    browser, kept = Browser(None, base), dict[str, str]()

    async def keep(answer: httpx2.Response) -> None:
        for header in answer.headers.get_list("Set-Cookie"):
            name, _, value = header.partition(";")[0].partition("=")
            kept[name] = value

    async def carry(request: httpx2.Request) -> None:
        request.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in kept.items())

    browser.http.event_hooks = {"request": [carry], "response": [keep]}
    await browser.sign_in(WORKER)
    return browser


async def made(state: Path) -> UUID:
    """A case with a note and a task."""
    async with Person(WORKER, state) as worker:
        form = {"channel": "agency", "urgency": "urgent", "languages": ["km"], "fields": PERSON}
        case_id = (await worker.post("/intake/v1/cases", form))["id"]
        note = {"category": "call", "text": "She called and asked for the clinic."}
        await worker.post(f"/intake/v1/cases/{case_id}/notes", note)
        await worker.post("/intake/v1/tasks", {"kind": "call", "case_id": case_id})
    return UUID(case_id)


async def measured(state: Path) -> Measured:
    case_id, base, found = await made(state), address(CELL, state).base_url, Measured()
    browser = await signed_in(base)
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as http:
        who = (http, {name: f"{base}/{name}" for name in PEERS}, token(WORKER, state), "en")
        at_one_time, in_turn = TimedVoice(*who), TimedVoice(*who, turn=asyncio.Semaphore(1))
        waiting = Patience(quiet_s=60)
        while not await asked(at_one_time, case_id):
            if waiting.over:
                raise TimeoutError
            await asyncio.sleep(0.2)
        for turn in range(-FIRST, TURNS):
            began = time.perf_counter()
            shown = await browser.get(f"/console/cases/{case_id}")
            page = (time.perf_counter() - began) * 1000
            assert shown.status == httpx2.codes.OK
            assert PERSON["cor_FullName"] in shown.text, (shown.text[:300], browser.asked)
            await asked(at_one_time, case_id)
            await asked(in_turn, case_id)
            if turn >= 0:
                found.page.append(page)
                found.behind.append(max(at_one_time.took.values()))
                for name, took in in_turn.took.items():
                    found.alone[name].append(took)
    await browser.http.aclose()
    return found


async def measure(run: Run) -> bool:
    """Print the leg; True where it passes the gate."""
    stack = Stack([CELL], state=run.directory / f"cells-{secrets.token_hex(4)}" / "state", processes=True)
    await stack.up()
    try:
        found = await measured(stack.state)
    finally:
        await stack.down()
    print(found, flush=True)
    return found.ratio <= GATE


async def main() -> int:
    run = Run.begin()
    try:
        return int(not await measure(run))
    finally:
        run.end()


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m tests.bench.console", description=__doc__).parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(main()))
