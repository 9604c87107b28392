"""Reads a country from its folder, with a sentence for each mistake that names the file and the place in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from contracts.checklist.forms import ChecklistFile
from contracts.checklist.reading import ChecklistError, read_checklist
from contracts.country.forms import (
    CalendarFile,
    CallLaw,
    CountryFile,
    LawFile,
    ProtectionLawForm,
    ProvincesFile,
    ReturnLaw,
    WordsFile,
)
from contracts.country.response_clock import Calendar, ResponseClock

FormT = TypeVar("FormT", bound=BaseModel)


class CountryError(Exception):
    """The folder does not describe a country. Its files hold nothing about a person, so the sentences may be shown."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Country:
    """The country in which a service stands, with everything that the service knows of it."""

    code: str
    name: str
    zone: ZoneInfo
    languages: tuple[str, ...]
    offices: tuple[str, ...]
    response_clock: ResponseClock
    returns: ReturnLaw
    retention_days: int
    calls: CallLaw
    protection_laws: Mapping[str, ProtectionLawForm]
    forbidden_words: Mapping[str, tuple[str, ...]]
    holidays_until: date
    """The last day of the last year whose holidays are listed; from then on every weekday is taken for a working day,
    so that a time to answer is rather too short than too long."""
    buddhist_era: bool = False
    provinces: Mapping[str, str] = field(default_factory=dict)
    """The code of each → its name in Latin letters. Empty where the folder has no `provinces.json`."""
    province_names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By language, the same in its own letters."""
    forms: tuple[ChecklistFile, ...] = ()
    """The forms that an intake may ask with, every version; none where there is no folder `forms`."""

    def provinces_in(self, language: str) -> Mapping[str, str]:
        """The code of each province → its name in this language, or in Latin letters."""
        return self.province_names.get(language, self.provinces)


def read_country(folder: Path) -> Country:
    """The country in a folder. Raises CountryError with every mistake of its files, not the first alone."""
    problems: list[str] = []
    place, calendar, law, words = (
        _tried(folder / name, form, problems)
        for name, form in (
            ("country.json", CountryFile),
            ("calendar.json", CalendarFile),
            ("law.json", LawFile),
            ("words.json", WordsFile),
        )
    )
    if problems:
        raise CountryError(*problems)
    return _country(folder, place, calendar, law, words)


def _provinces(path: Path, code: str) -> ProvincesFile | None:
    """The provinces of the country of this code; none where the file is not there. Raises CountryError."""
    if not path.exists():
        return None
    read = read_form(path, ProvincesFile)
    foreign = [province for province in read.provinces if not province.startswith(f"{code}-")]
    if foreign:
        sentence = f"a code begins with {code}-, which {', '.join(foreign)} does not"
        raise CountryError(f"{_shown(path)}: provinces: {sentence}")
    for language, names in read.names.items():
        if odd := sorted(names.keys() ^ read.provinces.keys()):
            sentence = f"every province has a name and nothing else has, but see {', '.join(odd)}"
            raise CountryError(f"{_shown(path)}: names: {language}: {sentence}")
    return read


def _forms(folder: Path) -> tuple[ChecklistFile, ...]:
    """The forms in a folder of that name, of each code one version in use at most. Raises CountryError."""
    found: dict[tuple[str, str], ChecklistFile] = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.json")):
        try:
            form = read_checklist(path)
        except ChecklistError as error:
            problems += [f"{_shown(path)}: {sentence}" for sentence in error.problems]
            continue
        if form.purpose != "form":
            problems.append(
                f"{_shown(path)}: purpose: a country adds forms; checklists come with the release"
            )
        elif (form.code, form.version) in found:
            problems.append(f"{_shown(path)}: {form.code} {form.version} stands in another file already")
        elif form.in_use and any(one.code == form.code and one.in_use for one in found.values()):
            problems.append(f"{_shown(path)}: in_use: another version of {form.code} is in use")
        else:
            found[form.code, form.version] = form
    if problems:
        raise CountryError(*problems)
    return tuple(found.values())


def _country(folder: Path, place: Any, calendar: Any, law: Any, words: Any) -> Country:
    """The country that four files describe, each of which is whole."""
    zone = ZoneInfo(place.time_zone)
    days = Calendar(zone, calendar.weekend, frozenset(calendar.holidays))
    try:
        clock = ResponseClock(days, {name: one.spans for name, one in law.response_clock.urgency.items()})
    except ValueError as error:
        raise CountryError(f"{_shown(folder / 'law.json')}: response_clock: {error}") from error
    foreign = [name for name in law.protection_laws if not name.startswith(f"{place.code.lower()}-")]
    if foreign:
        sentence = f"a code begins with {place.code.lower()}-, which {', '.join(foreign)} does not"
        raise CountryError(f"{_shown(folder / 'law.json')}: protection_laws: {sentence}")
    provinces = _provinces(folder / "provinces.json", place.code)
    return Country(
        place.code,
        place.name,
        zone,
        tuple(place.languages),
        tuple(place.offices),
        clock,
        law.returns,
        law.retention.after_the_end_days,
        law.calls,
        law.protection_laws,
        {language: tuple(some) for language, some in words.forbidden.items()},
        date(max(day.year for day in calendar.holidays), 12, 31),
        calendar.buddhist_era,
        provinces.provinces if provinces else {},
        provinces.names if provinces else {},
        _forms(folder / "forms"),
    )


def read_form(path: Path, form: type[FormT]) -> FormT:
    """One file of a country's folder. Raises CountryError."""
    document = read_json(path)
    if form is LawFile and isinstance(document, dict):
        document = _filled(path, document)
    try:
        return form.model_validate(document)
    except ValidationError as error:
        found = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise CountryError(*(f"{_shown(path)}: {sentence}" for sentence in found)) from None


def read_json(path: Path) -> Any:
    """The JSON in a file. Raises CountryError for a file that is missing or no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CountryError(f"{_shown(path)}: missing") from None
    except (OSError, ValueError) as error:
        raise CountryError(f"{_shown(path)}: not readable as JSON: {error}") from None


def _tried(path: Path, form: type[FormT], problems: list[str]) -> FormT | None:
    try:
        return read_form(path, form)
    except CountryError as error:
        problems += error.problems
        return None


def _filled(path: Path, own: Mapping[str, Any]) -> dict[str, Any]:
    """A section that the country states has a source of its own: the default's is not the source of another figure."""
    default = default_law()
    unsourced = [
        name
        for name, section in own.items()
        if name in default
        and "source" in default[name]
        and isinstance(section, dict)
        and "source" not in section
    ]
    if unsourced:
        raise CountryError(*(f"{_shown(path)}: {name}.source: missing" for name in unsourced))
    return _merged(default, own)


def _merged(default: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        name: _merged(default[name], value)
        if isinstance(value, dict) and isinstance(default.get(name), dict)
        else value
        for name, value in own.items()
    }
    return {**default, **both}


@cache
def default_law() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files(__package__).joinpath("law.json").read_text(encoding="utf-8"))
    return {name: section for name, section in document.items() if isinstance(section, dict)}


def _shown(path: Path) -> str:
    """The file's name with its country, wherever the folder lies."""
    return f"{path.parent.name}/{path.name}"
