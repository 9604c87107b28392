"""A loop goes on through whatever its session raises, and says so."""

import asyncio

from chassis.supervised import SupervisedLoop


class Failing(SupervisedLoop):
    """Raises each of these in turn, then works."""

    name = "failing"

    def __init__(self, *errors: BaseException) -> None:
        super().__init__()
        self.errors, self.troubles, self.worked = list(errors), [], asyncio.Event()

    async def session(self) -> None:
        self.troubles.append(self.trouble)
        if self.errors:
            raise self.errors.pop(0)
        self.fine()
        self.worked.set()
        await self.rest(60)


async def test_a_loop_goes_on_after_an_error() -> None:
    loop = Failing(RuntimeError("with data"))
    await loop.start()
    await asyncio.wait_for(loop.worked.wait(), 5)
    assert (loop.troubles, loop.healthy()) == ([None, "RuntimeError"], None)
    await loop.stop()


async def test_a_loop_does_not_end_because_a_client_cancelled_its_own_futures() -> None:
    loop = Failing(asyncio.CancelledError())
    await loop.start()
    await asyncio.wait_for(loop.worked.wait(), 5)
    assert loop.troubles == [None, "ConnectionError"]
    await loop.stop()


async def test_a_loop_that_is_cut_off_ends() -> None:
    class Deaf(SupervisedLoop):
        grace_seconds = 0.05

        async def session(self) -> None:
            await asyncio.sleep(60)

    loop = Deaf()
    await loop.start()
    await asyncio.sleep(0)
    await asyncio.wait_for(loop.stop(), 2)
    assert loop._task is None
