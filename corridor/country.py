"""`corridor country`: names the mistakes of a country's folder, and lists its public holidays for it."""

import json
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from chassis.clock import day_of, utc_now
from contracts.country.reading import CountryError
from deploy.local.countries import LocalCountry, known_countries, read_local
from deploy.local.trouble import Trouble
from services.notify.domain.words import TEXTS

AHEAD = timedelta(days=180)
"""A calendar that ends sooner is named: from then on holidays count as working days."""


class CheckFailedError(Trouble):
    """The folder is not whole; the message has a line for each mistake."""


def check_country(code: str, root: Path, console: Console) -> None:
    """Print every mistake of the folder, and the notes on one without mistakes. Raises CheckFailedError."""
    try:
        found = read_local(code, root)
    except CountryError as error:
        raise CheckFailedError("\n".join(error.problems)) from None
    console.print(f"{code} ({found.country.name}) is whole.")
    for note in notes(found, root):
        console.print(f"  note: {note}", markup=False, soft_wrap=True)


def notes(found: LocalCountry, root: Path) -> list[str]:
    """Notes, which are no mistakes: countries without an agreement, a calendar that ends soon, no law of protection."""
    country = found.country
    alone = [code for code in known_countries(root) if code != found.code and not _agreed(found, code, root)]
    said = [f"no agreement with {code}: the two cannot be started together" for code in alone]
    if day_of(utc_now(), country.zone) + AHEAD > country.holidays_until:
        said.append(
            f"calendar.json: holidays end with {country.holidays_until.year}, and count as working days from then"
        )
    silent = [language for language in country.languages if language not in TEXTS]
    if silent:
        said.append(f"notices are in English for those who read {', '.join(silent)}")
    if not country.protection_laws:
        said.append(
            "law.json: no protection_laws: whoever cannot be asked is not handed over under immediate protection"
        )
    return said


def print_holidays(code: str, years: list[int], console: Console) -> None:
    """Print the holidays as `calendar.json` has them, from the library `holidays`. Raises CheckFailedError for a
    country that the library does not know.
    """
    import holidays

    try:
        found = holidays.country_holidays(code, years=years, language="en_US")
    except NotImplementedError:
        raise CheckFailedError(
            f"the library holidays does not know {code}: write them down by hand"
        ) from None
    listed = {day.isoformat(): name for day, name in sorted(found.items())}
    console.print(
        json.dumps({"holidays": listed}, indent=2, ensure_ascii=False), markup=False, soft_wrap=True
    )


def _agreed(found: LocalCountry, code: str, root: Path) -> bool:
    theirs = json.loads((root / code / "agreements.json").read_text(encoding="utf-8"))
    return (code in found.agreements.partners) != (found.code in theirs["partners"])
