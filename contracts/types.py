"""Field types that every event and form uses: identifiers, codes, instants."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, core_schema

from contracts.codes import chosen, codes, known

CODE_PATTERN = r"^[A-Za-z0-9_.\-]{1,80}$"

CaseId = UUID
"""A case of one cell. Never crosses a border: the exchange maps it to a pairwise reference."""

Cell = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(json_schema_extra={"x-codelist": "country"})
]
"""A jurisdiction, ISO 3166-1 alpha-2."""

OrganisationId = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}-[a-z0-9\-]{2,60}$")]
"""An organisation of the directory, prefixed by its country in lower case, for example `kh-reintegration-agency`."""

ServiceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9\-]{2,60}$")]
"""A service of an organisation, for example `vocational-training`."""

Pseudonym = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:_.\-]{1,80}$")]
"""The person who acted: a token's subject or `system:<service>`. Never a name."""

AgreementId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\-]{1,80}$")]
VersionLabel = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\-]{1,40}$")]
NoticeVersion = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-[1-9][0-9]{0,2}$")]
"""The name of a text that is explained before consent, by year and number, for example `2026-1`."""

Thumbprint = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-]{43}$")]
"""A key by its SHA-256 thumbprint (RFC 7638)."""

LinkedStay = Annotated[
    bool,
    Field(
        description="said where somebody who is linked with this person is in an open case: that one stays"
    ),
]
"""The word of whoever closes or hands over one of two linked cases that the other one stays."""

LawReference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 .,:;/()_\-]{1,120}$")]
"""A place to look a law up, for example `KH: Law on Archives, art. 12`; no text of a case fits in it."""

Action = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,20}\.[a-z\-]{1,40}$")]
"""The action that somebody asked for, by its name in the policies."""

EventType = Annotated[str, StringConstraints(pattern=r"^[a-z_.]{1,60}\.v[0-9]{1,3}$")]
"""The type of an event with its version, for example `record.read.v1`."""

ExtractedCode = Annotated[str, StringConstraints(pattern=CODE_PATTERN)]
"""The code that goes with an entry of a partner's log: of the list that the event names, in the partner's release."""

TicketId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,10}-[0-9]{1,6}$")]
"""A ticket of the operators' own system, which has the words, for example `OPS-1042`. Nothing about a person fits in
it.
"""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Instant = AwareDatetime


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("beyond the calendar") from error


GivenInstant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An instant as somebody asks with it or says it, in UTC, in which the calendar holds it: the one way to write it, so that the
same terms have the same hash.
"""

AnswerDue = Annotated[
    AwareDatetime,
    Field(
        description="until when a recall must be answered: 72 hours after we recalled, or after a partner's recall arrived in this cell, whenever it was sent"
    ),
]
"""The end of the time to answer a recall (`contracts.disclosure.ANSWER_WITHIN`)."""


@dataclass(frozen=True, slots=True)
class Code:
    """`Annotated[str, Code("purpose")]`: a code as it travels inside a cell; an unknown one passes through."""

    name: str
    known: bool = False
    reserved: bool = True

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(pattern=CODE_PATTERN)
        if not self.known:
            return text
        return core_schema.no_info_after_validator_function(known(self.name, reserved=self.reserved), text)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = {"type": "string", "pattern": CODE_PATTERN, "x-codelist": self.name}
        allowed = codes(self.name) if self.reserved else chosen(self.name)
        return {**schema, "enum": sorted(allowed)} if self.known else schema


@dataclass(frozen=True, slots=True)
class KnownCode(Code):
    """A code at an edge (HTTP, file, border): an unknown one is refused with a reason, never mapped."""

    known: bool = True


@dataclass(frozen=True, slots=True)
class ChosenCode(KnownCode):
    """A code that somebody chose in an answer or a request: one that its list has reserved is refused as an unknown one is."""

    reserved: bool = False
