"""One invented person, and what happens to them step by step. Each step is asked for once, whatever breaks off in between."""

import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from corridor.client import Person, RefusedError
from corridor.invented import LANGUAGES, InventedPerson, invented, spelt
from corridor.journey import TooSlowError
from corridor.seed.incoming import IncomingList
from corridor.seed.journal import Journal
from corridor.seed.staff import Staff
from corridor.seed.waiting import patiently

KEYS = uuid.uuid5(uuid.NAMESPACE_URL, "corridor:seed")
NOT_YET = frozenset({404, 409, 412, 422})
"""The answers of a service that has not heard yet of what happened elsewhere, to a command that is right."""
REFERRALS, RETURNS = "/referral/v1/referrals", "/returns/v1/returns"
HALVES = {REFERRALS: ("incoming", "referral_id"), RETURNS: ("receiving", "return_id")}
"""The half that comes in on each of these lists, and by which member a row is known."""
OF_AGE, CHILD = range(1968, 2004), range(2011, 2018)
"""The years of birth of adults, and of children."""


@dataclass(frozen=True, slots=True)
class World:
    """The two countries between which people are referred, and the journal of what was done there."""

    seed: int
    sender: Staff
    receiver: Staff
    journal: Journal
    _incoming: dict[tuple[str, str], IncomingList] = field(default_factory=dict)

    def incoming(self, who: Person, path: str) -> IncomingList:
        """The list of a person, one for all lives."""
        return self._incoming.setdefault((who.name, path), IncomingList(who, path, *HALVES[path]))


class Life:
    """The life of the person with this number. The same seed and number give the same life, however many others there are."""

    def __init__(self, world: World, number: int, *, from_sender: bool) -> None:
        self._world, self.number, self._step = world, number, 0
        self.chance = random.Random(f"{world.seed} {number}")  # noqa: S311 invented people
        both = (world.sender, world.receiver)
        self.here, self.away = both if from_sender else both[::-1]
        self.person: InventedPerson = invented(self.chance, self._group())
        self.case = self.consent = ""
        self.began = self._asked = datetime.now(UTC)
        self._broken_off = False

    def _group(self) -> str:
        """Most who are in protection in the one country come from the other, and those who are back are at home."""
        spoken = self._world.receiver.country.languages[0]
        groups = [group for group, language in LANGUAGES.items() if language == spoken]
        return groups[0] if groups and self.chance.random() < 0.7 else self.chance.choice([*LANGUAGES])

    async def begin(self) -> None:
        """Remember when it began, so that what is broken off goes on with the same times."""

        async def now(_: str) -> str:
            return self.began.isoformat()

        begun = datetime.fromisoformat(await self.once(now))
        self._broken_off, self.began = begun != self.began, begun

    def at(self, **after: float) -> str:
        """An instant so long after the beginning."""
        return (self.began + timedelta(**after)).isoformat()

    async def once(self, act: Callable[[str], Awaitable[str]]) -> str:
        """The answer of a step, now or in a run before. `act` is given the step's own Idempotency-Key."""
        self._step += 1
        journal, step = self._world.journal, self._step
        said = journal.said(self.number, step)
        if said is None:
            said = await act(str(uuid.uuid5(KEYS, f"{self._world.seed} {self.number} {step}")))
            journal.write(self.number, step, said)
        return said

    async def post(
        self, who: Person, path: str, body: Any = None, *, seen: str = "", waits: bool = False
    ) -> str:
        """A command, and the identifier that it answers. `seen` is the view of which the version goes with it; with `waits`
        it is tried until the services have heard of what it rests on. A body that is a function is made when it is sent: an instant that is hardly to come.
        """

        async def act(key: str) -> str:
            self._asked = datetime.now(UTC)

            async def tried() -> Any:
                version = await who.seen(seen) if seen else {}
                content = body() if callable(body) else body
                try:
                    return await who.post(path, content, headers={"Idempotency-Key": key} | version)
                except RefusedError as error:
                    if callable(body) and error.problem.get("code") == "idempotency-mismatch":
                        return {"id": ""}  # a run that was broken off sent it, with an instant of then
                    raise

            answer = await (_not_too_early(tried, path) if waits else tried())
            return str((answer or {}).get("id", ""))

        return await self.once(act)

    async def until(self, look: Callable[[], Awaitable[str | None]], what: str) -> str:
        """Wait until there is something, and answer it."""

        async def act(_: str) -> str:
            return str(await patiently(look, what))

        return await self.once(act)

    async def comes(self, who: Person, path: str, identifier: str, state: str = "") -> str:
        """Wait until what the last command led to is on a list of this person, and answer its case there. After a run that was broken off
        it may be there since that one.
        """

        async def act(_: str) -> str:
            since = self.began if self._broken_off else self._asked
            return str((await self._world.incoming(who, path).row(identifier, since, state))["case_id"])

        return await self.once(act)

    def fields(self, *, child: bool = False) -> dict[str, Any]:
        """The fields of the person: nobody knows everything."""
        known = {
            "cor_FullName": self.name(),
            "prs_Birthdate": self._born(child=child),
            "prs_Gender": self.chance.choices(GENDERS, GENDER_SHARES)[0],
            "prs_PrimaryLanguage": self.person.language,
            "cor_Health": self.chance.choice(HEALTH),
        }
        if child:
            return known
        return known | {
            "prs_MobilePhone": self.person.telephone,
            "prs_NumberOfChildren": str(self.chance.choice((0, 0, 1, 1, 2, 3))),
            "prs_MaritalStatus": self.chance.choice(MARITAL),
            "vic_TypeOfExploitation": [self.chance.choice(EXPLOITATION)],
        }

    def name(self, *, usual: bool = True) -> str:
        own = usual and self.chance.random() < 0.25
        return " ".join(spelt(self.chance, self.person, own_script=own, usual=usual))

    def _born(self, *, child: bool) -> str:
        years = CHILD if child else OF_AGE
        year = years[self.person.year % len(years)]
        whole = f"{year}-{self.person.month:02}-{self.person.day:02}"
        return self.chance.choices((whole, str(year), f"{year}~"), (5, 2, 3))[0]


async def _not_too_early(tried: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Try until it is not too early. Raises what was refused last, where it never was."""
    refused: list[RefusedError] = []

    async def look() -> Any:
        try:
            return await tried()
        except RefusedError as error:
            if error.status not in NOT_YET:
                raise
            refused.append(error)
            return None

    try:
        return await patiently(look, what)
    except TooSlowError as error:
        raise (refused[-1] if refused else error) from None


GENDERS, GENDER_SHARES = (
    ("Feminine", "Masculine", "TransgenderFeminine", "NonSpecifiedUnknown"),
    (60, 35, 3, 2),
)
MARITAL = ("Single", "Single", "Married", "Widowed", "Separated", "Divorced")
EXPLOITATION = (
    "ForcedLabour",
    "ForcedLabour",
    "SexualExploitation",
    "cor_ForcedCriminality",
    "ForcedBegging",
    "Servitude",
)
HEALTH = (
    "Nothing that needs a doctor today.",
    "An injured hand, healing.",
    "Sleeps badly; headaches since the accident.",
    "A cough for three weeks, to be looked at.",
    "Takes medicine for blood pressure.",
)
