"""The options of a field that a service knows, asked as whoever is signed in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.console.answers import CASE, FIELDS, ORGANISATIONS, TEAM, Load, OneCase, Page
from services.console.asking import at_once
from services.console.domain.person import Person
from services.console.visiting import SignedIn

Places = Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class Choices:
    """The options by what is sent for them, and those that are chosen at first."""

    options: Mapping[str, str]
    chosen: Sequence[str] = ()


def choosable(case: OneCase, person: Person, team: Page[Load] | None) -> list[str]:
    """The workers who can be chosen: those who have the case, herself, and the team where she is shown one."""
    loads = [] if team is None else team.items
    found = [*case.workers, person.name, *(load.worker for load in loads if load.worker is not None)]
    return list(dict.fromkeys(found))


async def _workers(who: SignedIn, places: Places) -> Choices:
    """Whoever can work on a case."""
    case, team = await at_once(who.voice.ask(CASE, case_id=places["case_id"]), who.voice.panel(TEAM))
    you = who.reader.say("you")
    workers = choosable(case.value, who.session.person, team.value)
    named = {name: f"{name} ({you})" if name == who.session.person.name else name for name in workers}
    return Choices(named, case.value.workers)


async def _recipients(who: SignedIn, places: Places) -> Choices:
    """The other organisations of both countries that offer a service."""
    del places
    found = await who.voice.ask(ORGANISATIONS, query={"limit": 200})
    own, label = who.session.person.organisation, who.reader.label
    return Choices(
        {
            one.id: f"{one.name} ({one.cell}): {', '.join(label('service', code) for code in one.services)}"
            for one in found.value.items
            if one.services and one.id != own
        }
    )


async def _fields(who: SignedIn, places: Places) -> Choices:
    """The fields of a case file, first those in which something is recorded."""
    found = await who.voice.ask(FIELDS, case_id=places["case_id"])
    return Choices(
        {name: who.reader.field(name) for name in (*found.value.fields, *who.reader.options("field"))}
    )


CHOICES: Mapping[str, Callable[[SignedIn, Places], Awaitable[Choices]]] = {
    "workers": _workers,
    "recipients": _recipients,
    "fields": _fields,
}
"""By the name that a field has for them."""
