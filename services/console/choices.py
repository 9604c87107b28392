"""The options of a field that a service knows, asked as whoever is signed in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from services.console.answers import CASE, CASES, FIELDS, TEAM
from services.console.asking import at_once
from services.console.commands.form import Places, Typed, one
from services.console.draft_answers import FORMS
from services.console.names import names_of, organisations
from services.console.report_answers import PROVINCES
from services.console.team_answers import LEAVES
from services.console.visiting import SignedIn
from services.console.words import in_order

MANY = 50
NOBODY = "nobody"
Choice = Callable[[SignedIn, Places, Typed], Awaitable[Mapping[str, str]]]


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


async def _recipients(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The other organisations of both countries that offer a service."""
    del places, typed
    known = (await organisations(who.voice)).value
    own, label, colon = who.session.person.organisation, who.reader.label, who.reader.colon
    return {
        offers.id: f"{offers.name} ({label('country', offers.cell)}){colon}{', '.join(label('service', code) for code in offers.services)}"
        for offers in (known.items if known else [])
        if offers.services and offers.id != own
    }


async def _here(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The other organisations of this country."""
    del places, typed
    known = (await organisations(who.voice)).value
    here, own = who.settings.cell, who.session.person.organisation
    return {one.id: one.name for one in known.items if one.cell == here and one.id != own} if known else {}


def _laws(codes: str) -> Choice:
    """The laws of this country in a code list."""

    async def of_this_country(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
        del places, typed
        own = f"{who.settings.cell.lower()}-"
        return {code: text for code, text in who.reader.options(codes).items() if code.startswith(own)}

    return of_this_country


async def _fields(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The fields of a case file, first those in which something is recorded."""
    del typed
    found = await who.voice.ask(FIELDS, case_id=places["case_id"])
    return {name: who.reader.field(name) for name in (*found.value.fields, *who.reader.options("field"))}


async def _export_formats(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The kinds of file that interchange makes."""
    del places, typed
    return {"csv": "CSV", "xlsx": "XLSX", "workbook": who.reader.say("The workbook of the standard")}


async def _left_out(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The cases that a cover does not see, by their references."""
    del typed
    leaves = (await who.voice.ask(LEAVES)).value.items
    hidden = [case for leave in leaves if leave.id == places["leave_id"] for case in leave.left_out][:MANY]
    shown = await at_once(*(who.voice.panel(CASE, case_id=case) for case in hidden))
    named = zip(hidden, shown, strict=True)
    return {str(case): panel.value.reference or str(case) for case, panel in named if panel.value is not None}


async def _provinces(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The provinces of the country, by their names."""
    del places, typed
    listed = (await who.voice.ask(PROVINCES)).value.root
    return in_order({one.code: one.name for one in listed})


async def _forms(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The country's own forms that an intake can be asked with, after the pages of the console; none where it has none."""
    del places, typed
    named = [one.form for one in (await who.voice.ask(FORMS)).value.root]
    ours = {"": who.reader.say("The questions of these pages")} if named else {}
    return ours | {form: who.reader.say("The form %(name)s", name=form) for form in named}


async def _months(who: SignedIn, places: Places, typed: Typed) -> Mapping[str, str]:
    """The last two years by months, and before them the one that was chosen already."""
    del places
    before = [said] if (said := one(typed, "month")) else []
    recent = months_back(who, 24, who.service.clock())
    return {**recent, **{name: who.reader.partial(name) for name in before if name not in recent}}


def months_back(who: SignedIn, many: int, now: datetime, first: int = 0) -> dict[str, str]:
    """So many calendar months of the cell, the newest first, in words by their names as `2026-10`. `first`: so many are left out."""
    there = now.astimezone(who.reader.zone)
    counted = there.year * 12 + there.month - 1
    names = [
        f"{month // 12}-{month % 12 + 1:02}" for month in range(counted - first, counted - first - many, -1)
    ]
    return {name: who.reader.partial(name) for name in names}


CHOICES: Mapping[str, Choice] = {
    "team": _team,
    "cases": _cases,
    "organisations": _organisations,
    "recipients": _recipients,
    "fields": _fields,
    "export_formats": _export_formats,
    "here": _here,
    "laws": _laws("protection_law"),
    "retention_laws": _laws("retention_law"),
    "forms": _forms,
    "months": _months,
    "provinces": _provinces,
    "left_out": _left_out,
}
"""By the name that a field has for them."""
