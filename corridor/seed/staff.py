"""The invented staff of one country, and the organisations to which its people are referred."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.country.reading import Country, read_country
from corridor.client import Person
from deploy.local.people import load_people
from deploy.local.place import COUNTRIES

PURPOSES = {"legal": "legal-aid", "health": "medical-care"}
"""The purpose of a referral to an organisation of this role; to any other it is the help itself."""
HELP = "referral-assistance"


@dataclass(frozen=True, slots=True)
class Helper:
    """An organisation that takes referrals, who receives them there, and what is asked of it."""

    organisation: str
    cell: str
    receives: Person
    purpose: str
    services: tuple[str, ...]
    """The services that it offers to anybody, whatever their age."""


class Staff:
    """The people who work in one country, each signed in. The posts are those of its `people.json`; not every country has an officer."""

    def __init__(self, code: str, state: Path) -> None:
        self.code, self._state = code, state
        self.country: Country = read_country(COUNTRIES / code)
        self._posts: dict[str, Person] = {}
        self._employers: dict[str, str] = {}
        self.agency: Helper
        """The agency that has most cases."""
        self.neighbour: Helper
        """Another one, with one worker."""

    async def enter(self, stack: AsyncExitStack) -> "Staff":
        for person in load_people(self.code):
            post = person.name.partition(".")[2]
            self._posts[post] = await stack.enter_async_context(Person(person.name, self._state))
            self._employers[post] = person.org
        self.agency, self.neighbour = [await self._helper(post) for post in ("worker", "other-worker")]
        return self

    def __getitem__(self, post: str) -> Person:
        return self._posts[post]

    def has(self, post: str) -> bool:
        return post in self._posts

    def employer(self, post: str) -> str:
        return self._employers[post]

    async def _helper(self, post: str) -> Helper:
        """The organisation of a post, as the directory has it."""
        own = self._employers[post]
        found: Mapping[str, Any] = await self[post].get(f"/directory/v1/organisations/{own}")
        purpose = PURPOSES.get(found["role"], HELP)
        offered = [one for one in found["services"] if one["details"]["minimum_age"] is None]
        return Helper(own, self.code, self[post], purpose, tuple(one["service"] for one in offered))
