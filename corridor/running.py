"""`corridor up` and `corridor demo`: a stack in this process, looked after until it is to stop."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import httpx2
from rich.console import Console

from contracts.services import NAMES
from corridor import screens
from corridor.progress import shown
from corridor.seed.wanted import USUAL
from corridor.seeding import sow
from corridor.sign_in import NoStackError, address
from corridor.story import play
from deploy.local.patience import Patience
from deploy.local.people import story
from deploy.local.stack import InUseError, Stack
from deploy.local.trouble import Trouble
from deploy.local.watch import Watch

COUNTRIES_OF_STORY = story().countries


Act = Callable[[], Awaitable[None]]


async def nothing() -> None:
    """Nothing: `up` only leaves the stack up."""


def run(console: Console, codes: list[str], *, fresh: bool, processes: bool) -> None:
    """Start the cells and leave them up until Ctrl-C. Raises Trouble."""
    asyncio.run(_until_stopped(Stack(codes, fresh=fresh, processes=processes), console, nothing, nothing))


def demo(console: Console, *, leave: bool, fresh: bool, processes: bool) -> None:
    """Play the story on a stack of its own, or on the one that is up. Raises Trouble."""
    try:
        stack = Stack(COUNTRIES_OF_STORY, fresh=fresh, processes=processes)
    except InUseError:
        if fresh or processes:
            raise
        console.print("A stack is already up here; the story is played on it.")
        asyncio.run(_on_what_is_up(console))
        return
    asyncio.run(
        _until_stopped(stack, console, lambda: play(console), None if leave else lambda: _people(console))
    )


async def _people(console: Console) -> None:
    """Fill the consoles while somebody may be looking at them already. A stack without people is a stack."""
    try:
        await sow(USUAL, console)
    except Trouble as error:
        console.print(str(error), style="yellow", markup=False, soft_wrap=True)


async def _on_what_is_up(console: Console) -> None:
    """A stack that is up may have been started a moment ago."""
    waiting = Patience()
    while not await _all_ready():
        if waiting.over:
            missing = f"its cells {' and '.join(COUNTRIES_OF_STORY)} are not both ready"
            raise NoStackError(f"the story cannot be played on the stack that is up here: {missing}")
        await asyncio.sleep(0.5)
    await play(console)
    screens.consoles(COUNTRIES_OF_STORY, console)


async def _all_ready() -> bool:
    try:
        async with httpx2.AsyncClient(timeout=5, trust_env=False) as client:
            addresses = [address(code).base_url for code in COUNTRIES_OF_STORY]
            asked = [f"{base}/{name}/health/ready" for base in addresses for name in NAMES]
            return all([(await client.get(url)).status_code == httpx2.codes.OK for url in asked])
    except (NoStackError, httpx2.TransportError):
        return False


async def _until_stopped(stack: Stack, console: Console, then: Act, staying: Act | None) -> None:
    """`staying` is done once the screens are shown, and the stack stays up; with None it stops at the end."""
    work = asyncio.create_task(_whole(stack, console, then, staying))
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        console.print("Stopping.")
    finally:
        await stack.down()


async def _whole(stack: Stack, console: Console, then: Act, staying: Act | None) -> None:
    with shown(console, stack.steps) as progress:
        await stack.up(progress)
    watch = Watch(stack, lambda line: console.print(line, style="yellow", markup=False, soft_wrap=True))
    watching = asyncio.create_task(watch.run())
    try:
        await then()
        if staying is not None:
            screens.addresses(stack, console)
            await staying()
            await asyncio.Event().wait()
    finally:
        watch.stop()
        await watching
