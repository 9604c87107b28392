"""Asking a list: as it is, page by page, and counted."""

from dataclasses import dataclass
from typing import Any

from tests.harness import Harness

Query = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AskedList:
    """One list of a service, as one person asks for it; a row is known by `key`."""

    harness: Harness
    path: str
    key: str
    headers: dict[str, str]

    def as_(self, *who: str, **more: Any) -> "AskedList":
        return AskedList(self.harness, self.path, self.key, self.harness.as_(*who, **more))

    async def asked(self, **query: Any) -> dict[str, Any]:
        answer = await self.harness.client.get(self.path, params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def rows(self, **query: Any) -> list[str]:
        return [item[self.key] for item in (await self.asked(**query))["items"]]

    async def paged(self, **query: Any) -> list[str]:
        """Page by page, two rows each."""
        found: list[str] = []
        after: Query = {}
        while True:
            page = await self.asked(limit=2, **query, **after)
            found += [item[self.key] for item in page["items"]]
            if page["next"] is None:
                return found
            after = {"after": page["next"]}

    async def shows(self, expected: list[str], **query: Any) -> None:
        """These rows and no others, in whichever way the list is asked."""
        assert await self.rows(**query) == expected, query
        assert await self.paged(**query) == expected, query
        count = (await self.asked(count=True, **query))["count"]
        assert count == {"counted": len(expected), "more": False}, query

    async def shows_none(self, **query: Any) -> None:
        await self.shows([], **query)

    async def finds_none(self, **query: Any) -> None:
        """What is named is not there, or not theirs: that is no empty list."""
        answer = await self.harness.client.get(self.path, params=query, headers=self.headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), query
