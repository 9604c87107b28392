"""A search of the log, as an auditor typed it, and as the log is asked for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.console.words import marked

NAMES: Mapping[str, str] = {
    "reference": "case_id",
    "actor": "actor",
    "organisation": "organisation",
    "purpose": "purpose",
    "event": "type",
    "about": "about",
    "first_day": "from",
    "last_day": "to",
}
"""The fields of the form, by the names that the log has for them."""
DAYS = ("first_day", "last_day")
NO_DAY = marked("This is not a date. Write it like 2026-11-25.")
NOT_SO = marked("This is not written as it has to be.")


class UnreadableSearch(Exception):
    """Something that was typed is nothing to look for: `faults` has the message beside each field."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__()
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Sought:
    """A search as it was typed: texts by the names of the fields, empty where nothing is asked."""

    typed: Mapping[str, str]

    def query(self, zone: ZoneInfo, names: Mapping[str, str]) -> dict[str, str]:
        """The parameters. Days are those of this cell, the last included; an organisation is found by its name. Raises UnreadableSearch."""
        given = {name: said for name, said in self.typed.items() if said}
        if organisation := given.get("organisation"):
            given["organisation"] = _identifier(organisation, names)
        read, faults = {}, {}
        for name, said in given.items():
            try:
                read[NAMES[name]] = _instant(name, said, zone) if name in DAYS else said
            except (ValueError, OverflowError):
                faults[name] = NO_DAY
        if faults:
            raise UnreadableSearch(faults)
        return read


def _identifier(said: str, names: Mapping[str, str]) -> str:
    """Of the one organisation of this name; else what was typed, which may be the identifier."""
    found = [one for one, name in names.items() if name.casefold() == said.casefold()]
    return found[0] if len(found) == 1 else said


def _instant(name: str, said: str, zone: ZoneInfo) -> str:
    day = date.fromisoformat(said) + timedelta(days=name == "last_day")
    return datetime.combine(day, time.min, zone).isoformat()


def faults_of(errors: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The refusals of the log, each beside its field."""
    fields = {theirs: ours for ours, theirs in NAMES.items()}
    named = {fields[part] for error in errors for part in error.get("loc", ()) if part in fields}
    return dict.fromkeys(named, NOT_SO)
