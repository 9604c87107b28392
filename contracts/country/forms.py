"""The files of a country's folder that services read, as models: `country.json`, `calendar.json`, `law.json`, `words.json`,
and `provinces.json` where there is one.
"""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from contracts.casefile.language import LanguageTag
from contracts.country.response_clock import Span
from contracts.form import Form
from contracts.types import KnownCode, OrganisationId

LONGEST_RETENTION_DAYS = 3_660

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]
Source = Annotated[
    Text, Field(description="where it may be looked up: the law with its section, or who decided it")
]
ProtectionLaw = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}-[a-z0-9\-]{2,60}$")]
Province = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class CountryForm(Form):
    """The base of these models. A member that is not known is a mistake: whoever wrote it believes that it counts."""

    model_config = ConfigDict(frozen=True)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("not a time zone of the IANA database that this machine has") from None
    return name


class CountryFile(CountryForm):
    """The file `country.json`."""

    code: CountryCode
    name: Text
    time_zone: Annotated[str, AfterValidator(_zone)]
    languages: Annotated[
        list[LanguageTag],
        Field(min_length=1, description="the one that most people of the country speak first"),
    ]
    offices: Annotated[
        list[OrganisationId], Field(description="organisations that no case is sent to, such as auditors")
    ]


class CalendarFile(CountryForm):
    """The file `calendar.json`: which days are no working days. A year of which no holiday is listed has none."""

    source: Source
    weekend: Annotated[
        frozenset[Annotated[int, Field(ge=1, le=7)]],
        Field(description="ISO weekdays, Monday is 1", max_length=6),
    ]
    holidays: Annotated[dict[date, Text], Field(min_length=1)]
    buddhist_era: Annotated[
        bool, Field(description="years are counted by the Buddhist era too: a birth date may be written 2541")
    ] = False


class SpanForm(CountryForm):
    minutes: Annotated[int, Field(ge=0)] = 0
    working_days: Annotated[int, Field(ge=0)] = 0

    @property
    def span(self) -> Span:
        return Span(self.minutes, self.working_days)


class AnswerTimes(CountryForm):
    remind_after: SpanForm
    expire_after: SpanForm

    @property
    def spans(self) -> tuple[Span, Span]:
        return self.remind_after.span, self.expire_after.span


class ClockLaw(CountryForm):
    source: Source
    urgency: dict[Annotated[str, KnownCode("urgency")], AnswerTimes]


class FitnessLaw(CountryForm):
    """The rules of fitness to travel. Weeks are completed weeks of pregnancy."""

    certificate_from_week: Annotated[int, Field(ge=0, le=45)]
    last_week: Annotated[int, Field(ge=0, le=45)]
    last_week_multiple: Annotated[int, Field(ge=0, le=45)]
    mother_days: Annotated[int, Field(ge=0, le=366)]
    newborn_days: Annotated[int, Field(ge=0, le=366)]
    certificate_after_birth_days: Annotated[int, Field(ge=0, le=366)]
    certificate_days: Annotated[int, Field(ge=1, le=366)]


class ReturnLaw(CountryForm):
    """The rules of a return, as set by the country that somebody leaves."""

    source: Source
    confirmation_hours: Annotated[int, Field(ge=1, le=720)]
    longest_journey_days: Annotated[int, Field(ge=1, le=30)]
    fitness: FitnessLaw


class RetentionLaw(CountryForm):
    """The retention: for how long the recipient of a case reads on after a completion or cancellation, unless an
    agreement says less.
    """

    source: Source
    after_the_end_days: Annotated[int, Field(ge=0, le=LONGEST_RETENTION_DAYS)]


class CallLaw(CountryForm):
    """The words of a call to the hotline that became part of no case: for how many days they are kept, spam and wrong
    numbers, and all others.
    """

    source: Source
    spam_days: Annotated[int, Field(ge=1, le=90)]
    nobodys_days: Annotated[int, Field(ge=2, le=LONGEST_RETENTION_DAYS)]


class ProtectionLawForm(CountryForm):
    """A law under which one who cannot be asked is protected; its code is of the list `protection_law`."""

    label: Text
    source: Source


class LawFile(CountryForm):
    """The file `law.json`, filled up with the default where a country says nothing."""

    response_clock: ClockLaw
    returns: ReturnLaw
    retention: RetentionLaw
    calls: CallLaw
    protection_laws: dict[ProtectionLaw, ProtectionLawForm]


class ProvincesFile(CountryForm):
    """The file `provinces.json`: the places of the country by which an incident is told and counted. A country may have none."""

    source: Source
    provinces: Annotated[
        dict[Province, Text],
        Field(min_length=1, description="code of ISO 3166-2 → its name in Latin letters"),
    ]
    names: dict[LanguageTag, dict[Province, Text]] = Field(
        default_factory=dict, description="by language, the name of every one of them in its own letters"
    )


class WordsFile(CountryForm):
    """The file `words.json`: by language, in lower case, the words that no notice may hold in any language."""

    forbidden: dict[LanguageTag, Annotated[list[Text], Field(min_length=1)]]
