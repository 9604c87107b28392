"""The calls that one service of a cell makes to another: who answers, where, the question, the answer. Both ends use
these classes.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Any, Final, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field, TypeAdapter

from contracts.casefile.fields import FieldValue
from contracts.casefile.own_number import OwnNumber
from contracts.casefile.reference import ShownReference
from contracts.disclosure import REFERRAL
from contracts.events.consent import WithheldField
from contracts.form import Form
from contracts.types import (
    Action,
    CaseId,
    Cell,
    Code,
    Instant,
    KnownCode,
    OrganisationId,
    Pseudonym,
    Sha256,
    VersionLabel,
)

Answer = TypeVar("Answer")

PREFIX: Final = "/internal/v1"

MOST_ASKED = 2_000
MOST_OPENED = 100
OPENED, DUPLICATE, REFUSED = "opened", "duplicate", "refused"
"""Outcomes of a row: it is a case now, it was one before, or a person has to look."""
OUTCOME = rf"^({OPENED}|{DUPLICATE}|{REFUSED})$"

MOST_CHARACTERS = 200_000
"""The most characters of a row's value: far more than a field may have, so that the field's own rule judges it."""


@dataclass(frozen=True)
class Call(Generic[Answer]):
    """One call. `{id}` in the path is the thing that is asked about; `seconds` is how long the caller waits before
    the peer counts as away.
    """

    peer: str
    method: Literal["GET", "POST"]
    path: str
    answer: type[Answer]
    seconds: float = 5.0

    @cached_property
    def reader(self) -> TypeAdapter[Answer]:
        return TypeAdapter(self.answer)


class Question(Form):
    """The question of a call. Nothing of it is repeated in an error."""


class PreviewQuestion(Question):
    """A referral before it is sent. A field that nobody knows is answered as withheld."""

    case_id: CaseId
    purpose: Annotated[str, KnownCode("purpose")]
    recipient: OrganisationId
    recipient_cell: Cell
    recipient_role: Annotated[str, KnownCode("recipient_role")]
    fields: Annotated[list[Annotated[str, Code("field")]], Field(min_length=1, max_length=200)]
    kind: Annotated[str, KnownCode("referral_kind")] = REFERRAL


class Preview(BaseModel):
    """Exactly the fields that would be sent now, those withheld with their reasons, and the refusal where nothing
    would be sent.
    """

    sent: list[Annotated[str, Code("field")]]
    withheld: list[WithheldField]
    refusal: Annotated[str, Code("disclosure_refusal")] | None
    consent_id: UUID | None
    revision: int | None
    back_categories: list[Annotated[str, Code("data_category")]]
    basis: Annotated[str, Code("disclosure_basis")] | None
    law: Annotated[str, Code("protection_law")] | None
    expires: Annotated[Instant | None, Field(description="until when the recipient could read it")]


class SealTokenQuestion(Question):
    """The disclosure that is about to be sealed, exactly."""

    recipient: OrganisationId
    revision: Annotated[int, Field(ge=1)]
    fields_hash: Sha256


class SealToken(BaseModel):
    token: str


class ReadingGrant(BaseModel):
    """The answer whether received fields may still be read."""

    disclosure_id: UUID
    granted: bool
    purpose: str | None
    fields: list[str]
    closed_for: Annotated[
        Annotated[str, Code("recall_reason")] | None, Field(description="why it was taken back")
    ]


class DisclosableQuestion(Question):
    """The fields that a disclosure was authorised for, at the moment of sealing. The answer is their values, and no more."""

    disclosure_id: UUID
    fields: Annotated[list[Annotated[str, KnownCode("field")]], Field(min_length=1, max_length=100)]


class FenceQuestion(Question):
    """A disclosure that was recalled, for whatever reason: nothing of it is to be sealed any more."""

    case_id: CaseId
    referral_id: UUID
    reason: Annotated[str, Code("recall_reason"), Field(pattern=r"^[a-z][a-z_-]{0,39}$")]


class FenceAnswer(BaseModel):
    """The answer to a fence: from now on nothing of the disclosure is sealed."""

    disclosure_id: UUID
    sealed: Annotated[bool, Field(description="it left before, and a recall follows it")]


class StandingQuestion(Question):
    """A person whom the asking service is about to refuse, and the action that was asked for."""

    action: Action
    subject: Pseudonym
    organisation: OrganisationId
    roles: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=10)]
    purpose: Annotated[str, KnownCode("purpose")]


class CaseStanding(BaseModel):
    """The answer whether there is such a case, and whether this person may do the action with it. `case_id`: which one
    it is, for who asked by a reference that is not known there.
    """

    known: bool
    allowed: bool
    case_id: CaseId | None = None


NOWHERE: Final = CaseStanding(known=False, allowed=False)


class RowMark(Question):
    """`key` recognises a row again, `content` tells whether everything in it is still the same. `line` is where it began."""

    line: Annotated[int, Field(ge=1, le=1_000_000)]
    key: Sha256
    content: Sha256
    own_number: OwnNumber | None = None


class FileRow(RowMark):
    """A row to be opened, with its fields as texts in their canonical form."""

    fields: dict[
        Annotated[str, KnownCode("field")], Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
    ]


class AskerForm(Question):
    """The person or machine in whose name the other service asks, and whose rights count."""

    subject: Pseudonym
    organisation: OrganisationId
    roles: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=10)]
    purpose: Annotated[str, KnownCode("purpose")]


class KnownRowsForm(AskerForm):
    """Rows of a file that somebody would send."""

    rows: Annotated[list[RowMark], Field(max_length=MOST_ASKED)]


class RowsForm(AskerForm):
    """Rows of one file, and whoever sent it: in whose name the cases are opened and every event is said."""

    policy: VersionLabel
    rows: Annotated[list[FileRow], Field(min_length=1, max_length=MOST_OPENED)]


class RowOutcome(BaseModel):
    """The outcome of a row, or the one that it would have. A row that an earlier attempt of the same file opened is
    `opened` again. Of a refused one the case in its way is named where the sender of the file may read it.
    """

    line: int
    outcome: Annotated[str, Field(pattern=OUTCOME)]
    case_id: CaseId | None
    case_reference: ShownReference = None


class RowOutcomes(BaseModel):
    """Outcomes in the order of the rows asked about; where nothing is to be opened, only of those rows that are cases
    already.
    """

    rows: list[RowOutcome]


class HeldValue(BaseModel):
    """One value of a row: `name` is a code of `field` or of `held_detail`, `code_list` the list that the value, or each of its
    members, is of. `by` is a member of staff, or a part of this program.
    """

    name: str
    value: Any
    code_list: str | None = None


class HeldRow(BaseModel):
    values: list[HeldValue]


class HeldSection(BaseModel):
    """The rows of one kind that a service holds. `kept_for`: why its rows outlive an erasure; None: they go with her."""

    section: Annotated[str, Code("held_section")]
    kept_for: Annotated[str, Code("kept_reason")] | None
    rows: list[HeldRow]


class HeldData(BaseModel):
    """Everything that a service holds about the person of a case, opened."""

    sections: list[HeldSection]


class ExportedCasesForm(AskerForm):
    """The next cases of a file, and the person who asked for it: in whose name they are opened."""

    opened_from: date | None = None
    opened_to: date | None = None
    after: CaseId | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_OPENED)] = MOST_OPENED


class ExportedCase(BaseModel):
    """A case with the fields that its organisation recorded, as texts in their canonical form."""

    case_id: CaseId
    name: Annotated[str, Field(description="by which its organisation recognises it in a file")]
    fields: dict[str, str]
    own_number: str | None = None


class ExportedCases(BaseModel):
    """Cases in the order of their identifiers; `last` is where the next page begins, where `more` may follow."""

    cases: list[ExportedCase]
    last: CaseId | None
    more: bool


class ExportedRow(RowMark):
    """A row of a file that was made here, by which its case is recognised when the file is brought back."""

    case_id: CaseId


class ExportedRowsForm(Question):
    organisation: OrganisationId
    rows: Annotated[list[ExportedRow], Field(max_length=MOST_ASKED)]


class KeptRows(BaseModel):
    kept: int


PREVIEW = Call("consent", "POST", "/preview", Preview)
SEAL_TOKEN = Call("consent", "POST", "/disclosures/{id}/seal-token", SealToken)
GRANT = Call("consent", "GET", "/grants/{id}", ReadingGrant, seconds=2.0)
DISCLOSABLE: Call[dict[str, FieldValue]] = Call(
    "intake", "POST", "/cases/{id}/disclosable", dict[str, FieldValue]
)
FENCE = Call("exchange", "POST", "/disclosures/{id}/fence", FenceAnswer, seconds=3.0)
STANDING = {
    peer: Call(peer, "POST", "/cases/{id}/standing", CaseStanding, seconds=2.0)
    for peer in ("intake", "exchange")
}
"""Asked in this order: intake's answer about a case stands, and only a case that intake has not heard of may still be
at the border.
"""
KNOWN_ROWS = Call("intake", "POST", "/file-rows/known", RowOutcomes, seconds=30.0)
OPEN_ROWS = Call("intake", "POST", "/imports/{id}/rows", RowOutcomes, seconds=30.0)
"""A hundred rows are sealed and opened in one call; a peer that takes longer counts as away."""
EXPORTED_CASES = Call("intake", "POST", "/exports/{id}/cases", ExportedCases, seconds=30.0)
EXPORTED_ROWS = Call("intake", "POST", "/exports/{id}/rows", KeptRows, seconds=30.0)

HELD_BY = {
    peer: Call(peer, "GET", "/cases/{id}/held", HeldData, seconds=20.0)
    for peer in ("consent", "referral", "returns", "exchange", "notify", "audit")
}
"""Whoever holds anything about a case besides intake, which asks for the report of her data."""

SEAL_ISSUER, SEAL_AUDIENCE, SEAL_TYPE = "consent", "exchange", "corridor-seal+jwt"
SEAL_LIFETIME = timedelta(seconds=10)
"""The lifetime of a seal token, by the database's time on both sides."""


def seal_claims(
    issuer: str, disclosure_id: UUID, recipient: str, revision: int, fields_hash: str
) -> dict[str, Any]:
    """The claims that a seal token binds: one disclosure, its recipient, the consent's revision and exactly these
    fields.
    """
    return {
        "iss": issuer,
        "sub": f"service:{SEAL_ISSUER}",
        "aud": SEAL_AUDIENCE,
        "disclosure": str(disclosure_id),
        "recipient": recipient,
        "revision": revision,
        "fields_hash": fields_hash,
    }
