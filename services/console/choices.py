"""The options of a field that a service knows, asked as whoever is signed in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from services.console.answers import CASES, FIELDS, TEAM
from services.console.commands.form import Places, Typed, one
from services.console.names import names_of, organisations
from services.console.visiting import SignedIn

MANY = 100
NOBODY = "nobody"


def _named(who: SignedIn, workers: Sequence[str]) -> dict[str, str]:
    you = who.reader.say("you")
    return {name: f"{name} ({you})" if name == who.session.person.name else name for name in workers}


async def _team(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The team, without the one whose cases these are."""
    del places
    loads = (await who.voice.ask(TEAM)).value.items
    before = one(typed, "instead_of")
    return _named(who, [load.worker for load in loads if load.worker not in {None, before}])


async def _cases(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The open cases of one of the team, or those that nobody has."""
    del places
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


async def _organisations(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The names of all organisations, for one that was chosen before."""
    del places, typed
    return names_of(await organisations(who.voice))


async def _here(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The other organisations of this country."""
    del places, typed
    known = (await organisations(who.voice)).value
    here, own = who.settings.cell, who.session.person.organisation
    return {one.id: one.name for one in known.items if one.cell == here and one.id != own} if known else {}


async def _laws(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The laws of this country that allow immediate protection."""
    del places, typed
    options = who.reader.options("protection_law")
    return {code: text for code, text in options.items() if code.startswith(f"{who.settings.cell.lower()}-")}


async def _fields(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The fields of a case file, first those in which something is recorded."""
    del typed
    found = await who.voice.ask(FIELDS, case_id=places["case_id"])
    return {name: who.reader.field(name) for name in (*found.value.fields, *who.reader.options("field"))}


async def _export_formats(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The kinds of file that interchange makes."""
    del places, typed
    return {"csv": "CSV", "xlsx": "XLSX", "workbook": who.reader.say("The workbook of the standard")}


CHOICES: Mapping[str, Callable[[SignedIn, Places, Typed], Awaitable[Mapping[str, str]]]] = {
    "team": _team,
    "cases": _cases,
    "organisations": _organisations,
    "fields": _fields,
    "export_formats": _export_formats,
    "here": _here,
    "laws": _laws,
}
"""By the name that a field has for them."""
