"""Words, dates and labels as one reader reads them: gettext catalogues, locales, and the labels of the code lists."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Literal, get_args
from unicodedata import normalize
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_datetime, get_day_names
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

from contracts.casefile.fields import FIELDS
from contracts.casefile.partial_date import InvalidDate, PartialDate
from contracts.codes import ENGLISH, LANGUAGES, chosen, codes, labels

LOCALE = Path(__file__).parent / "locale"
SPOKEN: Mapping[str, str] = {"en": "English", "th": "ไทย", "km": "ខ្មែរ", "fr": "Français", "es": "Español"}
"""Each language under its own name."""
WEEK: tuple[str, ...] = get_args(Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
FRENCH, BUDDHIST, ERA = "fr", "th", 543
"""Thai readers count years by the Buddhist era, which is so many years ahead."""
STOPS: Mapping[str, str] = {"km": "។ ", "th": "\u2002"}
"""The mark between two sentences by language, where it is no full stop: in Thai a space that is wider than others."""
COLONS: Mapping[str, str] = {"km": "៖ ", "fr": "\u00a0: "}
"""The mark before an explanation by language, where it is no bare colon."""

_MARKS, _LEADING_VOWEL = re.compile("[\u0300-\u036f]"), re.compile("([เแโใไ])([ก-ฮ])")


def marked(message: str) -> str:
    """The message itself; its name tells the extraction of messages that it will be translated when it is shown."""
    return message


@cache
def translations(language: str) -> Translations:
    """The catalogue of a language, compiled when it is first needed. English is the language of the messages."""
    if language == ENGLISH:
        return Translations()
    with (LOCALE / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def in_order(named: Mapping[str, str]) -> dict[str, str]:
    """The order of dictionaries: marks of Latin letters do not count, and a Thai word stands under its first consonant, also
    where a vowel is written before it.
    """

    def place(name: str) -> str:
        bare = _MARKS.sub("", normalize("NFD", name.casefold()))
        return _LEADING_VOWEL.sub(r"\2\1", bare)

    return dict(sorted(named.items(), key=lambda one: place(one[1])))


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads a language, in the time zone of the cell."""

    language: str
    zone: ZoneInfo

    @property
    def others(self) -> Mapping[str, str]:
        return {code: name for code, name in SPOKEN.items() if code in LANGUAGES}

    @property
    def stop(self) -> str:
        return STOPS.get(self.language, ". ")

    @property
    def colon(self) -> str:
        return COLONS.get(self.language, ": ")

    def say(self, message: str, /, **values: object) -> str:
        said = translations(self.language).gettext(message)
        return said % values if values else said

    def label(self, codelist: str, code: str | None) -> str:
        """The label of a code; of one that is newer than this process, the code itself."""
        if code is None:
            return ""
        return labels(codelist, self.language).get(code, code) if code in codes(codelist) else code

    def options(self, codelist: str) -> Mapping[str, str]:
        return labels(codelist, self.language)

    def choices(self, codelist: str) -> Mapping[str, str]:
        """The labels of the codes that somebody may choose in a form."""
        return {code: self.label(codelist, code) for code in chosen(codelist)}

    def sorted_choices(self, codelist: str) -> Mapping[str, str]:
        """The same by their labels, for a list that is too long to be read through."""
        return in_order(self.choices(codelist))

    def number(self, number: int) -> str:
        return format_decimal(number, locale=self.language)

    def weekdays(self, codes: Sequence[str]) -> str:
        """Days of the week by their codes (RFC 5545), short; of none of them, that it is every day."""
        names = get_day_names("abbreviated", locale=self.language)
        return ", ".join(names[WEEK.index(code)] for code in codes if code in WEEK) or self.say("Every day")

    def day(self, day: date) -> str:
        if self.language == BUDDHIST:
            return f"{format_date(day, 'd MMM', locale=self.language)} {day.year + ERA}"
        first = self.language == FRENCH and day.day == 1
        return format_date(day, "d'er' MMM y" if first else "d MMM y", locale=self.language)

    def clock(self, moment: datetime) -> str:
        return format_datetime(moment.astimezone(self.zone), "HH:mm", locale=self.language)

    def moment(self, moment: datetime) -> str:
        there = moment.astimezone(self.zone)
        return f"{self.day(there.date())} {format_datetime(there, 'HH:mm', locale=self.language)}"

    def partial(self, written: str) -> str:
        """A date of which only a part may be known, in words."""
        try:
            read = PartialDate.parse(written)
        except InvalidDate:
            return written
        if read.decade or read.until is not None:
            return written
        known = self._known(read)
        return self.say("about %(date)s", date=known) if read.qualifier else known

    def _known(self, read: PartialDate) -> str:
        if read.month is not None and read.day is not None:
            return self.day(date(read.year, read.month, read.day))
        year = read.year + (ERA if self.language == BUDDHIST else 0)
        if read.month is None:
            return str(year)
        named = Locale.parse(self.language).datetime_skeletons["yMMMM"].pattern.replace("G ", "")
        return format_date(date(read.year, read.month, 1), named.replace("y", str(year)), self.language)

    def field(self, name: str) -> str:
        return self.label("field", name)

    def value(self, name: str, value: str | list[str]) -> str:
        """A value of a case file as its field has it: the label of a code, a date in words, else the text itself."""
        values = [value] if isinstance(value, str) else value
        kind = FIELDS.get(name)
        if kind is not None and kind.codelist is not None:
            return ", ".join(self.label(kind.codelist, one) for one in values)
        if kind is not None and kind.kind == "date":
            return ", ".join(map(self.partial, values))
        return ", ".join(values)
