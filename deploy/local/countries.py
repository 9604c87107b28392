"""The countries that the local stack can start: the folders of `countries/`, or of the folder that CORRIDOR_COUNTRIES
names.

A service reads four files of its own country's folder (`contracts/country`). The local stack reads the rest: the
directory, the invented people, and the agreements.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, RootModel, StringConstraints

from contracts import machines
from contracts.casefile.fields import FIELDS
from contracts.codes import chosen, codes
from contracts.country.forms import CountryCode, CountryForm, Text
from contracts.country.reading import Country, CountryError, read_country, read_form
from contracts.types import KnownCode, OrganisationId
from deploy.local.place import COUNTRIES
from deploy.local.trouble import Trouble
from services.directory.forms import SeedFile

PURPOSES = tuple(chosen("purpose"))


class BadCountryError(Trouble):
    """A country's folder is not whole; the message has a line for each mistake."""


class NoAgreementError(Trouble):
    """Two countries are to be started together that have no agreement."""


class PersonForm(CountryForm):
    roles: Annotated[list[Annotated[str, KnownCode("staff_role")]], Field(min_length=1)]
    org: OrganisationId


class MachineForm(CountryForm):
    roles: Annotated[list[Literal["submitting_machine", "exporting_machine"]], Field(min_length=1)]
    org: OrganisationId


PersonName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9\-]{0,40}$")]


class PeopleFile(RootModel[dict[PersonName, PersonForm]]):
    """The file `people.json`: the invented people, who sign in without a password."""


class MachinesFile(RootModel[dict[PersonName, MachineForm]]):
    """The file `machines.json`: the invented systems, which sign in with keys of their own. A country may have none."""


class Terms(CountryForm):
    """The terms of an agreement. Categories and purposes that it does not name are all of them; reasons for an extract of
    the log are those that it names.
    """

    legal_basis: Text
    categories: list[Annotated[str, KnownCode("data_category")]] | None = None
    purposes: list[Annotated[str, KnownCode("purpose")]] | None = None
    retention_days: Annotated[int | None, Field(ge=0)] = None
    extract_reasons: tuple[Annotated[str, KnownCode("extract_reason")], ...] = ()


class AgreementsFile(CountryForm):
    """The file `agreements.json`: the agreement inside the country, and those with partners. One of each pair writes
    it down.
    """

    national: Terms
    partners: dict[CountryCode, Terms]


@dataclass(frozen=True, slots=True)
class AgreementDraft:
    """An agreement before it is signed; `cells` of one is an agreement inside a country."""

    id: str
    cells: tuple[str, ...]
    legal_basis: str
    fields: tuple[str, ...]
    purposes: tuple[str, ...] = PURPOSES
    process_codes: tuple[str, ...] = ()
    retention_days: int = 0
    extract_reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalCountry:
    """A country with all that the local stack needs to start it."""

    country: Country
    directory: SeedFile
    people: Mapping[str, PersonForm]
    agreements: AgreementsFile
    machines: Mapping[str, MachineForm]

    @property
    def code(self) -> str:
        return self.country.code

    @property
    def organisations(self) -> tuple[str, ...]:
        """The organisations that have keys: every recipient of cases, the offices, and the one that speaks for the
        cell at the border.
        """
        listed = [organisation.id for organisation in self.directory.organisations]
        return (*listed, f"{self.code.lower()}-exchange", *self.country.offices)


def known_countries(root: Path = COUNTRIES) -> tuple[str, ...]:
    """The countries by the names of their folders."""
    return tuple(sorted(path.parent.name for path in root.glob("[A-Z][A-Z]/country.json")))


def read_local(code: str, root: Path = COUNTRIES) -> LocalCountry:
    """The country in a folder. Raises CountryError with every mistake of the folder."""
    folder, problems = root / code, list[str]()
    country = directory = people = agreements = None
    systems = MachinesFile({})
    try:
        country = read_country(folder)
    except CountryError as error:
        problems += error.problems
    try:
        directory = read_form(folder / "directory.json", SeedFile)
    except CountryError as error:
        problems += error.problems
    try:
        people = read_form(folder / "people.json", PeopleFile)
    except CountryError as error:
        problems += error.problems
    try:
        agreements = read_form(folder / "agreements.json", AgreementsFile)
    except CountryError as error:
        problems += error.problems
    if (folder / "machines.json").exists():
        try:
            systems = read_form(folder / "machines.json", MachinesFile)
        except CountryError as error:
            problems += error.problems
    if problems or country is None or directory is None or people is None or agreements is None:
        raise CountryError(*problems)
    found = LocalCountry(country, directory, people.root, agreements, systems.root)
    mistakes = [f"{code}/{sentence}" for sentence in _mistakes(code, found)]
    if mistakes:
        raise CountryError(*mistakes)
    return found


def read_all(asked: Sequence[str], root: Path = COUNTRIES) -> dict[str, LocalCountry]:
    """Raises BadCountryError for the first whose folder is not whole, NoAgreementError for a pair without an agreement."""
    found = {}
    for code in asked:
        try:
            found[code] = read_local(code, root)
        except CountryError as error:
            raise BadCountryError("\n".join(error.problems)) from error
    agreements(found)
    return found


def agreements(countries: Mapping[str, LocalCountry]) -> list[AgreementDraft]:
    """One inside each country and one for each pair. Raises NoAgreementError."""
    national = [_draft(one.agreements.national, one) for one in countries.values()]
    return [*national, *(_between(*pair) for pair in combinations(countries.values(), 2))]


def _between(one: LocalCountry, other: LocalCountry) -> AgreementDraft:
    """The agreement of whichever of the two wrote it down; it is named after that one first."""
    written = [
        (here, there)
        for here, there in ((one, other), (other, one))
        if there.code in here.agreements.partners
    ]
    if len(written) != 1:
        how = "have no agreement: write it into" if not written else "have two agreements: keep one of"
        files = f"{one.code}/agreements.json or {other.code}/agreements.json"
        raise NoAgreementError(f"{one.code} and {other.code} {how} {files}")
    ((here, there),) = written
    return _draft(here.agreements.partners[there.code], here, there)


def _draft(terms: Terms, *countries: LocalCountry) -> AgreementDraft:
    """The draft. Reading on after the end lasts no longer than the law of either country allows."""
    allowed = set(codes("data_category") if terms.categories is None else terms.categories)
    cells = tuple(country.code for country in countries)
    days = [country.country.retention_days for country in countries]
    return AgreementDraft(
        "-".join(code.lower() for code in (*cells, *cells)[:2]),
        cells,
        terms.legal_basis,
        tuple(sorted(name for name, field in FIELDS.items() if field.category in allowed)),
        PURPOSES if terms.purposes is None else tuple(terms.purposes),
        retention_days=min(days if terms.retention_days is None else [*days, terms.retention_days]),
        extract_reasons=terms.extract_reasons,
    )


POSTS = ("worker", "supervisor", "auditor", "operator")
"""The posts without which a country cannot be tried: somebody works on cases, is told of those that nobody works on,
audits and operates.
"""


def _mistakes(code: str, found: LocalCountry) -> Iterator[str]:
    """The mistakes that show only between the files."""
    prefix = f"{code.lower()}-"
    if found.code != code:
        yield f"country.json: code: {found.code}, but the folder is called {code}"
    if code not in codes("country"):
        yield "country.json: code: not of the list country"
    yield from (
        f"country.json: languages: {language} is not of the list language"
        for language in found.country.languages
        if language.partition("-")[0] not in codes("language")
    )
    for file, names in (
        ("country.json: offices", found.country.offices),
        ("directory.json: organisations", [one.id for one in found.directory.organisations]),
    ):
        yield from (
            f"{file}: {name} does not begin with {prefix}" for name in names if not name.startswith(prefix)
        )
    yield from (
        f"people.json: {name}.org: {person.org} is neither in directory.json nor an office of country.json"
        for name, person in found.people.items()
        if person.org not in found.organisations
    )
    yield from (
        f"people.json: {name}.roles: {role} is a role of machines"
        for name, person in found.people.items()
        for role in sorted(machines.ROLES & set(person.roles))
    )
    yield from (
        f"machines.json: {name}.org: {machine.org} is neither in directory.json nor an office of country.json"
        for name, machine in found.machines.items()
        if machine.org not in found.organisations
    )
    yield from (f"people.json: nobody is called {post}" for post in POSTS if post not in found.people)
    unworded = set(found.country.languages) - {"en"} - set(found.country.forbidden_words)
    yield from (f"words.json: forbidden: no words of the language {one}" for one in sorted(unworded))
    if code in found.agreements.partners:
        yield f"agreements.json: partners: {code} itself; what holds inside the country is national"
