"""People who do their day without carrying an identifier of a machine, and whose calls are counted."""

import re
from pathlib import Path
from typing import Any

import httpx2

from corridor.client import Person
from corridor.journey import eventually

UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class HandError(AssertionError):
    """Somebody would have had to type an identifier of a machine."""


class Hand(Person):
    """One person with a keyboard. Places that an answer names are followed; whatever else is in a call was typed."""

    def __init__(self, name: str, state: Path) -> None:
        super().__init__(name, state)
        self.calls = 0

    async def typed(self, method: str, address: str, body: Any = None, **sought: Any) -> Any:
        """A call of which path, filters and form were typed. Answers the body."""
        if UUID.search(f"{address} {body} {sought}"):
            raise HandError(address)
        return self._read(await self.followed(method, address, json=body, params=sought))

    async def make(self, service: str, path: str, body: dict[str, Any]) -> str:
        """A command that makes something; answers where it is found, as the service says."""
        if UUID.search(f"{path} {body}"):
            raise HandError(path)
        answer = await self.followed("POST", f"/{service}{path}", json=body)
        return f"/{service}{answer.headers['Location']}"

    async def opened(self, service: str, listing: str, key: str, **sought: Any) -> tuple[str, Any]:
        """The only row of a list, opened: two calls. Answers where it is, and the view."""
        rows = (await self.typed("GET", f"/{service}{listing}", **sought))["items"]
        assert len(rows) == 1, rows
        place = f"/{service}{listing}/{rows[0][key]}"
        return place, self._read(await self.followed("GET", place))

    async def move(self, place: str, verb: str, body: Any = None) -> Any:
        """A verb that the view at this place offers, with the version that was seen: two calls."""
        seen = await self.followed("GET", place)
        offered = {one["verb"]: one for one in seen.json()["moves"]}
        assert verb in offered, (verb, sorted(offered))
        move, service = offered[verb], place.split("/")[1]
        headers = {"If-Match": seen.headers["ETag"]} if "If-Match" in move["needs"] else {}
        return self._read(
            await self.followed(move["method"], f"/{service}{move['path']}", json=body, headers=headers)
        )

    async def until(self, place: str, what: str, **wanted: Any) -> Any:
        """The view once it is so. Waiting is not counted; whoever waits looks once when they are told."""
        self.calls += 1

        async def there() -> Any:
            view = self._read(await self._asked("GET", place, {}))
            return view if all(view[name] == value for name, value in wanted.items()) else None

        return await eventually(there, what)

    async def followed(self, method: str, address: str, **more: Any) -> httpx2.Response:
        self.calls += 1
        return await self._asked(method, address, more)
