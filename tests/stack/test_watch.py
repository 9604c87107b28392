"""A server that ends by itself is started again, and that is said."""

import asyncio
from types import SimpleNamespace

from deploy.local import watch
from deploy.local.stack import Child
from deploy.local.watch import Watch


async def until(condition) -> None:
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come")


async def test_a_killed_service_is_started_again_as_it_was_and_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "LOOK_EVERY_S", 0.1)
    child = Child(tmp_path / "front", ["http.server", "0", "--bind", "127.0.0.1"], {})
    child.start()
    said: list[str] = []
    looking = Watch(SimpleNamespace(servers={"TH: front": child}), said.append)
    running = asyncio.create_task(looking.run())
    await until(lambda: child.running)
    assert said == []
    for times in (1, 2):
        child._process.kill()
        await until(lambda times=times: len(said) == times and child.running)
    assert said == ["TH: front has ended; it is started again."] * 2
    looking.stop()
    await running
    child.stop()


async def test_one_that_cannot_be_started_is_tried_again_later_and_not_in_a_hurry(monkeypatch):
    class Broken:
        running, starts = False, 0

        def start(self) -> None:
            self.starts += 1
            raise OSError("no space left")

        def stop(self) -> None: ...

    server, said = Broken(), []
    looking = Watch(SimpleNamespace(servers={"TH: Kafka": server}), said.append)
    for _ in range(5):
        await looking.look()
    assert server.starts == 1
    assert said[1] == "TH: Kafka could not be started: no space left"
