"""What interchange asks of intake about the rows of a file: which are cases already, and to open the others.

A row is recognised by keyed hashes that interchange makes and intake keeps with the case; nobody else can make them.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.types import CaseId, KnownCode, OrganisationId, Pseudonym, Sha256, VersionLabel

MOST_ASKED = 2_000
MOST_OPENED = 100
OPENED, DUPLICATE, REFUSED = "opened", "duplicate", "refused"
"""Outcomes of a row: it is a case now, it was one before, or a person has to look."""
OUTCOME = rf"^({OPENED}|{DUPLICATE}|{REFUSED})$"

MOST_CHARACTERS = 200_000
"""Of a row's value: far more than a field may have, so that the field's own rule judges it."""


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class RowMark(_Form):
    """`key` recognises a row again, `content` tells whether everything in it is still the same. `line` is where it began."""

    line: Annotated[int, Field(ge=1, le=1_000_000)]
    key: Sha256
    content: Sha256


class FileRow(RowMark):
    """A row to be opened, with its fields as texts in their canonical form."""

    fields: dict[
        Annotated[str, KnownCode("field")], Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
    ]


class KnownRowsForm(_Form):
    organisation: OrganisationId
    rows: Annotated[list[RowMark], Field(max_length=MOST_ASKED)]


class RowsForm(_Form):
    """Rows of one file, and who sent it: for them the cases are opened and everything is said."""

    organisation: OrganisationId
    by: Pseudonym
    purpose: Annotated[str, KnownCode("purpose")]
    policy: VersionLabel
    rows: Annotated[list[FileRow], Field(min_length=1, max_length=MOST_OPENED)]


class RowOutcome(BaseModel):
    """What became of a row, or would. A row that was opened by an earlier attempt of the same file is `opened` again."""

    line: int
    outcome: Annotated[str, Field(pattern=OUTCOME)]
    case_id: CaseId


class RowOutcomes(BaseModel):
    """In the order in which the rows were asked about; of those that are cases already where nothing is to be opened."""

    rows: list[RowOutcome]
