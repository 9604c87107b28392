"""The fields of a case file that may be recorded, imported and disclosed: HTCDS names, and our own as `cor_*`."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Literal

from contracts.casefile.name import full_name
from contracts.casefile.partial_date import PartialDate
from contracts.casefile.text import one_line, paragraph
from contracts.codes import known

Kind = Literal["text", "date", "code", "number", "needs"]
FieldValue = str | tuple[str, ...]
"""A value as it is stored, sealed and sent: one text, or several for a field with `multiple`."""

MAX_VALUES = 50
STATUS, STATUS_BY = "vic_TraffickingStatus", "vic_TraffickingStatusDecisionMakingOrg"
"""A formal status, and the kind of organisation that decided it: one is nothing without the other."""
NEEDS = "cor_Needs"
NAMES = frozenset({"cor_FullName", "prs_FirstName", "prs_MiddleName", "prs_SecondName"})
ONE_LINE = frozenset({"identity", "contact", "documents"})


class InvalidField(ValueError):
    """The value does not fit the field. The message names what is wrong, never the value."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `codelist` is set for the kinds `code` and `needs`."""

    name: str
    label: str
    category: str
    kind: Kind = "text"
    codelist: str | None = None
    multiple: bool = False
    between: tuple[int, int] | None = None
    """The least and the most that a number can be."""
    whole: bool = False
    owner: str = "intake"
    """The service that records the field, keeps its revisions, and answers for it at sealing."""


def _code(
    name: str, label: str, category: str, codelist: str | None = None, *, multiple: bool = False
) -> Field:
    """HTCDS lists bear the name of their field."""
    return Field(name, label, category, "code", codelist or name, multiple)


_ALL: tuple[Field, ...] = (
    Field("cor_FullName", "Full name", "identity"),
    Field("prs_FirstName", "First name", "identity"),
    Field("prs_MiddleName", "Middle name", "identity"),
    Field("prs_SecondName", "Second name", "identity"),
    Field("prs_Salutation", "Salutation", "identity"),
    Field("prs_Title", "Title", "identity"),
    Field("prs_Birthdate", "Birthdate", "identity", "date"),
    Field("prs_IdentityNumber", "Identity number", "documents"),
    Field("cor_TravelDocumentNumber", "Travel document number", "documents"),
    Field("prs_Email", "Email", "contact"),
    Field("prs_HomePhone", "Home phone", "contact"),
    Field("prs_MobilePhone", "Mobile phone", "contact"),
    Field("prs_MailingStreet", "Mailing street", "contact"),
    Field("prs_MailingCity", "Mailing city", "contact"),
    Field("prs_MailingState", "Mailing state or province", "contact"),
    Field("prs_MailingPostalCode", "Mailing postal code", "contact"),
    _code("prs_MailingCountry", "Mailing country", "contact", "country"),
    Field("prs_MailingLongitude", "Longitude", "contact", "number", between=(-180, 180)),
    Field("prs_MailingLatitude", "Latitude", "contact", "number", between=(-90, 90)),
    _code("prs_Gender", "Gender", "demographic"),
    _code("prs_Citizenship", "Citizenship", "demographic", multiple=True),
    _code("prs_PrimaryLanguage", "Primary language", "demographic", "language"),
    _code("prs_SecondaryLanguage", "Secondary language", "demographic", "language"),
    _code("prs_HighestLevelOfEducation", "Highest level of education", "demographic"),
    _code("prs_Deceased", "Deceased", "demographic", "answer"),
    _code("prs_MaritalStatus", "Marital status", "family"),
    Field("prs_NumberOfChildren", "Number of children", "family", "number", between=(0, 30), whole=True),
    Field("cor_Dependants", "Dependants who are with the person", "family"),
    Field("cor_FamilyContact", "Family to contact", "family"),
    _code("vic_TraffickingStatus", "Trafficking status", "formal-status"),
    _code(
        "vic_TraffickingStatusDecisionMakingOrg",
        "Kind of organisation that decided the status",
        "formal-status",
    ),
    _code("vic_RelationshipToTrafficker", "Relationship to trafficker", "exploitation"),
    Field(
        "vic_AgeWhenTrafficked", "Age when trafficked", "exploitation", "number", between=(0, 120), whole=True
    ),
    _code("vic_RecruitmentWebsitesAndApps", "Recruitment websites and apps", "exploitation", multiple=True),
    _code("vic_ExploitationWebsitesAndApps", "Exploitation websites and apps", "exploitation", multiple=True),
    _code("vic_MethodOfRecruitment", "Method of recruitment", "exploitation", multiple=True),
    Field("vic_LocationOfRecruitment", "Location of recruitment", "exploitation"),
    _code("vic_MethodsOfControl", "Methods of control", "exploitation", multiple=True),
    _code("vic_TypeOfExploitation", "Type of exploitation", "exploitation", multiple=True),
    # one value in the field list, several in the survey: the survey is what files carry
    _code("vic_ForcedLabourIndustry", "Forced labour industry", "exploitation", multiple=True),
    _code("vic_TypeOfSexExploitation", "Type of sex exploitation", "exploitation", multiple=True),
    Field("vic_LocationOfExploitation", "Location of exploitation", "exploitation"),
    Field(NEEDS, "Assessed needs", "needs", "needs", "need", multiple=True),
    _code(
        "cor_UrgentProtection", "Urgent flags about protection", "needs", "urgent_protection", multiple=True
    ),
    _code("cor_UrgentHealth", "Urgent flags about health", "health", "urgent_health", multiple=True),
    Field("cor_Health", "Health", "health"),
    Field("cor_Pregnancy", "Pregnancy", "health"),
    Field("cor_Outcome", "Outcome of assistance", "outcome"),
)

FIELDS: Mapping[str, Field] = MappingProxyType({field.name: field for field in _ALL})

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "prs_First_Name": "prs_FirstName",
        "prs_Second_Name": "prs_SecondName",
        "vic_Methods_of_Control": "vic_MethodsOfControl",
    }
)
"""Spellings of the HTCDS survey form for fields of the standard."""


def by_owner(names: Iterable[str], fields: Mapping[str, Field] = FIELDS) -> dict[str, list[str]]:
    """Owner → its fields among these, in their order: which service is asked for which fields at sealing. Raises
    KeyError.
    """
    owned: dict[str, list[str]] = {}
    for name in names:
        owned.setdefault(fields[name].owner, []).append(name)
    return owned


def checked(name: str, value: str | Sequence[str]) -> FieldValue:
    """The value in its canonical form. Raises InvalidField or UnknownCode; KeyError for a name that is no field."""
    field = FIELDS[name]
    if not field.multiple:
        if not isinstance(value, str):
            raise InvalidField("one text is expected")
        return _checked_one(field, value)
    values = (value,) if isinstance(value, str) else tuple(value)
    if not 1 <= len(values) <= MAX_VALUES:
        raise InvalidField(f"between 1 and {MAX_VALUES} values are expected")
    return tuple(dict.fromkeys(_checked_one(field, one) for one in values))


def _checked_one(field: Field, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidField("a text is expected")
    match field.kind:
        case "code" | "needs":
            return known(field.codelist or field.name)(value)
        case "date":
            return str(PartialDate.parse(value))
        case "number":
            return _number(field, value)
        case "text":
            return _text(field, value)


def _text(field: Field, value: str) -> str:
    try:
        if field.name in NAMES:
            return full_name(value)
        if field.category in ONE_LINE:
            return one_line(value)
        return paragraph(value)
    except ValueError as error:
        raise InvalidField(str(error)) from None


def _number(field: Field, value: str) -> str:
    try:
        number = Decimal(value) if re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", value) else None
    except InvalidOperation:
        number = None
    if number is None:
        raise InvalidField("a decimal number in digits is expected")
    if field.whole and number != number.to_integral_value():
        raise InvalidField("a whole number is expected")
    least, most = field.between or (number, number)
    if not least <= number <= most:
        raise InvalidField(f"a number between {least} and {most} is expected")
    return format(number, "f")


def to_text(value: FieldValue) -> str:
    """One text for the vault: a field with several values becomes a JSON array."""
    return value if isinstance(value, str) else json.dumps(list(value), ensure_ascii=False)


def from_text(name: str, text: str) -> FieldValue:
    """The value that `to_text` wrote."""
    return tuple(json.loads(text)) if FIELDS[name].multiple else text
