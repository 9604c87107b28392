"""The options of a field that a service knows, asked as whoever is signed in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from services.console.answers import CASES, TEAM
from services.console.commands.form import Typed, one
from services.console.visiting import SignedIn

MANY = 100
NOBODY = "nobody"


def _named(who: SignedIn, workers: Sequence[str]) -> dict[str, str]:
    you = who.reader.say("you")
    return {name: f"{name} ({you})" if name == who.session.person.name else name for name in workers}


async def _team(who: SignedIn, typed: Typed) -> Mapping[str, str]:
    """The team, without the one whose cases these are."""
    loads = (await who.voice.ask(TEAM)).value.items
    before = one(typed, "instead_of")
    return _named(who, [load.worker for load in loads if load.worker not in {None, before}])


async def _cases(who: SignedIn, typed: Typed) -> Mapping[str, str]:
    """The open cases of one of the team, or those that nobody has."""
    query = {
        "state": "open",
        "worker": one(typed, "instead_of") or NOBODY,
        "names": "none",
        "sort": "newest",
        "limit": MANY,
    }
    found = await who.voice.ask(CASES, query=query)
    say, label = who.reader.say, who.reader.label
    return {
        str(case.id): f"{case.reference or say('New case')}, {label('urgency', case.urgency)}"
        for case in found.value.items
    }


CHOICES: Mapping[str, Callable[[SignedIn, Typed], Awaitable[Mapping[str, str]]]] = {
    "team": _team,
    "cases": _cases,
}
"""By the name that a field has for them."""
